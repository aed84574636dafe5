/**
 * Judges history again under other settings. Pure.
 *
 *     kept lines (one a slot, a trace a walk) -> rounds -> walks in order -> assess, with another check -> incidents
 */
import type { JourneyOutcome } from "../evidence/probe/observation.ts";
import type { ReportState } from "../evidence/report/report.ts";
import { assess, type CheckHistory, type Trace } from "./assess.ts";
import type { Incident, Transition } from "./incident.ts";
import type { Arrival, Brought, JudgedReport, JudgedRound, Walk } from "./round.ts";
import type { CheckState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";
import { FAULTS, isFailed, isPassed } from "./words.ts";

/** One slot of a check, as history keeps it. */
export interface KeptSlot extends Pick<CheckHistory, "traces"> {
  /** Epoch ms. */
  slot: number;
}

/** One incident that the replay opened; times are instants of judgements, epoch ms. */
export type ReplayedIncident = Pick<
  Incident,
  "family" | "kind" | "scope" | "episode" | "openedAt" | "resolvedAt"
>;

/**
 * The incidents that these slots would have opened under `check` and `regions`, oldest first, one per
 * episode. Thresholds, quorum, regions, ages, windows and `latencyBudgetMs` may vary. Timeouts, retries,
 * turns and confirmations may not: they would have produced other walks.
 */
export function replay(
  check: JudgedCheck & { latencyBudgetMs?: number },
  regions: readonly VotingRegion[],
  slots: readonly KeptSlot[],
): ReplayedIncident[] {
  let state: CheckState | undefined;
  let count = 0;
  const transitions: Transition[] = [];
  for (const arrivals of walksOf(slots, check.latencyBudgetMs)) {
    const judged = assess(check, regions, arrivals, { before: state, newId: () => `replayed_${count++}` });
    state = judged.state;
    transitions.push(...judged.transitions);
  }
  return episodesOf(transitions);
}

/** The walks of history in order; those with the same instant were judged together. */
function walksOf(slots: readonly KeptSlot[], latencyBudgetMs?: number): Arrival<JudgedRound>[][] {
  const arrivals = slots.flatMap(({ slot, traces }) =>
    traces.map((trace): Arrival<JudgedRound> => {
      const walk: Walk = { slot, at: trace.at ?? slot, kind: trace.kind ?? "turn" };
      return { prober: trace.prober, walk, ...broughtBy(trace, walk.at, latencyBudgetMs) };
    })
  );
  return [...Map.groupBy(arrivals, ({ walk: { at, slot } }) => `${at} ${slot}`).values()]
    .sort(([a], [b]) => a!.walk.at - b!.walk.at || a!.walk.slot - b!.walk.slot);
}

/** Verdicts after which the report was read again. */
const isAccusing = (word: Trace["word"]) =>
  word === "drift" || word === "underclaim" || word === "unreported";

/** Reconstructs a prober's result from its line. */
function broughtBy(trace: Trace, at: number, latencyBudgetMs?: number): Brought<JudgedRound> {
  const { word, reason, reported, claimed, totalMs = 0, unanswered } = trace;
  if (word === "missing") return { missed: reason ?? "unknown" };
  const last = reported ? reportOf(reported, trace, at) : null;
  const isBracketed = claimed !== undefined || isAccusing(word) || reason === "moved";
  const round: JudgedRound = {
    before: claimed ? reportOf(claimed, trace, at) : last,
    ...(last && isBracketed && { after: last }),
    observation: {
      outcome: outcomeOf(trace, latencyBudgetMs),
      transport: unanswered ?? false,
      steps: [],
      totalMs,
    },
  };
  const fault = FAULTS.find((one) => one === reason);
  return fault ? { round, fault } : { round };
}

/** The journey's outcome; `latencyBudgetMs` decides anew what is slow. */
function outcomeOf({ word, outcome, reason, totalMs }: Trace, latencyBudgetMs?: number): JourneyOutcome {
  const isSlow = latencyBudgetMs !== undefined && totalMs !== undefined && totalMs > latencyBudgetMs;
  const isPass = word === "announced" ? outcome === "pass" || outcome === "slow" : isPassed(word);
  if (isPass) return isSlow ? "slow" : "pass";
  if (isFailed(word) || reason === "unbracketed") return "fail";
  return word === "announced" ? outcome ?? "fail" : "error";
}

const reportOf = (state: ReportState, { phase, question, contradicts }: Trace, at: number): JudgedReport => ({
  state,
  dialect: "replayed",
  question: question ?? "readiness",
  contradictions: contradicts ? ["as it was"] : [],
  subsystems: [],
  at,
  durationMs: 0,
  ...(phase && { phase }),
});

/** Turns transitions into incidents, one per episode. */
function episodesOf(transitions: readonly Transition[]): ReplayedIncident[] {
  const episodes: ReplayedIncident[] = [];
  for (const { change, incident: { family, kind, scope, episode, openedAt, resolvedAt } } of transitions) {
    const known = episodes.findLast((one) => one.family === family && one.scope === scope);
    if (change === "opened" || !known) episodes.push({ family, kind, scope, episode, openedAt });
    else if (change === "resolved") known.resolvedAt = resolvedAt;
    else known.kind = kind;
  }
  return episodes;
}
