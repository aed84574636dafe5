/** Decides gates from stored state: settled outcomes, recorded deployments and silences. */
import { type RunReader, runReader } from "../../storage/history/runs.ts";
import type { Check, Config, Region, Target } from "../../config/config.ts";
import {
  decide,
  type Decision,
  type GateBurn,
  type GateRun,
  isWhole,
  narrowQuorum,
  tallyRun,
  worstDecision,
} from "../../judgement/gate.ts";
import { isBurning, rateOf } from "../../judgement/slo.ts";
import type { Packing } from "../../storage/codec.ts";
import type { Clock } from "../../base/ports.ts";
import type { DeploymentStore } from "../../storage/records/deployments.ts";
import { periodMs, previousSlots, staleAt } from "../../config/schedule.ts";
import type { CheckState } from "../../judgement/state.ts";
import type { ErrorBudgetReader } from "../../storage/history/slo.ts";
import type { SampleStore } from "../../storage/store.ts";
import { type CheckJudgement, type GateDocument, gateDocument, versionsOf } from "./document.ts";
import type { StatesReader } from "../../storage/states.ts";

/** Whether a silence covers a check at `nowMs` (epoch ms). */
export type SilenceChecker = (target: string, check: string, nowMs: number) => boolean | Promise<boolean>;

export interface GateEvaluatorOptions {
  clock: Pick<Clock, "now">;
  config: Config;
  packing: Packing;
  store: SampleStore;
  states: StatesReader;
  rollouts: DeploymentStore;
  isSilenced: SilenceChecker;
  errorBudget: ErrorBudgetReader;
}

/** A question to a gate. Times in ms; omitted fields take the check's defaults. */
export interface GateQuery {
  target: Target;
  checks: readonly Check[];
  regions: readonly Region[];
  degraded: Decision;
  /** An opaque rollout id. */
  anchor?: string;
  /** How long ago (ms), or an RFC 3339 instant; wins over the anchor. */
  since?: number | string;
  version?: string;
  minRuns?: number;
  maxAge?: number;
  /** The maximum burn rate of the checks' error budgets; only for checks with an objective. */
  maxBurnRate?: number;
}

/** The windows for the burn rate: the workbook's fastest pair. */
const GATE_WINDOWS = { long: "1h", short: "5m" } as const;

/**
 * Decides a gate; the worst check counts. A repeated question is decided again only if its inputs, or the
 * time, may have changed the decision.
 */
export type GateEvaluator = (question: GateQuery) => Promise<GateDocument>;

/** The gates of one store. They never probe. */
export function gateEvaluator(options: GateEvaluatorOptions): GateEvaluator {
  const evidence = runReader(options.store, options.packing);
  const decided = new WeakMap<GateQuery, ReadonlyMap<Check, DatedJudgement>>();
  return async (question) => {
    const nowMs = options.clock.now();
    const [states, anchor] = await Promise.all([
      options.states(),
      anchorOf(options.rollouts, question, nowMs),
    ]);
    const before = decided.get(question);
    const judged = await Promise.all(
      question.checks.map((check) =>
        judgeCheck(options, evidence, question, {
          check,
          state: states[check.key],
          anchor,
          nowMs,
          before: before?.get(check),
        })
      ),
    );
    decided.set(question, new Map(judged.map((one) => [one.check, one])));
    const [first, ...rest] = judged;
    return gateDocument(worstDecision([first!, ...rest]), nowMs, options.config.publicUrl);
  };
}

/** From when evidence counts, epoch ms; `slides`: it is relative to now. */
interface Anchor {
  name: string | null;
  sinceMs: number;
  slides?: true;
}

/** From when evidence counts: the requested anchor, else the last deployment, else null. */
async function anchorOf(
  rollouts: DeploymentStore,
  { target: { id }, since, anchor: name, version }: GateQuery,
  nowMs: number,
): Promise<Anchor | null> {
  if (typeof since === "number") return { name: name ?? null, sinceMs: nowMs - since, slides: true };
  if (since !== undefined) return { name: name ?? null, sinceMs: Date.parse(since) };
  if (name !== undefined) return { name, sinceMs: await rollouts.anchorTime(id, name) };
  const deployments = await rollouts.list(id);
  const last = deployments.find((it) => version !== undefined && it.version === version) ?? deployments[0];
  return last ? { name: last.anchor ?? last.version ?? null, sinceMs: last.at } : null;
}

/**
 * A judgement, its inputs besides the question, and the span (epoch ms, inclusive) in which time alone does
 * not change it.
 */
interface DatedJudgement extends CheckJudgement {
  silenced: boolean;
  slides: boolean;
  from: number;
  until: number;
}

interface CheckInput {
  check: Check;
  state: CheckState | undefined;
  anchor: Anchor | null;
  nowMs: number;
  /** Of the same check and question. */
  before: DatedJudgement | undefined;
}

/**
 * What decides a check besides its state: the number of runs, the newest run's maximum age, and from when
 * runs count.
 */
function windowOf(question: GateQuery, { check, state, anchor, nowMs }: CheckInput) {
  const { minRuns = check.successThreshold } = question;
  const newest = state?.slot ?? nowMs;
  const count = Math.max(minRuns, check.failureThreshold);
  const maxAgeMs = question.maxAge ?? staleAt(check, newest) - newest;
  // Without a requested maxAge the window holds the runs that a decision needs, whatever the thresholds.
  const windowMs = question.maxAge ?? Math.max(maxAgeMs, (count + 0.5) * periodMs(check, newest));
  const { name, sinceMs, slides = false } = anchor ??
    { name: null, sinceMs: nowMs - windowMs, slides: true };
  return { minRuns, count, maxAgeMs, anchor: name, sinceMs, slides };
}

async function judgeCheck(
  options: GateEvaluatorOptions,
  evidence: RunReader,
  question: GateQuery,
  input: CheckInput,
): Promise<DatedJudgement> {
  const { check, state, nowMs, before } = input;
  const { regions, degraded, version, maxBurnRate } = question;
  const { count, ...window } = windowOf(question, input);
  const { minRuns, maxAgeMs, sinceMs } = window;
  const silenced = await options.isSilenced(check.target.id, check.id, nowMs);
  const inputs = { ...window, check, state, silenced };
  if (before && holds(before, inputs, nowMs)) return { ...before, sinceMs };
  const burn = maxBurnRate === undefined ? undefined : burnOf(maxBurnRate, await options.errorBudget(check));
  const quorum = regions.length === options.config.regions.length
    ? check.quorum
    : narrowQuorum(check.quorum, regions.length);
  const found = state
    ? await evidence.recentRuns(check, {
      newest: state.slot,
      judgedAt: state.judgedAt,
      sinceMs,
      count: count + UNDER_WAY,
    })
    : [];
  const runs = wholeRuns(found, check, regions, nowMs).slice(0, count);
  const judgement = decide(runs.map((run) => tallyRun(run, regions, quorum)), {
    ...{ nowMs, sinceMs, maxAgeMs, minRuns, degraded, silenced, burn },
    failureThreshold: check.failureThreshold,
    versionProven: version === undefined ||
      isVersionProven(check, state, { regions, version, since: runs[0]?.slot }),
  });
  return {
    ...judgement,
    ...inputs,
    ...{ regions, quorum, version, burn },
    from: nowMs,
    // The burn rate and the age of missing evidence change all the time.
    until: burn || !state ? nowMs : holdsUntil(found, check, nowMs, [maxAgeMs, nowMs - sinceMs]),
  };
}

const burnOf = (most: number, budget: Awaited<ReturnType<ErrorBudgetReader>>): GateBurn => ({
  most,
  rate: budget ? rateOf(budget, "1h") : null,
  isOver: !!budget && isBurning(budget, { ...GATE_WINDOWS, factor: most }),
});

/** Whether an earlier judgement still holds. */
function holds(
  before: DatedJudgement,
  { state, anchor, sinceMs, silenced, slides }: Pick<
    DatedJudgement,
    "state" | "anchor" | "sinceMs" | "silenced" | "slides"
  >,
  nowMs: number,
): boolean {
  // A sliding window has the same length, which follows from the state and the question.
  const isSameWindow = before.slides === slides && (slides || before.sinceMs === sinceMs);
  return isSameWindow && before.state === state && before.anchor === anchor && before.silenced === silenced &&
    nowMs >= before.from && nowMs <= before.until;
}

/** The last instant (epoch ms) before a run begins to count, ends, or exceeds one of these `ages`. */
function holdsUntil(runs: readonly GateRun[], check: Check, nowMs: number, ages: readonly number[]): number {
  const instants = runs.flatMap(({ slot }) => [
    slot - 1,
    slot + periodMs(check, slot) - 1,
    ...ages.map((age) => slot + age),
  ]);
  return Math.min(...instants.filter((at) => at >= nowMs));
}

/** At most two runs are incomplete and decide nothing yet: a slot with turns to come, and a confirmation. */
const UNDER_WAY = 2;

/**
 * The complete runs: every prober has answered, or the period is over. A confirmation of one region is no run
 * of the others.
 */
function wholeRuns(
  runs: readonly GateRun[],
  check: Check,
  regions: readonly Region[],
  nowMs: number,
): GateRun[] {
  const probers = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  const isOver = ({ slot }: GateRun) =>
    previousSlots(check, slot, 1)[0] === slot && nowMs >= slot + periodMs(check, slot);
  return runs.filter((run) => isWhole(run, probers) || isOver(run));
}

/**
 * Whether every prober heard since this run read only this version, in the claim and in the capture, and at
 * least one was heard.
 */
function isVersionProven(
  check: Check,
  state: CheckState | undefined,
  { regions, version, since = Infinity }: { regions: readonly Region[]; version: string; since?: number },
): boolean {
  const probers = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  const current = probers.flatMap((id) => state?.probers[id] ?? [])
    .filter(({ witness }) => witness !== undefined && witness.slot >= since);
  return current.length > 0 &&
    current.every((prober) => versionsOf(check, prober).every((one) => one === version));
}
