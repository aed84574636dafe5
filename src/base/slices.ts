import { type Clock, pause } from "./ports.ts";

/** How long (ms) work goes on until other work of this process has its turn. */
const SLICE_MS = 3;

/** `items.map(make)` with pauses, for work so long that the process would answer nothing meanwhile. */
export async function mapInSlices<T, R>(
  clock: Clock,
  items: Iterable<T>,
  make: (item: T) => R,
): Promise<R[]> {
  const made: R[] = [];
  let began = clock.elapsed();
  for (const item of items) {
    if (clock.elapsed() - began > SLICE_MS) {
      await pause(clock, 0);
      began = clock.elapsed();
    }
    made.push(make(item));
  }
  return made;
}
