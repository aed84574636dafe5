/** Walks of checks, each once or twice, in the places and within the requests that a prober has. */
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

/** When the checks of one ask are walked, and what they may take. */
export interface Turn {
  slot: number;
  deadline: AbortSignal;
  /** The same, in steady time (ms). */
  deadlineAt: number;
  /** What is admitted, and what takes back the requests that were promised to it: from then on it reserves by itself. */
  admitted: ReadonlyMap<Check, () => void>;
  /** What ends the waiting of each that has no place by the deadline. */
  giveUps: Set<() => void>;
}

/** Why there is no round. */
export type Missed = Extract<MissedReason, "budget" | "deadline">;

/** What walks need. */
export interface WalksOptions extends Omit<Walker, "tokens" | "tryRun" | "senders"> {
  limits: ProberLimits;
  /** Whether the prober's controls answer in this slot; true without any. */
  controlsPass(slot: number): Promise<boolean>;
}

/** One walk that has its place. */
interface PlacedWalk {
  check: Check;
  turn: Turn;
  /** When the check was asked for, in steady time (ms). */
  asked: number;
}

/** What a walk gets on top of its longest, before its place is given to others (ms). */
const GRACE_MS = 1_000;

/** The name of a check's walk in a slot. */
export const walkId = ({ key }: Check, { slot }: Pick<Turn, "slot">): string => `${key}@${slot}`;

/** The walks of one prober. */
export class Walks {
  readonly #ports: Ports;
  readonly #options: WalksOptions;
  readonly #tokens = new WeakMap<object, unknown>();
  /** What stands if the second walk does not end. */
  readonly #firsts = new Cache<string, Round>({ max: 100 });
  /** How long (ms) the last round of a check took here. */
  readonly #took = new Map<string, number>();
  /** How many requests it wanted to send. */
  readonly #wanted = new Map<string, number>();
  readonly #hostOf: (check: Check) => string;

  constructor(ports: Ports, options: WalksOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#hostOf = targetHosts(ports);
  }

  /** Of how many walks the first is kept. */
  set max(max: number) {
    this.#firsts.max = max;
  }

  /** The checks in the order in which they are walked. */
  inOrder(checks: readonly Check[]): Check[] {
    return inWalkOrder(checks, this.#took);
  }

  /** How many requests a check may send. A target that redirected the last time may do so again. More than all there is would never have its turn. */
  costOf(check: Check): number {
    const { budget } = this.#options.limits;
    return Math.max(requestsOf(check), Math.min(budget, this.#wanted.get(check.key) ?? 0));
  }

  /** The first walk, while the second is not over. */
  firstOf(check: Check, turn: Turn): Round | undefined {
    return this.#firsts.get(walkId(check, turn));
  }

  /** Walks once there is a place; what has none by the deadline (see `giveUps`) is missed. */
  enter(check: Check, turn: Turn): Promise<Round | Missed> {
    const { clock } = this.#ports;
    const { places } = this.#options.limits;
    const { promise, resolve, reject } = Promise.withResolvers<Round | Missed>();
    const asked = clock.elapsed();
    const waiter: Waiter = {
      host: this.#hostOf(check),
      rank: rankOf(check, this.#took.get(check.key)),
      begin: (leave) => {
        turn.giveUps.delete(giveUp);
        this.#runTwice({ check, turn, asked }, leave).then(resolve, reject);
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

  async #runTwice(walk: PlacedWalk, leave: () => void): Promise<Round | Missed> {
    const { check, turn } = walk;
    const giveBack = this.#holdPlace(check, turn, leave);
    turn.admitted.get(check)?.();
    const first = await this.#runWithinQuota(check, turn, false).finally(giveBack);
    if (typeof first === "string" || check.retry === 0 || !gotNoAnswer(first)) return first;
    if (!this.#canEnd(walk, RETRY_AFTER_MS) || !await this.#options.controlsPass(turn.slot)) return first;
    this.#firsts.set(walkId(check, turn), first);
    // Without its place, which others may want meanwhile.
    await pause(this.#ports.clock, RETRY_AFTER_MS, turn.deadline);
    const second = await this.#runAgain(walk);
    return second ? { ...second, first: summarizeFirst(first) } : first;
  }

  /** The second walk, in a place of its own; null: it could not end, or costs too much. */
  async #runAgain(walk: PlacedWalk): Promise<Round | null> {
    const { check, turn } = walk;
    const { places, quota } = this.#options.limits;
    const { promise, resolve: begin } = Promise.withResolvers<() => void>();
    places.enter({ host: this.#hostOf(check), rank: rankOfRetry(this.#took.get(check.key)), begin });
    const giveBack = this.#holdPlace(check, turn, await promise);
    try {
      const keep = this.#canEnd(walk, 0) ? quota.promise(this.costOf(check)) : null;
      if (!keep) return null;
      keep();
      const second = await this.#runWithinQuota(check, turn, true);
      return typeof second === "string" || turn.deadline.aborted ? null : second;
    } finally {
      giveBack();
    }
  }

  /** Whether a walk that begins `inMs` from now can end before the deadline and before the next slot, a period after it was asked for. */
  #canEnd({ check, turn, asked }: PlacedWalk, inMs: number): boolean {
    const latest = Math.min(turn.deadlineAt, asked + periodMs(check, turn.slot));
    return this.#ports.clock.elapsed() + inMs + maxWalkMs(check) <= latest;
  }

  async #runWithinQuota(check: Check, turn: Turn, again: boolean): Promise<Round | Missed> {
    const { clock, fetch } = this.#ports;
    const { quota: { reserve }, budget } = this.#options.limits;
    // The second look is not to be spent by the redirects of the journey: without it no service could be accused.
    const looks = 2 * sourcesToAsk(check).length;
    const reportShare = reserve(fetch, looks);
    const journeyShare = reportShare && reserve(fetch, this.costOf(check) - looks);
    if (!journeyShare) {
      reportShare?.close();
      return "budget";
    }
    const isBegun = !turn.deadline.aborted;
    const began = clock.elapsed();
    // Until it has ended it is a slow one, for it may never end.
    if (isBegun) this.#took.set(check.key, maxWalkMs(check));
    const isOwn = reportShare.fetch === fetch;
    const ports = isOwn ? this.#ports : { ...this.#ports, fetch: reportShare.fetch };
    const walker = this.#walkerOf(check, turn, isOwn ? this.#ports : sendersOf(this.#ports, journeyShare));
    const result = await runRound(ports, walker, check, { slot: turn.slot, again, signal: turn.deadline });
    reportShare.close();
    journeyShare.close();
    if (!isBegun) return result;
    this.#took.set(check.key, clock.elapsed() - began);
    if (budget < Infinity) {
      this.#wanted.set(check.key, reportShare.attempts() + journeyShare.attempts());
    }
    return result;
  }

  #walkerOf(check: Check, turn: Turn, senders: Senders): Walker {
    const tryRun = async (work: () => Promise<void>) => {
      const leave = this.#options.limits.places.tryEnter(this.#hostOf(check));
      if (leave) await work().finally(this.#holdPlace(check, turn, leave));
    };
    return { ...this.#options, tokens: this.#tokens, tryRun, senders };
  }

  /** Whatever becomes of a walk: once it should have ended, also by the deadline, its place is for others. */
  #holdPlace(check: Check, { deadlineAt }: Turn, leave: () => void): () => void {
    const { clock } = this.#ports;
    const leftMs = Math.max(0, deadlineAt - clock.elapsed()) + cleanupMs(check);
    const disarm = clock.after(Math.min(leftMs, maxWalkMs(check)) + GRACE_MS, leave);
    return () => {
      disarm();
      leave();
    };
  }
}

/** What a journey sends by, each counted. */
const sendersOf = ({ dial, openWebSocket }: Ports, { fetch, count }: Reservation): Senders => ({
  fetch,
  dial: dial && ((to, options) => count(() => dial(to, options))),
  openWebSocket: openWebSocket && ((url, options) => count(() => openWebSocket(url, options))),
});

/** The host of each check's target; one whose URL waits for a secret is known by its reference. */
function targetHosts({ secrets }: Ports): (check: Check) => string {
  const known = new WeakMap<Check, string>();
  return (check) => {
    const host = known.get(check) ?? targetHost(revealIfSet(check.target.url, secrets));
    known.set(check, host);
    return host;
  };
}

/** A secret that is not set is said by the round itself. */
function revealIfSet(text: string, secrets: Ports["secrets"]): string {
  try {
    return secrets.reveal(text);
  } catch {
    return text;
  }
}
