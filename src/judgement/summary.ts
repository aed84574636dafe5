import type { Report, SourceReport } from "../evidence/report/report.ts";
import type { ReportBrief, SourceBrief, Witness } from "./state.ts";
import type { Word } from "./verdict.ts";
import type { Round } from "./round.ts";

/** What is kept to show of a round. Steps are kept in full only of journeys that did not pass, parts only where they say something is wrong. */
export function witness(slot: number, word: Word, reason: string | undefined, round: Round): Witness {
  const { outcome, totalMs, failure, steps, cleanup } = round.observation;
  return {
    slot,
    word,
    ...(reason && { reason }),
    before: brief(round.before),
    ...(round.after !== undefined && { after: brief(round.after) }),
    outcome,
    totalMs: rounded(totalMs),
    ...(failure && { failure }),
    ...(outcome === "pass" ? { stepMs: steps.map(({ totalMs }) => rounded(totalMs)) } : { steps }),
    ...(cleanup && cleanup.outcome !== "pass" && { cleanup }),
  };
}

function brief(report: Report | null): ReportBrief | null {
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
    durationMs: rounded(durationMs),
    ...(report.contradictions.length > 0 && { contradictions: report.contradictions.slice(0, 5) }),
    ...(parts.length > 0 && { subsystems: parts }),
    ...(report.sources && { sources: report.sources.map(sourceBrief) }),
  };
}

const sourceBrief = ({ name, state, dialect, httpStatus, reason }: SourceReport): SourceBrief => (
  { name, state, dialect, httpStatus, reason: reason?.slice(0, 100) }
);

const rounded = (ms: number) => Math.round(ms * 10) / 10;
