import { type Clock, pause } from "./ports.ts";

/** How long (ms) work goes on until other work of this process has its turn. */
const SLICE_MS = 3;

/** `items.map(make)` with pauses. */
export type MapInSlices = <T, R>(items: Iterable<T>, make: (item: T) => R) => Promise<R[]>;

/**
 * Maps the parts of one work with pauses, for work so long that the process would answer nothing meanwhile.
 */
export function slicer(clock: Clock): MapInSlices {
  let began = clock.elapsed();
  return async <T, R>(items: Iterable<T>, make: (item: T) => R) => {
    const made: R[] = [];
    for (const item of items) {
      if (clock.elapsed() - began > SLICE_MS) {
        await pause(clock, 0);
        began = clock.elapsed();
      }
      made.push(make(item));
    }
    return made;
  };
}

/** `items.map(make)` with pauses, for work of one part. */
export const mapInSlices = <T, R>(clock: Clock, items: Iterable<T>, make: (item: T) => R): Promise<R[]> =>
  slicer(clock)(items, make);
