/** Decides gates from stored state: settled outcomes, recorded deployments and silences. */
import { type RunReader, runReader } from "../../storage/history/runs.ts";
import type { Check, Config, Region, Target } from "../../config/config.ts";
import {
  decide,
  type Decision,
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

/** Whether a silence covers a check at this time (epoch ms). */
export type SilenceChecker = (target: string, check: string, nowMs: number) => boolean | Promise<boolean>;

/** What gates are decided from. */
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

/** What a gate is asked. Times in ms; what is left out has the default of the check. */
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
  /** The error budget of the checks may burn so fast; only for checks with an objective. */
  maxBurnRate?: number;
}

/** What a burn rate is asked over: the fastest of the workbook's pairs. */
const GATE_WINDOWS = { long: "1h", short: "5m" } as const;

/** Answers a question; the worst check decides. */
export type GateEvaluator = (question: GateQuery) => Promise<GateDocument>;

/** A gatekeeper over one store. It never probes. */
export function gateEvaluator(options: GateEvaluatorOptions): GateEvaluator {
  const evidence = runReader(options.store, options.packing);
  return (question) => evaluate(options, evidence, question);
}

async function evaluate(
  options: GateEvaluatorOptions,
  evidence: RunReader,
  question: GateQuery,
): Promise<GateDocument> {
  const nowMs = options.clock.now();
  const [states, anchor] = await Promise.all([options.states(), anchorOf(options.rollouts, question, nowMs)]);
  const judged = await Promise.all(
    question.checks.map((check) =>
      judgeCheck(options, evidence, question, { check, state: states[check.key], anchor, nowMs })
    ),
  );
  const [first, ...rest] = judged;
  return gateDocument(worstDecision([first!, ...rest]), nowMs, options.config.publicUrl);
}

/** From when evidence counts: what was asked for, else the last deployment, else null. */
async function anchorOf(
  rollouts: DeploymentStore,
  { target: { id }, since, anchor: name, version }: GateQuery,
  nowMs: number,
) {
  if (since !== undefined) {
    const sinceMs = typeof since === "number" ? nowMs - since : Date.parse(since);
    return { name: name ?? null, sinceMs };
  }
  if (name !== undefined) return { name, sinceMs: await rollouts.anchorTime(id, name) };
  const deployments = await rollouts.list(id);
  const last = deployments.find((it) => version !== undefined && it.version === version) ?? deployments[0];
  return last ? { name: last.anchor ?? last.version ?? null, sinceMs: last.at } : null;
}

interface CheckInput {
  check: Check;
  state: CheckState | undefined;
  anchor: { name: string | null; sinceMs: number } | null;
  nowMs: number;
}

async function judgeCheck(
  { config, isSilenced, errorBudget }: GateEvaluatorOptions,
  evidence: RunReader,
  question: GateQuery,
  { check, state, anchor, nowMs }: CheckInput,
): Promise<CheckJudgement> {
  const { regions, degraded, minRuns = check.successThreshold, version, maxBurnRate } = question;
  const budget = maxBurnRate === undefined ? undefined : await errorBudget(check);
  const burn = maxBurnRate === undefined ? undefined : {
    most: maxBurnRate,
    rate: budget ? rateOf(budget, "1h") : null,
    isOver: !!budget && isBurning(budget, { ...GATE_WINDOWS, factor: maxBurnRate }),
  };
  const { failureThreshold, target } = check;
  const newest = state?.slot ?? nowMs;
  const count = Math.max(minRuns, failureThreshold);
  const maxAgeMs = question.maxAge ?? staleAt(check, newest) - newest;
  // Without a maxAge of the asker the window holds the runs that a decision needs, whatever the thresholds are.
  const windowMs = question.maxAge ?? Math.max(maxAgeMs, (count + 0.5) * periodMs(check, newest));
  const sinceMs = anchor?.sinceMs ?? nowMs - windowMs;
  const quorum = regions.length === config.regions.length
    ? check.quorum
    : narrowQuorum(check.quorum, regions.length);
  const runs = state ? await wholeRuns(evidence, { check, state, regions, sinceMs, count, nowMs }) : [];
  const judgement = decide(runs.map((run) => tallyRun(run, regions, quorum)), {
    nowMs,
    sinceMs,
    maxAgeMs,
    minRuns,
    failureThreshold,
    degraded,
    silenced: await isSilenced(target.id, check.id, nowMs),
    versionProven: version === undefined ||
      isVersionProven(check, state, { regions, version, since: runs[0]?.slot }),
    burn,
  });
  return {
    ...judgement,
    check,
    regions,
    quorum,
    state,
    sinceMs,
    maxAgeMs,
    minRuns,
    anchor: anchor?.name ?? null,
    version,
    burn,
  };
}

/** A slot whose turns are still coming, and a confirmation that is under way: at most these two decide nothing yet. */
const UNDER_WAY = 2;

/** The newest runs that are whole: all has come, or the slot's period is over. A confirmation of one region alone is no run of the others. */
async function wholeRuns(
  evidence: RunReader,
  { check, state, regions, sinceMs, count, nowMs }: {
    check: Check;
    state: CheckState;
    regions: readonly Region[];
    sinceMs: number;
    count: number;
    nowMs: number;
  },
): Promise<GateRun[]> {
  const { slot: newest, judgedAt } = state;
  const probers = regions.flatMap(({ probers }) => probers.map(({ id }) => id));
  const runs = await evidence.recentRuns(check, { newest, judgedAt, sinceMs, count: count + UNDER_WAY });
  const isOver = ({ slot }: GateRun) =>
    previousSlots(check, slot, 1)[0] === slot && nowMs >= slot + periodMs(check, slot);
  return runs.filter((run) => isWhole(run, probers) || isOver(run)).slice(0, count);
}

/** Every prober that was heard since this run read this version, in the claim and in the answers that name one, and one was heard. */
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
