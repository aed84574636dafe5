/** Whether calls of a deliverer get on: one that moves nothing for too long is given up, and the next begins anew. */
import type { Clock } from "../../base/ports.ts";
import { MINUTE_MS } from "../../base/time.ts";

/** An attempt and its receipt take less by far. */
const STUCK_MS = 2 * MINUTE_MS;

/** What one deliverer knows of its calls. */
export class Progress {
  readonly #clock: Pick<Clock, "elapsed" | "after">;
  #movedAt = 0;
  #calls = 0;
  #fault: string | undefined;

  constructor(clock: Pick<Clock, "elapsed" | "after">) {
    this.#clock = clock;
  }

  /** Calls under way. */
  get calls(): number {
    return this.#calls;
  }

  /** Why notices do not move; undefined: they do, or there are none. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** A notice has come a step further, or none was due. */
  move(): void {
    this.#movedAt = this.#clock.elapsed();
  }

  /** A call, which rejects once no call has moved anything for {@linkcode STUCK_MS}; `onStuck` then lets go of what it holds. */
  async watch<T>(work: () => Promise<T>, onStuck: () => void): Promise<T> {
    if (this.#calls++ === 0) this.move();
    const stuck = Promise.withResolvers<never>();
    let disarm = () => {};
    const look = () => {
      const idleMs = this.#clock.elapsed() - this.#movedAt;
      if (idleMs <= STUCK_MS) {
        disarm = this.#clock.after(STUCK_MS - idleMs + 1_000, look);
        return;
      }
      onStuck();
      stuck.reject(new Error(`no notice has moved for ${Math.floor(idleMs / 1_000)} s`));
    };
    look();
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
