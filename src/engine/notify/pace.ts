import type { SinkRate } from "./sink.ts";

/** Rate limiter of one receiver: GCRA, and no request before its Retry-After. Times are monotonic ms. */
export class Pace {
  readonly #rate: SinkRate | undefined;
  /** GCRA's theoretical arrival time. */
  #evenAt = -Infinity;
  #quietUntil = -Infinity;
  /** Where the next postponed notice is scheduled. */
  #putOffUntil = -Infinity;

  /** Without a rate only Retry-After limits requests. */
  constructor(rate?: SinkRate) {
    this.#rate = rate;
  }

  /** How long the next notice must wait. */
  waitMs(now: number): number {
    const { burst, everyMs } = this.#rate ?? { burst: 1, everyMs: 0 };
    const freeAt = this.#rate ? this.#evenAt - (burst - 1) * everyMs : -Infinity;
    return Math.max(0, freeAt - now, this.#quietUntil - now);
  }

  /** Counts one request against the rate. */
  take(now: number): void {
    if (this.#rate) this.#evenAt = Math.max(this.#evenAt, now) + this.#rate.everyMs;
  }

  /** Undoes `take` for a request that was not sent. */
  refund(): void {
    if (this.#rate) this.#evenAt -= this.#rate.everyMs;
  }

  /** Applies the receiver's Retry-After. */
  quiet(now: number, forMs: number): void {
    this.#quietUntil = Math.max(this.#quietUntil, now + forMs);
  }

  /**
   * How long to postpone a notice: each call returns one interval more, so that postponed notices spread out.
   */
  putOff(now: number): number {
    this.#putOffUntil = Math.max(this.#putOffUntil, now + this.waitMs(now));
    const waitMs = this.#putOffUntil - now;
    this.#putOffUntil += this.#rate?.everyMs ?? 0;
    return waitMs;
  }
}
