/** Runs work with at most `slots` at once, first come first served. */
export interface Semaphore {
  <T>(work: () => Promise<T>): Promise<T>;
  /** Runs it only if a slot is free at this moment: who holds a slot may ask for more without waiting for others that do the same. */
  tryRun(work: () => Promise<void>): Promise<void>;
}

/** A semaphore with a queue of its own. */
export function semaphore(slots: number): Semaphore {
  const waiting: (() => void)[] = [];
  let free = slots;
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
  const acquireAndRun = async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return await run(work);
  };
  const tryRun = async (work: () => Promise<void>) => {
    if (free === 0) return;
    free--;
    await run(work);
  };
  return Object.assign(acquireAndRun, { tryRun });
}
