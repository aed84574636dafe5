/** Shrinks a failing tape to a shorter run with fewer events, which can be kept as a test. */
import type { Event, Tape } from "./tape.ts";

/** Limit of runs; the smallest failing tape found by then is good enough. */
const RUNS = 150;

/** Returns the smallest tape found that still fails. `fails` runs a tape and returns whether it failed. */
export async function shrink(tape: Tape, fails: (tape: Tape) => Promise<boolean>): Promise<Tape> {
  let smallest = tape;
  let left = RUNS;
  const accept = async (candidate: Tape) => {
    if (left-- <= 0 || !await fails(candidate)) return false;
    smallest = candidate;
    return true;
  };
  for (let minutes = 15; minutes < smallest.minutes; minutes *= 2) {
    if (await accept({ ...smallest, minutes })) break;
  }
  // Leave out halves, quarters, ... single events (Zeller and Hildebrandt, "Simplifying and isolating
  // failure-inducing input", 2002).
  for (
    let size = Math.ceil(smallest.events.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < smallest.events.length;) {
      const events: Event[] = smallest.events.toSpliced(from, size);
      if (!await accept({ ...smallest, events })) from += size;
    }
  }
  return smallest;
}
