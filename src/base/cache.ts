import type { Clock } from "./ports.ts";

/** Bounds of a {@linkcode Cache}. */
export interface CacheOptions {
  /** Values at most; the one that was set longest ago makes way. */
  max: number;
  /** How long a value stays, by `clock`; without it until it makes way. */
  ttlMs?: number;
  clock?: Pick<Clock, "elapsed">;
  /** Each value stays for between half of `ttlMs` and all of it: many that were made together are not all made again together. */
  spread?: boolean;
  /** What was set under another version than this is gone. */
  version?: () => number;
}

interface Entry<V> {
  value: V;
  until: number;
  version: number;
}

/** Values by key, as many and for as long as its options let it. What it answers is shared and must not be changed. */
export class Cache<K, V> {
  /** As in {@linkcode CacheOptions}; may grow. */
  max: number;
  readonly #options: CacheOptions;
  readonly #entries = new Map<K, Entry<V>>();
  /** One iterator for all that make way: a new one would pass every place that they left. */
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

  /** `version` is that of before the value was made, if that took a while: what changed meanwhile may not be in it. */
  set(key: K, value: V, version = this.#options.version?.() ?? 0): V {
    const entries = this.#entries;
    entries.delete(key);
    entries.set(key, { value, until: this.#until(), version });
    if (entries.size > this.max) entries.delete(this.#oldest.next().value!);
    return value;
  }

  /** The value of `key`; what `make` answers, and sets it, if there is none. */
  getOrSet(key: K, make: () => V): V {
    const known = this.get(key);
    return known === undefined ? this.set(key, make()) : known;
  }

  /** The same for what takes a while: it is read once, however many ask meanwhile. A failure is not kept. */
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

/** What other processes change is seen within this time. */
const TTL_MS = 1_000;

/** Reads at most once at a time and once in `ttlMs`, however many ask; at once again when `version` changes. A failure is not kept. */
export function memoize<T>(
  clock: Pick<Clock, "elapsed">,
  read: () => Promise<T>,
  version?: () => number,
  ttlMs = TTL_MS,
): () => Promise<T> {
  const cache = new Cache<0, Promise<T>>({ max: 1, ttlMs, clock, version });
  return () => cache.load(0, read);
}
