/** Takes the place back by calling `giveBack`, early or never; answers what cancels that. */
export type Hold = (giveBack: () => void) => () => void;

/** Runs work with at most `slots` at once, first come first served. */
export interface Semaphore {
  /** With a hold the slot is free for others once that gives it back, although the work may go on. */
  <T>(work: () => Promise<T>, hold?: Hold): Promise<T>;
  /** Runs it only if a slot is free at this moment: who holds a slot may ask for more without waiting for others that do the same. */
  tryRun(work: () => Promise<void>, hold?: Hold): Promise<void>;
}

/** A semaphore with a queue of its own. */
export function semaphore(slots: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = slots;
  const run = async <T>(work: () => Promise<T>, hold?: Hold): Promise<T> => {
    let isHeld = true;
    const giveBack = () => {
      if (!isHeld) return;
      isHeld = false;
      const next = waiting.shift();
      if (next) next();
      else free++;
    };
    const disarm = hold?.(giveBack);
    try {
      return await work();
    } finally {
      disarm?.();
      giveBack();
    }
  };
  const acquireAndRun = async <T>(work: () => Promise<T>, hold?: Hold): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return await run(work, hold);
  };
  const tryRun = async (work: () => Promise<void>, hold?: Hold) => {
    if (free === 0) return;
    free--;
    await run(work, hold);
  };
  return Object.assign(acquireAndRun, { tryRun });
}
