import { clock } from "../clock.ts";
import type { Clock } from "../../src/base/ports.ts";

/** Timers longer than this (ms) are coarse: nearly all are deadlines that are never reached. */
const COARSE_MS = 1_000;
/** How late (ms) a coarse timer may fire. */
const GRAIN_MS = 50;

/**
 * The clock of a Deno process. One runtime timer per deadline would cost up to a tenth of a round, so long
 * timers share one that runs every 50 ms while there are any. Not for Workers: there a timer belongs to the
 * request that set it.
 */
export function coarseClock(runtime: Clock = clock): Clock {
  /** Coarse timers by the grain in which they are due. */
  const due = new Map<number, Set<() => void>>();
  let armed = false;
  let lastGrain = 0;

  const look = () => {
    armed = false;
    const now = Math.floor(runtime.elapsed() / GRAIN_MS);
    // After a suspension many grains have passed, few of which hold timers.
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
      // Wrapped, because the same function may be passed twice.
      const own = () => fire();
      due.set(grain, timers.add(own));
      arm();
      return () => {
        if (timers.delete(own) && timers.size === 0) due.delete(grain);
      };
    },
  };
}
