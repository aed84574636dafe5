import type { Clock } from "../../src/base/ports.ts";

/** A clock that only moves when told. */
export interface SteppingClock extends Clock {
  /** Moves wall and steady time by `ms`, firing timers in order and letting promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Resolves once a timer stands that is due in exactly `ms`. */
  whenArmed(ms: number): Promise<void>;
  /** Jumps the wall clock by `ms` (either sign); steady time and timers stand still. */
  step(ms: number): void;
}

interface Timer {
  due: number;
  order: number;
  fire: () => void;
}

/** A clock at wall time `startMs` (epoch ms) and steady time 0. */
export function steppingClock(startMs = 1_700_000_000_000): SteppingClock {
  let elapsed = 0;
  let offset = startMs;
  let order = 0;
  const timers = new Set<Timer>();
  const waiters = new Set<() => void>();
  const isArmed = (ms: number) => [...timers].some(({ due }) => due === elapsed + ms);
  const next = (until: number) =>
    [...timers].filter((timer) => timer.due <= until).sort((a, b) => a.due - b.due || a.order - b.order)[0];
  return {
    now: () => offset + elapsed,
    elapsed: () => elapsed,
    after(ms, fire) {
      const timer = { due: elapsed + Math.max(0, ms), order: order++, fire };
      timers.add(timer);
      for (const look of waiters) look();
      return () => void timers.delete(timer);
    },
    async advance(ms) {
      const until = elapsed + ms;
      await flush();
      for (let timer = next(until); timer; timer = next(until)) {
        timers.delete(timer);
        elapsed = timer.due;
        timer.fire();
        await flush();
      }
      elapsed = until;
      await flush();
    },
    whenArmed(ms) {
      return new Promise((resolve) => {
        const look = () => {
          if (!isArmed(ms)) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      });
    },
    step(ms) {
      offset += ms;
    },
  };
}

/** Lets work already queued (promises, streams) run: one turn of the event loop, not a wait. */
function flush(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock by which each look at it takes a millisecond, and on which timers fire at once. */
export function tickingClock(startMs = 0): { clock: Clock; pauses: () => number } {
  let [elapsed, pauses] = [0, 0];
  const after: Clock["after"] = (_, fire) => {
    pauses++;
    queueMicrotask(fire);
    return () => {};
  };
  return { clock: { now: () => startMs + elapsed, elapsed: () => elapsed++, after }, pauses: () => pauses };
}
