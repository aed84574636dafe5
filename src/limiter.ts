/** Runs work with at most `slots` at once, first come first served. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** A limiter of its own queue. */
export function limiter(slots: number): Limiter {
  const waiting: (() => void)[] = [];
  let free = slots;
  return async (work) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
