import type { Clock } from "./ports.ts";

/** What other processes change is seen within this time. */
const TTL_MS = 1_000;

/**
 * Reads at most once at a time and once in `keptMs`, however many ask; at once again when `version` changes. What failed is not
 * kept. What it answers is shared: nobody may change it.
 */
export function memoize<T>(
  clock: Pick<Clock, "elapsed">,
  read: () => Promise<T>,
  version: () => number = () => 0,
  keptMs = TTL_MS,
): () => Promise<T> {
  let last: { value: Promise<T>; readAt: number; version: number } | undefined;
  return () => {
    const now = clock.elapsed();
    if (last && now - last.readAt < keptMs && last.version === version()) return last.value;
    const mine = { value: read(), readAt: now, version: version() };
    mine.value.catch(() => last = last === mine ? undefined : last);
    last = mine;
    return mine.value;
  };
}

/** Values by key that are forgotten within a second, at once when `version` changes, or when there are too many. */
export interface TtlCache<T> {
  get(key: string): T | undefined;
  /** `version` is that of before the value was made: what was told meanwhile may not be in it. */
  set(key: string, value: T, version: number): void;
}

const MAX_ENTRIES = 2_000;
/** Not all at once, so that many that were made together are not all made again together. */
const SPREAD = 16;

/** An empty {@linkcode TtlCache}. */
export function ttlCache<T>(clock: Pick<Clock, "elapsed">, present: () => number): TtlCache<T> {
  const kept = new Map<string, { value: T; until: number; version: number }>();
  let turn = 0;
  return {
    get(key) {
      const found = kept.get(key);
      return found && clock.elapsed() < found.until && found.version === present() ? found.value : undefined;
    },
    set(key, value, version) {
      turn = (turn + 7) % SPREAD;
      const until = clock.elapsed() + TTL_MS * (SPREAD / 2 + turn / 2) / SPREAD;
      kept.delete(key);
      kept.set(key, { value, until, version });
      if (kept.size > MAX_ENTRIES) kept.delete(kept.keys().next().value!);
    },
  };
}
