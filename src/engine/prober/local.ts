/**
 * One prober's half of a slot: ask the report, walk the journey, ask again where the first cell accuses somebody.
 * It returns evidence and keeps no state but its most recent answers.
 */
import { type Quota, quota } from "../../base/http/quota.ts";
import type { Check } from "../../config/config.ts";
import { requestsOf, sourcesToAsk } from "../../config/requests.ts";
import { exchange, USER_AGENT } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import { type Hold, type Semaphore, semaphore } from "../../base/semaphore.ts";
import { fetchReport, hasPushedSource } from "./report.ts";
import { atMost, type Fetch, type Ports } from "../../base/ports.ts";
import type { Observation } from "../../evidence/probe/observation.ts";
import type { StepKind } from "../../evidence/probe/step_kind.ts";
import type { ProberLocation } from "./location.ts";
import { walk } from "../../evidence/probe/journey.ts";
import { Cache } from "../../base/cache.ts";
import type { Dialect, Report, RequestSigner } from "../../evidence/report/report.ts";
import { needsSecondReport } from "../../judgement/verdict.ts";
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
  allow: Quota;
  hold: Hold;
}

/** A prober in this process. Asked again for a slot it is walking or has walked, it gives the same answer. */
export function localProber(ports: Ports, options: ProberOptions): Prober {
  const gate = semaphore(options.concurrency);
  /** Two of the largest slots, so that a small lane does not push a large one out. */
  const rounds = new Cache<string, Promise<Round | "budget">>({ max: 100 });
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

  const runWithinQuota = async (
    check: Check,
    { slot, deadline, allow, hold }: Turn,
  ): Promise<Round | "budget"> => {
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
    if (isBegun) took.set(check.key, maxRoundMs(check));
    const reportPorts = { ...ports, fetch: reportShare.fetch };
    const tryRun = (work: () => Promise<void>) => gate.tryRun(work, hold);
    const walker = { ...options, tryRun, journeyFetch: journeyShare.fetch };
    const result = await runRound(reportPorts, walker, check, { slot, signal: deadline });
    reportShare.close();
    journeyShare.close();
    if (!isBegun) return result;
    took.set(check.key, ports.clock.elapsed() - began);
    wanted.set(check.key, reportShare.attempts() + journeyShare.attempts());
    return result;
  };

  /** Whatever becomes of a round: once it should have ended, also by the deadline (in steady time), its place is for others. */
  const holding = (check: Check, deadlineAt: number): Hold => (giveBack) => {
    const leftMs = Math.max(0, deadlineAt - ports.clock.elapsed()) + cleanupMs(check);
    return ports.clock.after(Math.min(leftMs, maxRoundMs(check)) + GRACE_MS, giveBack);
  };

  const getRound = (check: Check, turn: Turn) =>
    rounds.getOrSet(
      `${check.key}@${turn.slot}`,
      () => gate(() => runWithinQuota(check, turn), turn.hold),
    );

  return {
    id: options.id,
    async ask({ slot, checks, deadlineMs }) {
      const deadline = new AbortController();
      const disarm = ports.clock.after(deadlineMs, () => deadline.abort());
      const deadlineAt = ports.clock.elapsed() + deadlineMs;
      rounds.max = Math.max(rounds.max, 2 * checks.length);
      const late = new Promise<"deadline">((resolve) =>
        deadline.signal.addEventListener("abort", () => resolve("deadline"), { once: true })
      );
      const admitted = admit(checks, budget, costOf);
      const allow = quota(budget);
      const answers = await Promise.all(
        inWalkOrder(checks, took).map(async (check): Promise<RoundResult> => {
          const { key, digest } = check;
          if (!admitted.has(check)) return { check: key, digest, missed: "budget" };
          const turn = { slot, deadline: deadline.signal, allow, hold: holding(check, deadlineAt) };
          const round = await Promise.race([getRound(check, turn), late]);
          if (typeof round !== "string") return { check: key, digest, round };
          rounds.delete(`${key}@${slot}`);
          return { check: key, digest, missed: round };
        }),
      );
      disarm();
      const doubtful = answers.some((answer) => "round" in answer && hadTransportFailure(answer.round));
      const suspect = doubtful && !await controlsPass(slot);
      const { colo: place, misplaced } = await measureLocation();
      return { prober: options.id, slot, suspect, misplaced, answers, ...(place && { place }) };
    },
  };
}

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

/** What `walk` gives a cleanup, in ms. */
const CLEANUP_MS = 5_000;
/** What a round gets on top of its longest, before its place is given to others. */
const GRACE_MS = 1_000;

const cleanupMs = ({ cleanup }: Check) => cleanup.length > 0 ? CLEANUP_MS : 0;

/** The longest (ms) that a round of this check can take: both looks at each source, the journey and its cleanup. */
export function maxRoundMs(check: Check): number {
  const lookMs = sourcesToAsk(check).reduce((sum, source) => sum + source.timeoutMs, 0);
  return check.timeoutMs + 2 * lookMs + cleanupMs(check);
}

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

/** Who walks a round. */
interface Walker extends Pick<ProberOptions, "id" | "region" | "dialects" | "signRequest" | "steps"> {
  /** Where further sources are asked beside the first. */
  tryRun: Semaphore["tryRun"];
  /** What the journey sends by. */
  journeyFetch: Fetch;
}

/** One round. Our own bug is reported as such, for this check alone. */
async function runRound(
  ports: Ports,
  { id, region, dialects, signRequest, steps, tryRun, journeyFetch }: Walker,
  check: Check,
  { slot, signal }: { slot: number; signal: AbortSignal },
): Promise<Round> {
  const began = ports.clock.elapsed();
  // It waited for its turn until the slot was over: not even a cleanup is owed.
  if (signal.aborted) return { before: null, observation: errorObservation("deadline", "had not begun", 0) };
  try {
    const baseUrl = ports.secrets.reveal(check.target.url);
    const run = {
      id: runId(check, id, slot),
      slot,
      prober: id,
      region,
      target: check.target.id,
      check: check.id,
    };
    const askReport = () =>
      fetchReport(ports, check, { baseUrl, run, dialects, signRequest, tryRun, signal });
    const before = await askReport();
    const observation = await walk(
      { ...ports, fetch: journeyFetch },
      { ...journeyOf(check), baseUrl },
      run,
      { steps, signal },
    );
    const { outcome } = observation;
    if (!needsSecondReport(before, outcome) && !hasPushedSource(check)) return { before, observation };
    const after = await askReport();
    // A second look that our platform would not take is none: the failure is not bracketed.
    if (outcome === "fail" && platformFailure(after) !== undefined) return { before, observation };
    return { before, observation: unlessBlocked(observation, [before, after]), after };
  } catch (error) {
    const detail = ports.secrets.redact(messageOf(error));
    ports.log.error("a check could not be walked", { check: check.key, prober: id, detail });
    return { before: null, observation: errorObservation("bug", detail, ports.clock.elapsed() - began) };
  }
}

/** If our platform blocked the report request, the missing report does not count against the service; a failed journey does, whatever was claimed. */
function unlessBlocked(observation: Observation, reports: (Report | null)[]): Observation {
  if (observation.outcome === "fail" || observation.outcome === "error") return observation;
  const detail = reports.map(platformFailure).find((detail) => detail !== undefined);
  if (detail === undefined) return observation;
  return { ...observation, outcome: "error", failure: { step: "", reason: "platform", detail } };
}

/** Why our own platform would not ask for this claim; undefined: it did. */
function platformFailure(report: Report | null): string | undefined {
  if (report?.state !== "unreadable") return undefined;
  const reasons = [report, ...report.sources ?? []].map(({ reason = "" }) => reason);
  return reasons.find((reason) => reason.startsWith("platform: "));
}

const journeyOf = ({ journey, cleanup, timeoutMs, latencyBudgetMs }: Check) => ({
  journey,
  cleanup,
  timeoutMs,
  latencyBudgetMs,
});

const errorObservation = (reason: "bug" | "deadline", detail: string, totalMs: number): Observation => ({
  outcome: "error",
  failure: { step: "", reason, detail },
  transport: false,
  steps: [],
  totalMs,
});

/** The same for a repeated slot, so that a journey walked twice carries the same idempotency key. */
const runId = (check: Check, prober: string, slot: number) =>
  `${check.target.id}.${check.id}.${prober}.${slot.toString(36)}`;

const hadTransportFailure = ({ before, after, observation }: Round) =>
  observation.transport || isUnreachable(before) || isUnreachable(after);

const isUnreachable = (report?: Report | null) =>
  report?.state === "unreachable" || report?.sources?.some(({ state }) => state === "unreachable");

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
  const limits = { deadlineMs: CONTROLS_MS, capBytes: 65_536 };
  const answers = await Promise.all(
    controls.map((url) => exchange(ports, { url: new URL(url), method: "GET", headers }, limits)),
  );
  return answers.some((answer) => answer.kind === "answer" && answer.status >= 200 && answer.status < 300);
}
