import { type Semaphore, semaphore } from "../../base/semaphore.ts";

/** For each webhook, so that one notice that hangs leaves room for its others. */
const LANES = 2;
/** Of all turns, those that are kept from webhooks which gave no answer the last time. */
const ROOM = 2;

/** Who may send at once: each webhook in two lanes of its own, in one if they are to go one after the other; all together `parallel`. */
export class Lanes {
  readonly #turns: Semaphore;
  readonly #rest: Semaphore;
  readonly #isSerial: (webhook: string) => boolean;
  readonly #own = new Map<string, Semaphore>();
  readonly #silent = new Set<string>();

  constructor(parallel: number, isSerial: (webhook: string) => boolean = () => false) {
    this.#isSerial = isSerial;
    this.#turns = semaphore(parallel);
    this.#rest = semaphore(Math.max(1, parallel - ROOM));
  }

  /** Works in a lane of a webhook, once one is free. */
  lane(webhook: string, work: () => Promise<void>): Promise<void> {
    return this.#of(webhook)(work);
  }

  /** Works in every lane of a webhook that is free now. */
  free(webhook: string, work: () => Promise<void>): Promise<void>[] {
    return Array.from({ length: LANES }, () => this.#of(webhook).tryRun(work));
  }

  /** Works once it is this webhook's turn among all. */
  turn<T>(webhook: string, work: () => Promise<T>): Promise<T> {
    const turn = () => this.#turns(work);
    return this.#silent.has(webhook) ? this.#rest(turn) : turn();
  }

  /** Notes whether a webhook gave an answer the last time. */
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
