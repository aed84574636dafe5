import type { SourceReport } from "../evidence/report/report.ts";
import type { StepTrace } from "../evidence/probe/observation.ts";
import type { LastRound, ReportSummary, RequestPhases, SourceSummary } from "./state.ts";
import type { Verdict } from "./verdict.ts";
import type { FirstRound, JudgedReport, JudgedRound, Walk } from "./round.ts";

/**
 * The summary of a round for display. Steps are kept in full only for journeys that did not pass, subsystems
 * only where something is wrong.
 */
export function summarize(
  { slot, at }: Pick<Walk, "slot" | "at">,
  word: Verdict,
  reason: string | undefined,
  round: JudgedRound,
): LastRound {
  const { outcome, totalMs, failure, steps, cleanup, traceId } = round.observation;
  const phases = phasesOf(steps);
  return {
    slot,
    ...(at !== slot && { at }),
    word,
    ...(reason && { reason }),
    before: summarizeReport(round.before),
    ...(round.after !== undefined && { after: summarizeReport(round.after) }),
    outcome,
    totalMs: roundMs(totalMs),
    ...(failure && { failure }),
    ...(outcome === "pass" ? { stepMs: steps.map(({ totalMs }) => roundMs(totalMs)) } : { steps }),
    ...(phases && { phases }),
    ...(traceId && { traceId }),
    ...(cleanup && cleanup.outcome !== "pass" && { cleanup }),
    ...(round.first && { first: round.first }),
  };
}

/** The summed phases; undefined: no transport measured them. */
function phasesOf(steps: readonly StepTrace[]): RequestPhases | undefined {
  const measured = steps.flatMap(({ wire }) => wire?.firstByteMs === undefined ? [] : [wire]);
  if (measured.length === 0) return undefined;
  const sum = (name: "dnsMs" | "connectMs" | "tlsMs" | "firstByteMs") =>
    roundMs(measured.reduce((ms, wire) => ms + (wire[name] ?? 0), 0));
  return { dns: sum("dnsMs"), connect: sum("connectMs"), tls: sum("tlsMs"), firstByte: sum("firstByteMs") };
}

/** Why a check was walked twice, in words: "walked again after no answer (pay: connection reset)". */
export function describeRetry({ before, failure }: FirstRound): string {
  const isStep = failure?.reason === "timeout" || failure?.reason === "network" || failure?.reason === "body";
  const who = isStep
    ? `${failure.step}: ${failure.detail}`
    : before === "unreachable"
    ? "report"
    : "second report";
  return `walked again after no answer (${who})`;
}

function summarizeReport(report: JudgedReport | null): ReportSummary | null {
  if (!report) return null;
  const { state, dialect, question, httpStatus, reason, version, at, durationMs } = report;
  const parts = report.subsystems.filter((part) => part.state !== "ready").slice(0, 10)
    .map(({ name, state, layer }) => ({ name, state, layer }));
  return {
    state,
    dialect,
    question,
    httpStatus,
    reason,
    version,
    at,
    durationMs: roundMs(durationMs),
    ...(report.contradictions.length > 0 && { contradictions: report.contradictions.slice(0, 5) }),
    ...(parts.length > 0 && { subsystems: parts }),
    ...(report.sources && { sources: report.sources.map(summarizeSource) }),
  };
}

const summarizeSource = ({ name, state, dialect, httpStatus, reason }: SourceReport): SourceSummary => (
  { name, state, dialect, httpStatus, reason: reason?.slice(0, 100) }
);

/** Rounds ms to a tenth: more digits would only make rows longer. */
export const roundMs = (ms: number): number => Math.round(ms * 10) / 10;
