import type { Clock } from "./ports.ts";

/** Bounds of a {@linkcode Cache}. */
export interface CacheOptions {
  /** The maximum number of values; the one set longest ago is evicted. */
  max: number;
  /** How long (ms) a value stays, by `clock`; default: until it is evicted. */
  ttlMs?: number;
  clock?: Pick<Clock, "elapsed">;
  /**
   * Each value stays for between half of `ttlMs` and all of it, so that values set together do not all expire
   * together.
   */
  spread?: boolean;
  /** Values set under another version are gone. */
  version?: () => number;
}

interface Entry<V> {
  value: V;
  until: number;
  version: number;
}

/** A cache bounded by number and age. Its values are shared and must not be changed. */
export class Cache<K, V> {
  /** As in {@linkcode CacheOptions}; may be raised. */
  max: number;
  readonly #options: CacheOptions;
  readonly #entries = new Map<K, Entry<V>>();
  /** One iterator for all evictions: a new one would step over every deleted entry again. */
  readonly #oldest = this.#entries.keys();
  #turn = 0;

  constructor(options: CacheOptions) {
    this.max = options.max;
    this.#options = options;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const { clock, version } = this.#options;
    if (clock && clock.elapsed() >= entry.until) return undefined;
    return version && version() !== entry.version ? undefined : entry.value;
  }

  /**
   * Pass the `version` from before the value was made, if that took a while: later changes may be missing in
   * it.
   */
  set(key: K, value: V, version = this.#options.version?.() ?? 0): V {
    const entries = this.#entries;
    entries.delete(key);
    entries.set(key, { value, until: this.#until(), version });
    if (entries.size > this.max) entries.delete(this.#oldest.next().value!);
    return value;
  }

  /** The value of `key`; if there is none, makes and sets it. */
  getOrSet(key: K, make: () => V): V {
    const known = this.get(key);
    return known === undefined ? this.set(key, make()) : known;
  }

  /** Like `getOrSet` for promises: concurrent callers share one read. A failure is not cached. */
  load<T>(this: Cache<K, Promise<T>>, key: K, read: () => Promise<T>): Promise<T> {
    const known = this.get(key);
    if (known) return known;
    const reading = this.set(key, read());
    reading.catch(() => this.#entries.get(key)?.value === reading && this.#entries.delete(key));
    return reading;
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #until(): number {
    const { clock, ttlMs = Infinity, spread } = this.#options;
    if (!clock) return Infinity;
    this.#turn = (this.#turn + 7) % 16;
    return clock.elapsed() + (spread ? ttlMs * (16 + this.#turn) / 32 : ttlMs);
  }
}

/** Changes by other processes are seen within this time (ms). */
const TTL_MS = 1_000;

/**
 * Caches `read` for `ttlMs`, or until `version` changes; concurrent callers share one read. A failure is not
 * cached.
 */
export function memoize<T>(
  clock: Pick<Clock, "elapsed">,
  read: () => Promise<T>,
  version?: () => number,
  ttlMs = TTL_MS,
): () => Promise<T> {
  const cache = new Cache<0, Promise<T>>({ max: 1, ttlMs, clock, version });
  return () => cache.load(0, read);
}
