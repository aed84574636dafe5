/**
 * One prober's half of a slot: a round of each check, walked again where nothing answered though the controls do.
 * It returns evidence and keeps no state but its most recent answers.
 */
import type { Check } from "../../config/config.ts";
import { requestsOf, sourcesToAsk } from "../../config/requests.ts";
import { atMost, pause, type Ports } from "../../base/ports.ts";
import type { AuthKind, StepKind } from "../../evidence/probe/step_kind.ts";
import type { ProberLocation } from "./location.ts";
import { Cache } from "../../base/cache.ts";
import type { Dialect, RequestSigner } from "../../evidence/report/report.ts";
import {
  cleanupMs,
  gotNoAnswer,
  hadTransportFailure,
  maxWalkMs,
  RETRY_AFTER_MS,
  runRound,
  summarizeFirst,
} from "./round.ts";
import { periodMs } from "../../config/schedule.ts";
import type { OnAnswer, Prober, ProberReply, Round, RoundResult } from "../../judgement/round.ts";
import { targetHost } from "../../config/target_host.ts";
import { controlsAsker, OVERHEAD_MS } from "./controls.ts";
import { type LimitOptions, type ProberLimits, proberLimits } from "./limits.ts";
import type { Waiter } from "./places.ts";
import { inWalkOrder, rankOf, rankOfRetry } from "./walk_order.ts";

/** What a prober in this process needs to know. */
export interface ProberOptions extends LimitOptions {
  id: string;
  region: string;
  dialects: readonly Dialect[];
  /** Signs what is asked with the keys of an AWS API. */
  signRequest?: RequestSigner;
  steps: readonly StepKind[];
  auths?: readonly AuthKind[];
  /** Known-good URLs, to tell a prober's fault from a target's. */
  controls: readonly string[];
  /** In place of its own: the same, shared with other probers of this process, because the runtime counts them together. */
  limits?: ProberLimits;
  /** Measures where this prober is. */
  locate?: () => Promise<ProberLocation>;
}

/** When the checks of one ask are walked, and what they may take. */
interface Turn {
  slot: number;
  deadline: AbortSignal;
  /** The same, in steady time (ms). */
  deadlineAt: number;
  /** What is admitted, and what takes back the requests that were promised to it: from then on it reserves by itself. */
  admitted: ReadonlyMap<Check, () => void>;
}

/** Why there is no round. */
type Missed = "budget" | "deadline";

/** What a walk gets on top of its longest, before its place is given to others. */
const GRACE_MS = 1_000;

const idOf = ({ key }: Check, { slot }: Pick<Turn, "slot">) => `${key}@${slot}`;

/** A prober in this process. Asked again for a slot it is walking or has walked, it gives the same answer. */
export function localProber(ports: Ports, options: ProberOptions): Prober {
  const { clock } = ports;
  const limits = options.limits ?? proberLimits(options);
  const { places, quota: { reserve, promise: promiseRequests }, budget } = limits;
  /** Two of the largest slots, so that a small lane does not push a large one out. */
  const rounds = new Cache<string, Promise<Round | Missed>>({ max: 100 });
  /** What stands if the second walk does not end. */
  const firsts = new Cache<string, Round>({ max: 100 });
  const controlsPass = controlsAsker(ports, options.controls);

  const unknown: ProberLocation = { misplaced: false };
  const measureLocation = () =>
    options.locate ? atMost(clock, OVERHEAD_MS, options.locate(), () => unknown) : unknown;

  const tokens = new WeakMap<object, unknown>();

  /** How long (ms) the last round of a check took here. */
  const took = new Map<string, number>();
  /** How many requests it wanted to send. */
  const wanted = new Map<string, number>();
  const hostOf = targetHosts(ports);
  /** A target that redirected the last time may do so again. More than all there is would never have its turn. */
  const costOf = (check: Check) => Math.max(requestsOf(check), Math.min(budget, wanted.get(check.key) ?? 0));

  /** Whatever becomes of a walk: once it should have ended, also by the deadline, its place is for others. */
  const holdPlace = (check: Check, { deadlineAt }: Turn, leave: () => void): () => void => {
    const leftMs = Math.max(0, deadlineAt - clock.elapsed()) + cleanupMs(check);
    const disarm = clock.after(Math.min(leftMs, maxWalkMs(check)) + GRACE_MS, leave);
    return () => {
      disarm();
      leave();
    };
  };

  const tryRunBeside = (check: Check, turn: Turn) => async (work: () => Promise<void>) => {
    const leave = places.tryEnter(hostOf(check));
    if (!leave) return;
    const giveBack = holdPlace(check, turn, leave);
    await work().finally(giveBack);
  };

  const runWithinQuota = async (check: Check, turn: Turn, again: boolean): Promise<Round | Missed> => {
    const { slot, deadline } = turn;
    // The second look is not to be spent by the redirects of the journey: without it no service could be accused.
    const looks = 2 * sourcesToAsk(check).length;
    const reportShare = reserve(ports.fetch, looks);
    const journeyShare = reportShare && reserve(ports.fetch, costOf(check) - looks);
    if (!journeyShare) {
      reportShare?.close();
      return "budget";
    }
    const isBegun = !deadline.aborted;
    const began = clock.elapsed();
    // Until it has ended it is a slow one, for it may never end.
    if (isBegun) took.set(check.key, maxWalkMs(check));
    const reportPorts = reportShare.fetch === ports.fetch ? ports : { ...ports, fetch: reportShare.fetch };
    const walker = {
      ...options,
      tokens,
      tryRun: tryRunBeside(check, turn),
      journeyFetch: journeyShare.fetch,
    };
    const result = await runRound(reportPorts, walker, check, { slot, again, signal: deadline });
    reportShare.close();
    journeyShare.close();
    if (!isBegun) return result;
    took.set(check.key, clock.elapsed() - began);
    if (budget < Infinity) wanted.set(check.key, reportShare.attempts() + journeyShare.attempts());
    return result;
  };

  /** Whether a walk that begins `inMs` from now can end before the deadline and before the next slot, a period after `began` (steady ms). */
  const canEnd = (check: Check, turn: Turn, began: number, inMs: number) =>
    clock.elapsed() + inMs + maxWalkMs(check) <=
      Math.min(turn.deadlineAt, began + periodMs(check, turn.slot));

  /** The second walk, in a place of its own; null: it could not end, or costs too much. */
  const runAgain = async (check: Check, turn: Turn, began: number): Promise<Round | null> => {
    const entered = Promise.withResolvers<() => void>();
    places.enter({ host: hostOf(check), rank: rankOfRetry(took.get(check.key)), begin: entered.resolve });
    const giveBack = holdPlace(check, turn, await entered.promise);
    try {
      const keep = canEnd(check, turn, began, 0) ? promiseRequests(costOf(check)) : null;
      if (!keep) return null;
      keep();
      const second = await runWithinQuota(check, turn, true);
      return typeof second === "string" || turn.deadline.aborted ? null : second;
    } finally {
      giveBack();
    }
  };

  const runTwice = async (
    check: Check,
    turn: Turn,
    { asked, leave }: { asked: number; leave: () => void },
  ): Promise<Round | Missed> => {
    const giveBack = holdPlace(check, turn, leave);
    turn.admitted.get(check)?.();
    const first = await runWithinQuota(check, turn, false).finally(giveBack);
    if (typeof first === "string" || check.retry === 0 || !gotNoAnswer(first)) return first;
    if (!canEnd(check, turn, asked, RETRY_AFTER_MS) || !await controlsPass(turn.slot)) return first;
    firsts.set(idOf(check, turn), first);
    // Without its place, which others may want meanwhile.
    await pause(clock, RETRY_AFTER_MS, turn.deadline);
    const second = await runAgain(check, turn, asked);
    return second ? { ...second, first: summarizeFirst(first) } : first;
  };

  /** Walks once there is a place; what has none by the deadline (`giveUps`) is missed. */
  const queueWalk = (check: Check, turn: Turn, giveUps: Set<() => void>): Promise<Round | Missed> => {
    const { promise, resolve, reject } = Promise.withResolvers<Round | Missed>();
    const asked = clock.elapsed();
    const waiter: Waiter = {
      host: hostOf(check),
      rank: rankOf(check, took.get(check.key)),
      begin(leave) {
        giveUps.delete(giveUp);
        runTwice(check, turn, { asked, leave }).then(resolve, reject);
      },
    };
    const giveUp = () => {
      places.withdraw(waiter);
      resolve("deadline");
    };
    giveUps.add(giveUp);
    places.enter(waiter);
    return promise;
  };

  /** What becomes of each check by the deadline; answers stand in the order of the walks. */
  const walkAll = (
    checks: readonly Check[],
    turn: Turn,
    onResult: (answer: RoundResult) => Promise<void> | void,
  ): Promise<RoundResult[]> => {
    const { promise, resolve, reject } = Promise.withResolvers<RoundResult[]>();
    const answers: RoundResult[] = [];
    const giveUps = new Set<() => void>();
    const order = inWalkOrder(checks, took);
    const open = new Map(order.map((check, i) => [check, i]));
    let left = open.size;
    const settle = async (check: Check, walked: Round | Missed) => {
      const place = open.get(check);
      if (place === undefined) return;
      open.delete(check);
      turn.admitted.get(check)?.();
      const { key, digest } = check;
      const isMissed = typeof walked === "string";
      if (isMissed) rounds.delete(idOf(check, turn));
      const answer = isMissed
        ? { check: key, digest, missed: walked }
        : { check: key, digest, round: walked };
      answers[place] = answer;
      await onResult(answer);
      if (--left === 0) resolve(answers);
    };
    turn.deadline.addEventListener("abort", () => {
      for (const giveUp of giveUps) giveUp();
      for (const check of open.keys()) {
        settle(check, firsts.get(idOf(check, turn)) ?? "deadline").catch(reject);
      }
    }, { once: true });
    if (left === 0) resolve(answers);
    for (const check of order) {
      const walked = turn.admitted.has(check)
        ? rounds.getOrSet(idOf(check, turn), () => queueWalk(check, turn, giveUps))
        : Promise.resolve("budget" as const);
      walked.then((walked) => settle(check, walked)).catch(reject);
    }
    return promise;
  };

  /** The first checks whose requests fit together into what is left; a cheaper one further down may still fit. What is walked needs nothing. */
  const admit = (checks: readonly Check[], slot: number): Turn["admitted"] =>
    new Map(checks.flatMap((check) => {
      const isWalked = budget === Infinity || rounds.get(idOf(check, { slot })) !== undefined;
      const takeBack = isWalked ? () => {} : promiseRequests(costOf(check));
      return takeBack ? [[check, takeBack] as const] : [];
    }));

  return {
    id: options.id,
    async ask({ slot, checks, deadlineMs }, onAnswer?: OnAnswer): Promise<ProberReply> {
      const deadline = new AbortController();
      const disarm = clock.after(deadlineMs, () => deadline.abort());
      const deadlineAt = clock.elapsed() + deadlineMs;
      rounds.max = firsts.max = Math.max(rounds.max, 2 * checks.length);
      if (slot !== limits.slot) limits.quota.renew();
      limits.slot = slot;
      const admitted = admit(checks, slot);
      const turn: Turn = { slot, deadline: deadline.signal, deadlineAt, admitted };
      // Where a prober is stands in the whole reply alone.
      const tell = onAnswer && !options.locate ? onAnswer : undefined;
      const answers = await walkAll(checks, turn, (answer) => {
        if (!tell) return;
        if (!isDoubtful(answer)) return tell(answer, false);
        return controlsPass(slot).then((pass) => tell(answer, !pass));
      });
      disarm();
      const suspect = answers.some(isDoubtful) && !await controlsPass(slot);
      const { colo: place, misplaced } = await measureLocation();
      return { prober: options.id, slot, suspect, misplaced, answers, ...(place && { place }) };
    },
  };
}

const isDoubtful = (answer: RoundResult) => "round" in answer && hadTransportFailure(answer.round);

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
