/** Runs work with at most `slots` at once, first come first served. */
export interface Limiter {
  <T>(work: () => Promise<T>): Promise<T>;
  /** Runs it only if a slot is free at this moment: who holds a slot may ask for more without waiting for others that do the same. */
  spare(work: () => Promise<void>): Promise<void>;
}

/** A limiter of its own queue. */
export function limiter(slots: number): Limiter {
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
  const queued = async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return await run(work);
  };
  const spare = async (work: () => Promise<void>) => {
    if (free === 0) return;
    free--;
    await run(work);
  };
  return Object.assign(queued, { spare });
}
