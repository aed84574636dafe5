/**
 * One prober's half of a slot: a round of each check, walked again where nothing answered though the controls do.
 * It returns evidence and keeps no state but its most recent answers.
 */
import { type Quota, quota } from "../../base/http/quota.ts";
import type { Check } from "../../config/config.ts";
import { requestsOf, sourcesToAsk } from "../../config/requests.ts";
import { exchange, USER_AGENT } from "../../base/http/client.ts";
import { type Hold, semaphore } from "../../base/semaphore.ts";
import { atMost, pause, type Ports } from "../../base/ports.ts";
import type { StepKind } from "../../evidence/probe/step_kind.ts";
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
import type { Prober, Round, RoundResult } from "../../judgement/round.ts";

/** What a prober in this process needs to know. */
export interface ProberOptions {
  id: string;
  region: string;
  dialects: readonly Dialect[];
  /** Signs what is asked with the keys of an AWS API. */
  signRequest?: RequestSigner;
  steps: readonly StepKind[];
  /** Connections at once: one a round, and one more for each further source while there is room. */
  concurrency: number;
  /** Known-good URLs, to tell a prober's fault from a target's. */
  controls: readonly string[];
  /**
   * Requests that the rounds of one `ask` may send, redirects included, by the runtime's limits. What does not fit is missed, the last of the
   * list first; a round that redirects bring past it ends as the platform's error. Controls and `where` are not counted.
   */
  budget?: number;
  /** Measures where this prober is. */
  locate?: () => Promise<ProberLocation>;
}

/** When one check is walked, and what it may take: requests, and a place until it gives that back. */
interface Turn {
  slot: number;
  deadline: AbortSignal;
  /** The same, in steady time (ms). */
  deadlineAt: number;
  allow: Quota;
  /** What the first walks of all checks leave. */
  spare: Quota;
}

const idOf = ({ key }: Check, { slot }: Turn) => `${key}@${slot}`;

/** A prober in this process. Asked again for a slot it is walking or has walked, it gives the same answer. */
export function localProber(ports: Ports, options: ProberOptions): Prober {
  const gate = semaphore(options.concurrency);
  /** Two of the largest slots, so that a small lane does not push a large one out. */
  const rounds = new Cache<string, Promise<Round | "budget">>({ max: 100 });
  /** What stands if the second walk does not end. */
  const firsts = new Cache<string, Round>({ max: 100 });
  const controls = new Cache<string, Promise<boolean>>({ max: 100 });

  const controlsPass = (slot: number) =>
    controls.getOrSet(
      String(slot),
      () => atMost(ports.clock, OVERHEAD_MS, anyControlAnswers(ports, options.controls), () => false),
    );

  const unknown: ProberLocation = { misplaced: false };
  const measureLocation = () =>
    options.locate ? atMost(ports.clock, OVERHEAD_MS, options.locate(), () => unknown) : unknown;

  /** How long (ms) the last round of a check took here. */
  const took = new Map<string, number>();
  const { budget = Infinity } = options;
  /** How many requests it wanted to send. */
  const wanted = new Map<string, number>();
  /** A target that redirected the last time may do so again. More than all there is would never have its turn. */
  const costOf = (check: Check) => Math.max(requestsOf(check), Math.min(budget, wanted.get(check.key) ?? 0));

  /** Whatever becomes of a walk: once it should have ended, also by the deadline, its place is for others. */
  const holding = (check: Check, { deadlineAt }: Turn): Hold => (giveBack) => {
    const leftMs = Math.max(0, deadlineAt - ports.clock.elapsed()) + cleanupMs(check);
    return ports.clock.after(Math.min(leftMs, maxWalkMs(check)) + GRACE_MS, giveBack);
  };

  const runWithinQuota = async (check: Check, turn: Turn, again: boolean): Promise<Round | "budget"> => {
    const { slot, deadline, allow } = turn;
    // The second look is not to be spent by the redirects of the journey: without it no service could be accused.
    const looks = 2 * sourcesToAsk(check).length;
    const reportShare = allow(ports.fetch, looks);
    const journeyShare = reportShare && allow(ports.fetch, costOf(check) - looks);
    if (!journeyShare) {
      reportShare?.close();
      return "budget";
    }
    const isBegun = !deadline.aborted;
    const began = ports.clock.elapsed();
    // Until it has ended it is a slow one, for it may never end.
    if (isBegun) took.set(check.key, maxWalkMs(check));
    const reportPorts = { ...ports, fetch: reportShare.fetch };
    const tryRun = (work: () => Promise<void>) => gate.tryRun(work, holding(check, turn));
    const walker = { ...options, tryRun, journeyFetch: journeyShare.fetch };
    const result = await runRound(reportPorts, walker, check, { slot, again, signal: deadline });
    reportShare.close();
    journeyShare.close();
    if (!isBegun) return result;
    took.set(check.key, ports.clock.elapsed() - began);
    wanted.set(check.key, reportShare.attempts() + journeyShare.attempts());
    return result;
  };

  /** Whether a walk that begins `inMs` from now can end before the deadline and before the next slot, a period after `began` (steady ms). */
  const canEnd = (check: Check, turn: Turn, began: number, inMs: number) =>
    ports.clock.elapsed() + inMs + maxWalkMs(check) <=
      Math.min(turn.deadlineAt, began + periodMs(check, turn.slot));

  /** The second walk; null: it could not end, or costs too much. */
  const runAgain = async (check: Check, turn: Turn, began: number): Promise<Round | null> => {
    if (!canEnd(check, turn, began, 0) || !turn.spare(ports.fetch, costOf(check))) return null;
    const second = await runWithinQuota(check, turn, true);
    return second === "budget" || turn.deadline.aborted ? null : second;
  };

  const runTwice = async (check: Check, turn: Turn): Promise<Round | "budget"> => {
    const began = ports.clock.elapsed();
    const hold = holding(check, turn);
    const first = await gate(() => runWithinQuota(check, turn, false), hold);
    if (first === "budget" || check.retry === 0 || !gotNoAnswer(first)) return first;
    if (!canEnd(check, turn, began, RETRY_AFTER_MS) || !await controlsPass(turn.slot)) return first;
    firsts.set(idOf(check, turn), first);
    // Without its place, which others may want meanwhile.
    await pause(ports.clock, RETRY_AFTER_MS, turn.deadline);
    const second = await gate(() => runAgain(check, turn, began), hold);
    return second ? { ...second, first: summarizeFirst(first) } : first;
  };

  const answerOf = async (check: Check, turn: Turn, late: Promise<"deadline">): Promise<RoundResult> => {
    const { key, digest } = check;
    const id = idOf(check, turn);
    const walked = await Promise.race([rounds.getOrSet(id, () => runTwice(check, turn)), late]);
    const round = walked === "deadline" ? firsts.get(id) ?? walked : walked;
    if (typeof round !== "string") return { check: key, digest, round };
    rounds.delete(id);
    return { check: key, digest, missed: round };
  };

  return {
    id: options.id,
    async ask({ slot, checks, deadlineMs }, onAnswer) {
      const deadline = new AbortController();
      const disarm = ports.clock.after(deadlineMs, () => deadline.abort());
      const deadlineAt = ports.clock.elapsed() + deadlineMs;
      rounds.max = firsts.max = Math.max(rounds.max, 2 * checks.length);
      const late = new Promise<"deadline">((resolve) =>
        deadline.signal.addEventListener("abort", () => resolve("deadline"), { once: true })
      );
      const admitted = admit(checks, budget, costOf);
      const spare = quota(budget - [...admitted].reduce((sum, check) => sum + costOf(check), 0));
      const turn: Turn = { slot, deadline: deadline.signal, deadlineAt, allow: quota(budget), spare };
      const answers = await Promise.all(
        inWalkOrder(checks, took).map(async (check): Promise<RoundResult> => {
          const { key, digest } = check;
          if (!admitted.has(check)) return { check: key, digest, missed: "budget" };
          const answer = await answerOf(check, turn, late);
          // Where a prober is stands in the whole reply alone.
          if (onAnswer && !options.locate) {
            onAnswer(answer, isDoubtful(answer) && !await controlsPass(slot));
          }
          return answer;
        }),
      );
      disarm();
      const suspect = answers.some(isDoubtful) && !await controlsPass(slot);
      const { colo: place, misplaced } = await measureLocation();
      return { prober: options.id, slot, suspect, misplaced, answers, ...(place && { place }) };
    },
  };
}

const isDoubtful = (answer: RoundResult) => "round" in answer && hadTransportFailure(answer.round);

/** A round that took longer goes behind all that did not. */
const SLOW_MS = 1_000;

/**
 * The order of the walks: checks that were quick before slow ones, so that a target that hangs starves no other; of the quick ones the first
 * of each target, then the second. The slow ones keep one order over all slots: votes need two slots in a row.
 */
function inWalkOrder(checks: readonly Check[], took: ReadonlyMap<string, number>): Check[] {
  const isSlow = ({ key }: Check) => (took.get(key) ?? 0) > SLOW_MS;
  const turns = new Map<string, number>();
  const quick = checks.filter((check) => !isSlow(check)).map((check) => {
    const turn = turns.get(check.target.id) ?? 0;
    turns.set(check.target.id, turn + 1);
    return { check, turn };
  });
  return [
    ...quick.toSorted((a, b) => a.turn - b.turn).map(({ check }) => check),
    ...checks.filter(isSlow).toSorted((a, b) => a.key < b.key ? -1 : 1),
  ];
}

/** What a walk gets on top of its longest, before its place is given to others. */
const GRACE_MS = 1_000;

/** The first checks whose requests fit into the budget together; a cheaper one further down may still fit. */
function admit(checks: readonly Check[], budget: number, costOf: (check: Check) => number): Set<Check> {
  let left = budget;
  return new Set(checks.filter((check) => {
    const cost = costOf(check);
    if (cost > left) return false;
    left -= cost;
    return true;
  }));
}

/**
 * Controls are asked after the rounds: the settler waits that much longer than its deadline. They do not queue behind
 * the cleanups of rounds that hang, so for this long there may be more connections than `concurrency`.
 */
const CONTROLS_MS = 2_000;
/** The controls, and the measured place, are waited for no longer: they end by themselves before, unless something hangs. */
const OVERHEAD_MS = CONTROLS_MS + 250;

/** Whether at least one control answers 2xx; true without controls. */
async function anyControlAnswers(ports: Ports, controls: readonly string[]): Promise<boolean> {
  if (controls.length === 0) return true;
  const headers = { "user-agent": USER_AGENT };
  const limits = { deadlineMs: CONTROLS_MS, capBytes: 0 };
  const answers = await Promise.all(
    controls.map((url) => exchange(ports, { url: new URL(url), method: "GET", headers }, limits)),
  );
  return answers.some((answer) => answer.kind === "answer" && answer.status >= 200 && answer.status < 300);
}
