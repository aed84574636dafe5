import { type Semaphore, semaphore } from "../../base/semaphore.ts";

/** Lanes per webhook, so that one hanging notice does not block the webhook's others. */
const LANES = 2;
/** Turns reserved for webhooks that answered their last attempt. */
const RESERVED = 2;

/** Concurrency limits: two lanes per webhook (one if `isSerial`), and `parallel` turns over all webhooks. */
export class Lanes {
  readonly #turns: Semaphore;
  readonly #unreserved: Semaphore;
  readonly #isSerial: (webhook: string) => boolean;
  readonly #own = new Map<string, Semaphore>();
  readonly #silent = new Set<string>();

  constructor(parallel: number, isSerial: (webhook: string) => boolean = () => false) {
    this.#isSerial = isSerial;
    this.#turns = semaphore(parallel);
    this.#unreserved = semaphore(Math.max(1, parallel - RESERVED));
  }

  /** Runs `work` in a lane of a webhook once one is free. */
  lane(webhook: string, work: () => Promise<void>): Promise<void> {
    return this.#of(webhook)(work);
  }

  /** Runs `work` in every free lane of a webhook. */
  free(webhook: string, work: () => Promise<void>): Promise<void>[] {
    return Array.from({ length: LANES }, () => this.#of(webhook).tryRun(work));
  }

  /** Runs `work` once one of the turns shared by all webhooks is free. */
  turn<T>(webhook: string, work: () => Promise<T>): Promise<T> {
    const turn = () => this.#turns(work);
    return this.#silent.has(webhook) ? this.#unreserved(turn) : turn();
  }

  /** Records whether a webhook answered its last attempt. */
  noteAnswer(webhook: string, hasAnswered: boolean): void {
    if (hasAnswered) this.#silent.delete(webhook);
    else this.#silent.add(webhook);
  }

  #of(webhook: string): Semaphore {
    const own = this.#own.get(webhook) ?? semaphore(this.#isSerial(webhook) ? 1 : LANES);
    this.#own.set(webhook, own);
    return own;
  }
}
