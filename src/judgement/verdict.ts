/**
 * Report against observation, from one prober, in one slot: one table, one file.
 *
 *     claim before --+                     +-- claim after (read only where the cell blames the claim)
 *                    v                     v
 *     observation -> TABLE -> cell -> same row? cell : moved -> verdict
 */
import type { JourneyOutcome } from "../evidence/probe/observation.ts";
import type { Report } from "../evidence/report/report.ts";
import type { Check } from "../config/config.ts";
import { periodMs } from "../config/schedule.ts";
import type { Walk } from "./round.ts";
import type { CONCLUSIVE, FAILED, FAULTS, PASSED, VERDICTS } from "./words.ts";

/** A verdict of a failed journey. */
export type Failed = (typeof FAILED)[number];
/** A verdict of a passed journey, perhaps a slow one. */
export type Passed = (typeof PASSED)[number];
/** A verdict that counts for or against a target. */
export type Conclusive = (typeof CONCLUSIVE)[number];
/** `inconclusive`: the prober or its path failed. `announced`: starting or draining inside its window. */
export type Verdict = (typeof VERDICTS)[number];
/** Why a prober's slot does not count. */
export type Fault = (typeof FAULTS)[number];

/** Why the verdict differs from the table's cell, or why there is no cell. */
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
  /** Why it differs from the table's cell. */
  reason?: VerdictReason;
}

/** What the table reads of a report. */
export type ReportClaim = Pick<Report, "state" | "phase" | "question">;

/** One prober's evidence in one slot; `before` is null if the check has no report. */
export interface Evidence {
  /** The instant of the walk's turn, epoch ms. */
  at: number;
  kind: Walk["kind"];
  before: ReportClaim | null;
  after?: ReportClaim | null;
  outcome: JourneyOutcome;
  /** Why this slot does not count. */
  fault?: Fault;
}

/**
 * What is stored per check and prober about phases: the clocks of `announced`, and whether it was ever ready.
 */
export interface Phases {
  /** It has claimed to be ready at least once. */
  everReady: boolean;
  /** Instant (epoch ms) of the first `starting` since the last ready claim. */
  startingAt?: number;
  /** Instant (epoch ms) of the first `draining` since the last ready claim. */
  drainingAt?: number;
  /**
   * The regular slots in which `starting` was believed, as runs of slots one period apart: first and last
   * instant, epoch ms.
   */
  believed?: [from: number, to: number][];
}

/** How long (ms) a service may report `starting` or `draining` before the table applies. */
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

/** Verdicts that contradict the service's claim, so that the report is read again. */
const ACCUSING: ReadonlySet<Verdict> = new Set<Verdict>(["drift", "underclaim", "unreported"]);

/** Whether there is no claim that a journey could contradict: no report, or only a liveness answer. */
export function isUnclaimed(claim: ReportClaim | null): boolean {
  return claim === null || claim.question === "liveness";
}

const rowOf = (claim: ReportClaim | null): Row => isUnclaimed(claim) ? "unclaimed" : ROW[claim!.state];

/** Whether the report must be read again after the journey. */
export function needsSecondReport(before: ReportClaim | null, outcome: JourneyOutcome): boolean {
  return ACCUSING.has(TABLE[rowOf(before)][outcome]);
}

/** Applies the table to a journey and the claims before and after it. */
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

/** One slot's verdict, and the prober's phases after it. */
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

/** Resolves a claim that means "starting or draining" by history. */
function resolvePhase(claim: ReportClaim | null, phases: Phases): ReportClaim | null {
  if (claim?.phase !== "unclear" || claim.state !== "not_ready") return claim;
  return { ...claim, state: phases.everReady ? "draining" : "starting" };
}

const isReady = (claim: ReportClaim | null) =>
  !isUnclaimed(claim) && (claim!.state === "ready" || claim!.state === "degraded");

function markReady(claim: ReportClaim | null, phases: Phases): Phases {
  return isReady(claim) && !phases.everReady ? { ...phases, everReady: true } : phases;
}

/** Each clock starts at the first claim of its phase; only a slot whose last claim is ready clears them. */
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
 * The believed slots including this one; undefined: `starting` is not believed. Within any 3 * startupBudget
 * it is believed in at most startupBudget / period regular slots (at least one), so that a crash loop does
 * not count as starting forever. A confirmation counts for none and is believed if the regular slot before it
 * was.
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
