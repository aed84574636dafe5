/**
 * Report against observation, from one prober, in one slot: one table, one file.
 *
 *     claim before --+                     +-- claim after (asked only where the cell blames the claim)
 *                    v                     v
 *     observation -> TABLE -> cell -> same row? cell : moved -> verdict
 */
import type { JourneyOutcome } from "../evidence/probe/observation.ts";
import type { Report } from "../evidence/report/report.ts";
import type { Check } from "../config/config.ts";
import { periodMs } from "../config/schedule.ts";
import type { Walk } from "./round.ts";
import type { CONCLUSIVE, FAILED, FAULTS, PASSED, VERDICTS } from "./words.ts";

/** The journey failed. */
export type Failed = (typeof FAILED)[number];
/** The journey passed, perhaps slowly. */
export type Passed = (typeof PASSED)[number];
/** What counts for or against a target. */
export type Conclusive = (typeof CONCLUSIVE)[number];
/** `inconclusive`: the prober or its path failed. `announced`: starting or draining inside its window. */
export type Verdict = (typeof VERDICTS)[number];
/** Why a slot of a prober does not count. */
export type Fault = (typeof FAULTS)[number];

/** Why the verdict is not simply the cell of the table. */
export type VerdictReason =
  | "moved"
  | "startup_budget"
  | "drain_window"
  | Fault
  | "unbracketed";

/** One slot's verdict. */
export interface VerdictResult {
  /** The verdict. */
  word: Verdict;
  /** Why it is not simply the cell of the table. */
  reason?: VerdictReason;
}

/** What the table needs of a report. */
export type ReportClaim = Pick<Report, "state" | "phase" | "question">;

/** One prober's evidence in one slot; `before` is null when the check has no report. */
export interface Evidence {
  /** When the walk began by its turn, epoch ms. */
  at: number;
  kind: Walk["kind"];
  before: ReportClaim | null;
  after?: ReportClaim | null;
  outcome: JourneyOutcome;
  /** This slot of the prober does not count. */
  fault?: Fault;
}

/** What a (check, prober) remembers of phases: the clocks of `announced`, and whether it was ever seen ready. */
export interface Phases {
  /** It has claimed to be ready once. */
  everReady: boolean;
  /** Instant (epoch ms) of the first `starting` since the last ready claim. */
  startingAt?: number;
  /** Instant (epoch ms) of the first `draining` since the last ready claim. */
  drainingAt?: number;
  /** The regular slots in which `starting` was believed, as runs of slots one period apart: the first and the last instant of each, epoch ms. */
  believed?: [from: number, to: number][];
}

/** How long a service may say that it is starting or draining before the table applies; ms. */
export interface Windows {
  startupBudgetMs: number;
  drainWindowMs: number;
}

type Row = "claimed" | "withheld" | "unreachable" | "unreadable" | "unclaimed";

const TABLE: Record<Row, Record<JourneyOutcome, Conclusive | "inconclusive">> = {
  claimed: { pass: "ready", slow: "degraded", fail: "drift", error: "inconclusive" },
  withheld: { pass: "underclaim", slow: "underclaim", fail: "not_ready", error: "inconclusive" },
  unreachable: { pass: "unreported", slow: "unreported", fail: "down", error: "inconclusive" },
  unreadable: { pass: "unreported", slow: "unreported", fail: "failing", error: "inconclusive" },
  unclaimed: { pass: "ready", slow: "degraded", fail: "failing", error: "inconclusive" },
};

const ROW: Record<Report["state"], Row> = {
  ready: "claimed",
  degraded: "claimed",
  starting: "withheld",
  draining: "withheld",
  not_ready: "withheld",
  unreachable: "unreachable",
  unreadable: "unreadable",
  unknown: "unreadable",
};

/** Verdicts that say the service's claim is wrong, so the report is read once more. */
const ACCUSING: ReadonlySet<Verdict> = new Set<Verdict>(["drift", "underclaim", "unreported"]);

/** No report, or only a liveness answer: nothing that a journey could contradict. */
export function isUnclaimed(claim: ReportClaim | null): boolean {
  return claim === null || claim.question === "liveness";
}

const rowOf = (claim: ReportClaim | null): Row => isUnclaimed(claim) ? "unclaimed" : ROW[claim!.state];

/** Whether the report must be read again after the journey. */
export function needsSecondReport(before: ReportClaim | null, outcome: JourneyOutcome): boolean {
  return ACCUSING.has(TABLE[rowOf(before)][outcome]);
}

/** The table with its bracketing: both claims around one journey. */
export function compare(
  before: ReportClaim | null,
  outcome: JourneyOutcome,
  after?: ReportClaim | null,
): VerdictResult {
  const cell = TABLE[rowOf(before)][outcome];
  if (!ACCUSING.has(cell)) return { word: cell };
  if (after === undefined) return { word: "inconclusive", reason: "unbracketed" };
  const later = rowOf(after);
  if (later === rowOf(before)) return { word: cell };
  if (outcome === "fail") return { word: TABLE[later][outcome], reason: "moved" };
  return { word: later === "claimed" ? TABLE.claimed[outcome] : "unreported", reason: "moved" };
}

/** One slot's verdict, and what the prober remembers of phases after it. */
export function judge(
  evidence: Evidence,
  phases: Phases,
  check: Windows & Pick<Check, "schedule">,
): { verdict: VerdictResult; phases: Phases } {
  if (evidence.fault) return { verdict: { word: "inconclusive", reason: evidence.fault }, phases };
  const before = resolvePhase(evidence.before, phases);
  const during = markReady(before, phases);
  const after = evidence.after && resolvePhase(evidence.after, during);
  const last = after ?? before;
  const next = advanceClocks(last, evidence.at, during);
  const window = windowOf(last, next, evidence.at, check);
  if (window === "open") {
    if (last!.state !== "starting") return { verdict: { word: "announced" }, phases: next };
    const believed = believe(next.believed ?? [], evidence, check);
    if (believed) return { verdict: { word: "announced" }, phases: { ...next, believed } };
  }
  const verdict = compare(before, evidence.outcome, after);
  if (window && !verdict.reason) verdict.reason = window === "open" ? "startup_budget" : window;
  return { verdict, phases: next };
}

/** A dialect's word that means "starting or draining" is resolved by history. */
function resolvePhase(claim: ReportClaim | null, phases: Phases): ReportClaim | null {
  if (claim?.phase !== "unclear" || claim.state !== "not_ready") return claim;
  return { ...claim, state: phases.everReady ? "draining" : "starting" };
}

const isReady = (claim: ReportClaim | null) =>
  !isUnclaimed(claim) && (claim!.state === "ready" || claim!.state === "degraded");

function markReady(claim: ReportClaim | null, phases: Phases): Phases {
  return isReady(claim) && !phases.everReady ? { ...phases, everReady: true } : phases;
}

/** Each clock starts at the first such claim; only a slot whose last claim is ready clears them. */
function advanceClocks(last: ReportClaim | null, at: number, phases: Phases): Phases {
  if (isReady(last)) {
    if (phases.everReady && phases.startingAt === undefined && phases.drainingAt === undefined) return phases;
    return { everReady: true, ...(phases.believed && { believed: phases.believed }) };
  }
  if (isUnclaimed(last)) return phases;
  if (last!.state === "starting" && phases.startingAt === undefined) return { ...phases, startingAt: at };
  if (last!.state === "draining" && phases.drainingAt === undefined) return { ...phases, drainingAt: at };
  return phases;
}

/**
 * The believed slots with this one, or undefined where `starting` is not believed: in startupBudget / period (one at least) of the regular
 * slots of any 3 * startupBudget it is, so that what crashes again and again is not starting for ever. A confirmation counts for none, and
 * is believed as the regular slot before it was.
 */
function believe(
  known: [from: number, to: number][],
  { at, kind }: Evidence,
  check: Windows & Pick<Check, "schedule">,
): [from: number, to: number][] | undefined {
  const { startupBudgetMs } = check;
  const period = periodMs(check, at);
  const edge = at - 3 * startupBudgetMs;
  const runs = known.filter(([, to]) => to > edge);
  const count = runs.reduce((sum, [from, to]) => {
    const first = from > edge ? from : from + (Math.floor((edge - from) / period) + 1) * period;
    return sum + Math.floor((to - first) / period) + 1;
  }, 0);
  const last = runs.at(-1);
  const hasRoom = count < Math.max(1, Math.floor(startupBudgetMs / period));
  if (kind === "confirmation") return hasRoom || (last && at - last[1] <= period) ? runs : undefined;
  if (!hasRoom) return undefined;
  return last && at - last[1] === period ? [...runs.slice(0, -1), [last[0], at]] : [...runs, [at, at]];
}

function windowOf(
  last: ReportClaim | null,
  phases: Phases,
  at: number,
  windows: Windows,
): "open" | "startup_budget" | "drain_window" | undefined {
  if (isUnclaimed(last)) return undefined;
  if (last!.state === "starting") {
    return at - phases.startingAt! < windows.startupBudgetMs ? "open" : "startup_budget";
  }
  if (last!.state === "draining") {
    return at - phases.drainingAt! < windows.drainWindowMs ? "open" : "drain_window";
  }
  return undefined;
}
