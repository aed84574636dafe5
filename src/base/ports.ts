/** All that Assay asks of the world. `functions/` binds these to a runtime; tests bind them to `test/world/`. */

/** Wall time, steady time and timers. */
export interface Clock {
  /** Wall time, ms since the epoch. It may step in either direction. */
  now(): number;
  /** Steady time in ms; only differences mean anything. */
  elapsed(): number;
  /** Calls `fire` once after `ms`; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}

/** One HTTP request as it leaves Assay. */
export interface FetchOptions {
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
}

/**
 * One exchange with one URL. It never follows a redirect, never answers from a cache, throws `Refused` for an
 * address that Assay must not ask, and throws anything else for a transport failure.
 */
export type Fetch = (url: URL, outgoing: FetchOptions) => Promise<Response>;

/** A number in [0, 1). */
export type Random = () => number;

/** Structured lines for the operator. Values must already be free of secrets. */
export interface Log {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** The only place that knows secret values. */
export interface Secrets {
  /** Replaces each `${env:NAME}` by its value. Throws if one is not set. */
  reveal(text: string): string;
  /** Replaces each known secret value by `***`. */
  redact(text: string): string;
}

/** What a prober, a settler and a deliverer share. */
export interface Ports {
  clock: Clock;
  fetch: Fetch;
  random: Random;
  log: Log;
  secrets: Secrets;
}

/** An address that Assay must not ask (see `guard.ts`): never a statement about the target's health. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** What `work` comes to, or what `late` makes (or throws) once `ms` have passed: what comes of it after that is dropped. */
export async function atMost<T>(clock: Clock, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let disarm = () => {};
  const bound = new Promise<T>((resolve) => {
    disarm = clock.after(ms, () => resolve(Promise.try(late)));
  });
  return await Promise.race([work, bound]).finally(disarm);
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
