/** Walks checks once or twice each, within a prober's connection and request limits. */
import type { MissedReason } from "../../judgement/missed_reasons.ts";
import { requestsOf, sourcesToAsk } from "../../config/requests.ts";
import { periodMs } from "../../config/schedule.ts";
import { targetHost } from "../../config/target_host.ts";
import type { Check } from "../../config/config.ts";
import { Cache } from "../../base/cache.ts";
import type { Reservation } from "../../base/http/quota.ts";
import { pause, type Ports } from "../../base/ports.ts";
import type { Round } from "../../judgement/round.ts";
import type { ProberLimits } from "./limits.ts";
import type { Waiter } from "./places.ts";
import { cleanupMs, maxWalkMs, RETRY_AFTER_MS } from "../../config/round_time.ts";
import { gotNoAnswer, runRound, summarizeFirst, type Walker } from "./round.ts";
import type { Senders } from "./target_tls.ts";
import { inWalkOrder, rankOf, rankOfRetry } from "./walk_order.ts";

/** The slot and limits of one ask. */
export interface Turn {
  slot: number;
  /** When the prober was asked, in steady time (ms). */
  askedAt: number;
  deadline: AbortSignal;
  /** The deadline in steady time (ms). */
  deadlineAt: number;
  /**
   * The admitted checks; absent: all, because there is no budget. Each function releases the check's promised
   * requests; from then on the check reserves its own.
   */
  admitted?: ReadonlyMap<Check, () => void>;
  /** Called at the deadline: each ends the wait of a check that has no place yet. */
  giveUps: Set<() => void>;
}

export type Missed = Extract<MissedReason, "budget" | "deadline">;

export interface WalksOptions extends Omit<Walker, "tokens"> {
  limits: ProberLimits;
  /** Whether the prober's controls answer in this slot; true if it has none. */
  controlsPass(slot: number): Promise<boolean>;
}

/** How long (ms) after its maximum duration a walk keeps its place. */
const GRACE_MS = 1_000;

/** Identifies a check's walk in a slot. */
export const walkId = ({ key }: Check, { slot }: Pick<Turn, "slot">): string => `${key}@${slot}`;

export class Walks {
  readonly #ports: Ports;
  readonly #options: WalksOptions;
  readonly #walker: Walker;
  /** First walks, used if the second does not finish. */
  readonly #firsts = new Cache<string, Round>({ max: 100 });
  /** The duration (ms) of each check's last round. */
  readonly #took = new Map<string, number>();
  /** How many requests each check tried to send. */
  readonly #wanted = new Map<string, number>();
  readonly #hostOf: (check: Check) => string;

  constructor(ports: Ports, options: WalksOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#walker = { ...options, tokens: new WeakMap() };
    this.#hostOf = targetHosts(ports);
  }

  /** The number of first walks to keep. */
  set max(max: number) {
    this.#firsts.max = max;
  }

  inOrder(checks: readonly Check[]): Check[] {
    return inWalkOrder(checks, this.#took);
  }

  /**
   * How many requests to reserve for a check: none without a budget. A target that redirected last time may
   * redirect again, but a cost above the budget would never be admitted.
   */
  costOf(check: Check): number {
    const { budget } = this.#options.limits;
    if (budget === Infinity) return 0;
    return Math.max(requestsOf(check), Math.min(budget, this.#wanted.get(check.key) ?? 0));
  }

  /** The first walk, while the second is not finished. */
  firstOf(check: Check, turn: Turn): Round | undefined {
    return this.#firsts.get(walkId(check, turn));
  }

  /** Walks the check once it gets a place; without one by the deadline (see `giveUps`) it is missed. */
  enter(check: Check, turn: Turn): Promise<Round | Missed> {
    const { places } = this.#options.limits;
    const { promise, resolve, reject } = Promise.withResolvers<Round | Missed>();
    const waiter: Waiter = {
      host: this.#hostOf(check),
      rank: rankOf(check, this.#took.get(check.key)),
      begin: (leave) => {
        turn.giveUps.delete(giveUp);
        this.#runTwice(check, turn, leave).then(resolve, reject);
      },
    };
    const giveUp = () => {
      places.withdraw(waiter);
      resolve("deadline");
    };
    turn.giveUps.add(giveUp);
    places.enter(waiter);
    return promise;
  }

  async #runTwice(check: Check, turn: Turn, leave: () => void): Promise<Round | Missed> {
    turn.admitted?.get(check)?.();
    const first = await this.#runInPlace(check, turn, leave, false);
    if (typeof first === "string" || check.retry === 0 || !gotNoAnswer(first)) return first;
    if (!this.#canEnd(check, turn, RETRY_AFTER_MS) || !await this.#options.controlsPass(turn.slot)) {
      return first;
    }
    this.#firsts.set(walkId(check, turn), first);
    // The place is free for other walks meanwhile.
    await pause(this.#ports.clock, RETRY_AFTER_MS, turn.deadline);
    const second = await this.#runAgain(check, turn);
    return second ? { ...second, first: summarizeFirst(first) } : first;
  }

  /** The second walk, in a new place; null: it cannot finish in time, or does not fit the quota. */
  async #runAgain(check: Check, turn: Turn): Promise<Round | null> {
    const { places, quota } = this.#options.limits;
    const { promise, resolve: begin } = Promise.withResolvers<() => void>();
    places.enter({ host: this.#hostOf(check), rank: rankOfRetry(this.#took.get(check.key)), begin });
    const leave = await promise;
    const keep = this.#canEnd(check, turn, 0) ? quota.promise(this.costOf(check)) : null;
    if (!keep) {
      leave();
      return null;
    }
    keep();
    const second = await this.#runInPlace(check, turn, leave, true);
    return typeof second === "string" || turn.deadline.aborted ? null : second;
  }

  /** Whether a walk that begins in `inMs` can end before the deadline and within one period of the ask. */
  #canEnd(check: Check, turn: Turn, inMs: number): boolean {
    const latest = Math.min(turn.deadlineAt, turn.askedAt + periodMs(check, turn.slot));
    return this.#ports.clock.elapsed() + inMs + maxWalkMs(check) <= latest;
  }

  /** Runs a round in its place, and frees that. */
  async #runInPlace(
    check: Check,
    turn: Turn,
    leave: () => void,
    again: boolean,
  ): Promise<Round | Missed> {
    const began = this.#ports.clock.elapsed();
    const giveBack = this.#holdPlace(check, turn, leave, began);
    try {
      return await this.#runWithinQuota(check, turn, again, began);
    } finally {
      giveBack();
    }
  }

  async #runWithinQuota(
    check: Check,
    turn: Turn,
    again: boolean,
    began: number,
  ): Promise<Round | Missed> {
    const { clock, fetch } = this.#ports;
    const { quota: { reserve }, budget } = this.#options.limits;
    // Reserved separately: redirects of the journey must not use up the second report request, without which
    // no service could be accused.
    const looks = 2 * sourcesToAsk(check).length;
    const reportShare = reserve(fetch, looks);
    const journeyShare = reportShare && reserve(fetch, this.costOf(check) - looks);
    if (!journeyShare) {
      reportShare?.close();
      return "budget";
    }
    const isBegun = !turn.deadline.aborted;
    // Counts as slow until it ends: it may never end.
    if (isBegun) this.#took.set(check.key, maxWalkMs(check));
    const isOwn = reportShare.fetch === fetch;
    const ports = isOwn ? this.#ports : { ...this.#ports, fetch: reportShare.fetch };
    const senders = isOwn ? this.#ports : sendersOf(this.#ports, journeyShare);
    const tryRun = (work: () => Promise<void>) => this.#tryRun(check, turn, work);
    const options = { slot: turn.slot, again, signal: turn.deadline, tryRun, senders };
    const result = await runRound(ports, this.#walker, check, options);
    reportShare.close();
    journeyShare.close();
    if (!isBegun) return result;
    this.#took.set(check.key, clock.elapsed() - began);
    if (budget < Infinity) {
      this.#wanted.set(check.key, reportShare.attempts() + journeyShare.attempts());
    }
    return result;
  }

  async #tryRun(check: Check, turn: Turn, work: () => Promise<void>): Promise<void> {
    const leave = this.#options.limits.places.tryEnter(this.#hostOf(check));
    if (leave) await work().finally(this.#holdPlace(check, turn, leave, this.#ports.clock.elapsed()));
  }

  /**
   * Frees the place when the walk ends, and at the latest when it should have ended, the deadline included.
   * `now`: steady time (ms).
   */
  #holdPlace(check: Check, { deadlineAt }: Turn, leave: () => void, now: number): () => void {
    const leftMs = Math.max(0, deadlineAt - now) + cleanupMs(check);
    const disarm = this.#ports.clock.after(Math.min(leftMs, maxWalkMs(check)) + GRACE_MS, leave);
    return () => {
      disarm();
      leave();
    };
  }
}

/** The journey's transports, each counted against its share. */
const sendersOf = ({ dial, openWebSocket }: Ports, { fetch, count }: Reservation): Senders => ({
  fetch,
  dial: dial && ((to, options) => count(() => dial(to, options))),
  openWebSocket: openWebSocket && ((url, options) => count(() => openWebSocket(url, options))),
});

/**
 * The host of each check's target. If the URL needs a secret that is not set, the reference stands for it.
 */
function targetHosts({ secrets }: Ports): (check: Check) => string {
  const known = new WeakMap<Check, string>();
  return (check) => {
    const host = known.get(check) ?? targetHost(revealIfSet(check.target.url, secrets));
    known.set(check, host);
    return host;
  };
}

/** The round itself reports a secret that is not set. */
function revealIfSet(text: string, secrets: Ports["secrets"]): string {
  try {
    return secrets.reveal(text);
  } catch {
    return text;
  }
}
