import type { SinkRate } from "./sink.ts";

/** When the next request to a receiver may go out: within its rate (GCRA), and not before its Retry-After. Times are steady ms. */
export class Pace {
  readonly #rate: SinkRate | undefined;
  /** When the next one would be due if they came evenly. */
  #evenAt = -Infinity;
  #quietUntil = -Infinity;
  /** Until when notices are put off already. */
  #putOffUntil = -Infinity;

  /** Without a rate only what the receiver asks for counts. */
  constructor(rate?: SinkRate) {
    this.#rate = rate;
  }

  /** How long a notice must wait now. */
  waitMs(now: number): number {
    const { burst, everyMs } = this.#rate ?? { burst: 1, everyMs: 0 };
    const freeAt = this.#rate ? this.#evenAt - (burst - 1) * everyMs : -Infinity;
    return Math.max(0, freeAt - now, this.#quietUntil - now);
  }

  /** Notes that one goes out, once it has waited. */
  take(now: number): void {
    if (this.#rate) this.#evenAt = Math.max(this.#evenAt, now) + this.#rate.everyMs;
  }

  /** It did not go after all. */
  refund(): void {
    if (this.#rate) this.#evenAt -= this.#rate.everyMs;
  }

  /** It asks to be left alone for so long. */
  quiet(now: number, forMs: number): void {
    this.#quietUntil = Math.max(this.#quietUntil, now + forMs);
  }

  /** For how long a notice is put off that cannot go now: each a little longer than the one before. */
  putOff(now: number): number {
    this.#putOffUntil = Math.max(this.#putOffUntil, now + this.waitMs(now));
    const waitMs = this.#putOffUntil - now;
    this.#putOffUntil += this.#rate?.everyMs ?? 0;
    return waitMs;
  }
}
