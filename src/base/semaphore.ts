/** Runs at most `slots` jobs at once, first come first served. */
export interface Semaphore {
  <T>(work: () => Promise<T>): Promise<T>;
  /**
   * Runs `work` only if a slot is free now. It never waits, so holders of a slot that want another cannot
   * deadlock.
   */
  tryRun(work: () => Promise<void>): Promise<void>;
}

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
