/**
 * Batches the arrivals of one flight: those within a second of each other share one judgement and one commit.
 */
import { missing } from "../../judgement/missed_reasons.ts";
import type { Check } from "../../config/config.ts";
import type { Clock } from "../../base/ports.ts";
import type { Brought } from "../../judgement/round.ts";
import type { ProberAsk } from "./gather.ts";

/**
 * An arrival within TOGETHER_MS of the one before joins its commit; no arrival waits longer than LONGEST_MS.
 */
const [TOGETHER_MS, LONGEST_MS] = [1_000, 5_000];

/** Waits are rounded up to this (ms), so that similar ones end together. */
const PATIENCE_MS = 1_000;

/** One arrival of a flight. */
export interface Landed {
  ask: ProberAsk;
  check: Check;
  brought: Brought;
  /** Deliberately not asked for. */
  leftOut?: true;
}

export interface CollectorOptions {
  clock: Clock;
  asks: readonly ProberAsk[];
  /**
   * How long (ms) a check waits for this prober before it is judged without it; undefined: each arrival is
   * judged as it comes.
   */
  waitMs(ask: ProberAsk, check: Check): number | undefined;
  judge(landed: Landed[]): void;
}

/**
 * Collects the arrivals of some asks. Call `arrive` for each, as `gather` does, then `end` after all asks.
 */
export class Collector {
  readonly #options: CollectorOptions;
  /** The checks that are judged whole: the asks still to come, and the arrivals until the last of them. */
  readonly #whole = new Map<Check, { awaited: ProberAsk[]; held: Landed[] }>();
  readonly #ready: Landed[] = [];
  /** Asks that are given up together, by how long (ms) they are waited for. */
  readonly #patience = new Map<number, { members: [ProberAsk, Check][]; cancel: () => void }>();
  readonly #givenUp = new Set<string>();
  /** Arrivals still to come, those of asks that were given up included. */
  #left = 0;
  #firstAt: number | undefined;
  #lastAt = 0;
  #disarm = () => {};

  constructor(options: CollectorOptions) {
    this.#options = options;
    for (const ask of options.asks) {
      for (const check of ask.checks) this.#expect(ask, check);
    }
  }

  arrive(ask: ProberAsk, check: Check, brought: Brought): void {
    this.#left--;
    const isReported = "missed" in brought && this.#givenUp.has(idOf(ask, check));
    if (!isReported) this.#land(ask, check, brought);
    else if (this.#left === 0) this.#flush();
  }

  end(): void {
    for (const { cancel } of this.#patience.values()) cancel();
    this.#flush();
  }

  #expect(ask: ProberAsk, check: Check): void {
    this.#left++;
    const ms = this.#options.waitMs(ask, check);
    if (ms === undefined) return;
    const whole = this.#whole.get(check);
    if (whole) whole.awaited.push(ask);
    else this.#whole.set(check, { awaited: [ask], held: [] });
    this.#awaitFor(ms, ask, check);
  }

  #awaitFor(ms: number, ask: ProberAsk, check: Check): void {
    const wholeMs = Math.ceil(ms / PATIENCE_MS) * PATIENCE_MS;
    const known = this.#patience.get(wholeMs);
    if (known) return void known.members.push([ask, check]);
    const members: [ProberAsk, Check][] = [[ask, check]];
    this.#patience.set(wholeMs, { members, cancel: this.#later(wholeMs, () => this.#giveUp(members)) });
  }

  #giveUp(members: readonly [ProberAsk, Check][]): void {
    for (const [ask, check] of members) {
      if (!this.#whole.get(check)!.awaited.includes(ask)) continue;
      this.#givenUp.add(idOf(ask, check));
      this.#land(ask, check, missing("timeout"));
    }
    this.#flush();
  }

  #land(ask: ProberAsk, check: Check, brought: Brought): void {
    const whole = this.#whole.get(check);
    const place = whole?.awaited.indexOf(ask) ?? -1;
    if (!whole || place < 0) return this.#add([{ ask, check, brought }]);
    whole.awaited.splice(place, 1);
    whole.held.push({ ask, check, brought });
    if (whole.awaited.length === 0) this.#add(whole.held.splice(0));
  }

  #add(landed: readonly Landed[]): void {
    if (landed.length === 0) return;
    this.#ready.push(...landed);
    if (this.#left === 0) return this.#flush();
    this.#lastAt = this.#options.clock.elapsed();
    if (this.#firstAt !== undefined) return;
    this.#firstAt = this.#lastAt;
    this.#disarm = this.#later(TOGETHER_MS, () => this.#flushOrWait());
  }

  /** One timer runs from the first arrival on: resetting it for each arrival would cost more than judging. */
  #flushOrWait(): void {
    const until = Math.min(this.#lastAt + TOGETHER_MS, this.#firstAt! + LONGEST_MS);
    const waitMs = until - this.#options.clock.elapsed();
    if (waitMs <= 0) this.#flush();
    else this.#disarm = this.#later(waitMs, () => this.#flushOrWait());
  }

  #flush(): void {
    this.#disarm();
    this.#disarm = () => {};
    this.#firstAt = undefined;
    if (this.#ready.length > 0) this.#options.judge(this.#ready.splice(0));
  }

  /** Runs `work` from a promise, so in the context that set the timer: Durable Objects require it. */
  #later(ms: number, work: () => void): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    void promise.then(work);
    return this.#options.clock.after(ms, resolve);
  }
}

const idOf = ({ prober, walk: { slot } }: ProberAsk, check: Check) => `${prober} ${slot} ${check.key}`;
