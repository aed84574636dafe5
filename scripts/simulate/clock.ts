/** Virtual time: a heap of timers. After each timer, all work that it unblocked runs before the next. */
import { setImmediate } from "node:timers";
import type { Clock } from "../../src/base/ports.ts";

/** A clock that advances from timer to timer without waiting. */
export interface VirtualClock extends Clock {
  /** Runs timers in order up to this instant (epoch ms). */
  runUntil(at: number): Promise<void>;
}

interface Timer {
  due: number;
  order: number;
  /** Undefined once cancelled. */
  fire?: () => void;
}

const isBefore = (a: Timer, b: Timer) => a.due < b.due || (a.due === b.due && a.order < b.order);

/** A binary heap with the earliest timer first. */
class Heap {
  readonly #timers: Timer[] = [];

  first(): Timer | undefined {
    while (this.#timers.length > 0 && !this.#timers[0]!.fire) this.pop();
    return this.#timers[0];
  }

  push(timer: Timer): void {
    const timers = this.#timers;
    let at = timers.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, timers[parent]!)) break;
      timers[at] = timers[parent]!;
      at = parent;
    }
    timers[at] = timer;
  }

  pop(): void {
    const timers = this.#timers;
    const last = timers.pop()!;
    if (timers.length === 0) return;
    let at = 0;
    for (let child = 1; child < timers.length; child = 2 * at + 1) {
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (!isBefore(timers[child]!, last)) break;
      timers[at] = timers[child]!;
      at = child;
    }
    timers[at] = last;
  }
}

/** Waits for one turn of the event loop, so that all resolved promises have settled. */
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/**
 * A clock that starts at `startMs`. It stands still while `isBusy` returns true, for work in real time
 * (signatures).
 */
export function virtualClock(startMs: number, isBusy: () => boolean): VirtualClock {
  let now = startMs;
  let order = 0;
  const heap = new Heap();
  const settle = async () => {
    do await turn(); while (isBusy());
  };
  return {
    now: () => now,
    elapsed: () => now - startMs,
    after(ms, fire) {
      const timer: Timer = { due: now + Math.max(0, ms), order: order++, fire };
      heap.push(timer);
      return () => void (timer.fire = undefined);
    },
    async runUntil(at) {
      await settle();
      for (let timer = heap.first(); timer && timer.due <= at; timer = heap.first()) {
        heap.pop();
        now = timer.due;
        timer.fire!();
        await settle();
      }
      now = at;
    },
  };
}
