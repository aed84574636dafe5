import { clock } from "../clock.ts";
import type { Clock } from "../../src/base/ports.ts";

/** What is due later than this shares one timer, ms: nearly all of it is a deadline that is never reached. */
const COARSE_MS = 1_000;
/** By so much these may be late, ms. */
const GRAIN_MS = 50;

/**
 * The clock of a process on Deno. A timer of the runtime for each deadline would cost as much as a tenth of a round; these are put into
 * one that looks every 50 ms while there are any. Not for Workers: there a timer belongs to the request that set it.
 */
export function coarseClock(runtime: Clock = clock): Clock {
  /** By the grain in which they are due. */
  const due = new Map<number, Set<() => void>>();
  let armed = false;
  let lastGrain = 0;

  const look = () => {
    armed = false;
    const now = Math.floor(runtime.elapsed() / GRAIN_MS);
    // A process that was stopped for a while has many grains behind it, and few of them hold anything.
    const over = now - lastGrain > due.size
      ? [...due.keys()].filter((grain) => grain <= now).sort((a, b) => a - b)
      : Array.from({ length: now - lastGrain }, (_, i) => lastGrain + 1 + i);
    lastGrain = now;
    for (const grain of over) {
      const timers = due.get(grain);
      due.delete(grain);
      for (const fire of timers ?? []) fire();
    }
    arm();
  };
  const arm = () => {
    if (armed || due.size === 0) return;
    armed = true;
    runtime.after(GRAIN_MS, look);
  };
  return {
    now: runtime.now,
    elapsed: runtime.elapsed,
    after(ms, fire) {
      if (ms < COARSE_MS) return runtime.after(ms, fire);
      const grain = Math.ceil((runtime.elapsed() + ms) / GRAIN_MS);
      if (due.size === 0) lastGrain = Math.floor(runtime.elapsed() / GRAIN_MS);
      const timers = due.get(grain) ?? new Set();
      // Two may be one and the same function.
      const own = () => fire();
      due.set(grain, timers.add(own));
      arm();
      return () => {
        if (timers.delete(own) && timers.size === 0) due.delete(grain);
      };
    },
  };
}
