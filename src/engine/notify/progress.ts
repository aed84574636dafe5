/** Watchdog of a deliverer's calls: abandons calls that make no progress. */
import type { Clock } from "../../base/ports.ts";
import { MINUTE_MS } from "../../base/time.ts";

/** Far longer than an attempt and its receipt take. */
const STUCK_MS = 2 * MINUTE_MS;

/** Progress of one deliverer's calls. */
export class Progress {
  readonly #clock: Pick<Clock, "elapsed" | "after">;
  #movedAt = 0;
  #calls = 0;
  #fault: string | undefined;

  constructor(clock: Pick<Clock, "elapsed" | "after">) {
    this.#clock = clock;
  }

  /** Running calls. */
  get calls(): number {
    return this.#calls;
  }

  /** Why delivery is stuck; undefined if it works or has nothing to send. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Records progress: a notice moved, or none was due. */
  move(): void {
    this.#movedAt = this.#clock.elapsed();
  }

  /**
   * Runs a call. If no call makes progress for `STUCK_MS`, calls `onStuck`, which releases what it holds, and
   * rejects.
   */
  async watch<T>(work: () => Promise<T>, onStuck: () => void): Promise<T> {
    if (this.#calls++ === 0) this.move();
    const stuck = Promise.withResolvers<never>();
    let disarm = () => {};
    const check = () => {
      const idleMs = this.#clock.elapsed() - this.#movedAt;
      if (idleMs <= STUCK_MS) {
        disarm = this.#clock.after(STUCK_MS - idleMs + 1_000, check);
        return;
      }
      onStuck();
      stuck.reject(new Error(`no notice has moved for ${Math.floor(idleMs / 1_000)} s`));
    };
    check();
    try {
      const result = await Promise.race([work(), stuck.promise]);
      this.#fault = undefined;
      return result;
    } catch (error) {
      const isStuck = this.#clock.elapsed() - this.#movedAt > STUCK_MS;
      this.#fault = isStuck ? (error as Error).message : "the last delivery failed";
      throw error;
    } finally {
      disarm();
      this.#calls--;
    }
  }
}
