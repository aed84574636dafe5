/** Judges arrivals one by one: verdict, thresholds, and what is kept for display. */
import { periodMs, staleAt } from "../config/schedule.ts";
import { isNoClaim } from "../evidence/report/merge.ts";
import type { JourneyOutcome } from "../evidence/probe/observation.ts";
import type { Report } from "../evidence/report/report.ts";
import { firstToEnd } from "./certificate.ts";
import { noteCaptured } from "./convergence.ts";
import { countTimeouts } from "./hanging.ts";
import { keepRounds } from "./kept.ts";
import { countLimited } from "./limited.ts";
import { castVote, expire, NO_VOTE } from "./quorum.ts";
import type { Arrival, JudgedReport, JudgedRound, Walk } from "./round.ts";
import type { CheckState, ProberState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";
import { roundMs, summarize } from "./summary.ts";
import { judge, type Verdict } from "./verdict.ts";
import type { TRACE_VERDICTS } from "./words.ts";

/**
 * One prober's line in the history of a slot. It holds everything behind its verdict, so that it can be
 * judged again.
 */
export interface Trace {
  /** The prober's id. */
  prober: string;
  /** Its verdict; `missing`: it returned no round. */
  word: (typeof TRACE_VERDICTS)[number];
  /** Why the verdict differs from the table's cell, or why there is none. */
  reason?: string;
  /** The last claim. */
  reported?: Report["state"];
  /** The claim before the journey, where the last one differs. */
  claimed?: Report["state"];
  /** The phase, of claims that only history can resolve. */
  phase?: Report["phase"];
  /** Set where the claims are not readiness claims. */
  question?: "liveness";
  /** The journey's outcome, where the verdict does not imply it. */
  outcome?: JourneyOutcome;
  /** The report contradicts itself. */
  contradicts?: true;
  /** How long the journey took, ms. */
  totalMs?: number;
  /** When the walk began (epoch ms), where that is not the slot. */
  at?: number;
  /** Absent: one of the slot's turns. */
  kind?: "confirmation";
  /** It was walked twice, because the first walk got no answer. */
  again?: true;
  /** The journey got no HTTP answer. */
  unanswered?: true;
}

/** The judgement of one arrival. */
export interface Judged {
  arrival: Arrival<JudgedRound>;
  trace: Trace;
  /** Its prober has already brought this walk or a later one: the arrival only leaves a trace. */
  late: boolean;
  /** The prober's state after it. */
  after: ProberState;
}

const NEW_PROBER: ProberState = { standing: NO_VOTE, phases: { everReady: false }, contradictions: 0 };

/**
 * The state of every prober after its arrivals, taken in order of walks and aged to the judgement's instant
 * `at`.
 */
export function judgeArrivals(
  check: JudgedCheck,
  regions: readonly VotingRegion[],
  arrivals: readonly Arrival<JudgedRound>[],
  { previous, at }: { previous: CheckState; at: number },
): { probers: CheckState["probers"]; judged: Judged[] } {
  const probers: CheckState["probers"] = {};
  const skippedMs = unjudgedMs(check, previous, at);
  for (const region of regions) {
    for (const { id } of region.probers) {
      const known = previous.probers[id] ?? NEW_PROBER;
      const heardAt = known.heardAt ?? known.standing.freshAt;
      probers[id] = { ...known, heardAt: heardAt === undefined ? at : Math.min(at, heardAt + skippedMs) };
    }
  }
  const inOrder = arrivals.filter(({ prober }) => prober in probers)
    .sort((a, b) => a.walk.at - b.walk.at || a.walk.slot - b.walk.slot || (a.prober < b.prober ? -1 : 1));
  const judged = inOrder.map((arrival): Judged => {
    const { prober, walk } = arrival;
    const before = age(check, probers[prober]!, walk.at);
    const late = isOvertaken(before, walk);
    const { state, trace } = judgeArrival(check, before, arrival);
    if (!late) probers[prober] = state;
    return { arrival, trace: { prober, ...trace }, late, after: state };
  });
  for (const id in probers) probers[id] = age(check, probers[id]!, at);
  return { probers, judged };
}

/** Unjudged time (ms): the time since the last judgement beyond one period. */
const unjudgedMs = (check: JudgedCheck, { judgedAt }: CheckState, at: number) =>
  Math.max(0, at - judgedAt - periodMs(check, judgedAt));

/** When a prober's latest walk began, epoch ms; -Infinity: it has none. */
export const walkedAt = ({ witness }: ProberState): number =>
  witness ? witness.at ?? witness.slot : -Infinity;

/** When the latest walk without a round was due, epoch ms; -Infinity: there is none. */
export const missedAt = ({ missed }: ProberState): number => missed ? missed.at ?? missed.slot : -Infinity;

function isOvertaken(prober: ProberState, { slot, at }: Walk): boolean {
  const lastAt = walkedAt(prober);
  return lastAt > at || (lastAt === at && prober.witness?.slot === slot);
}

/**
 * Ages a prober to this instant: a stale vote is cleared, and after `releaseAfter` no longer counts against
 * resolving.
 */
function age(check: JudgedCheck, prober: ProberState, at: number): ProberState {
  const { freshAt } = prober.standing;
  if (freshAt === undefined) return prober;
  const standing = expire(prober.standing, at > staleAt(check, freshAt), at - freshAt > check.releaseAfterMs);
  return standing === prober.standing ? prober : { ...prober, standing };
}

/** The verdict of an arrival alone; undefined: it has no round, does not count, or is overtaken. */
export function verdictOf(
  check: JudgedCheck,
  known: ProberState = NEW_PROBER,
  arrival: Arrival,
): Verdict | undefined {
  const { walk } = arrival;
  if ("missed" in arrival || arrival.fault || isOvertaken(known, walk)) return undefined;
  const { before, after, observation: { outcome } } = arrival.round;
  return judge({ at: walk.at, kind: walk.kind, before, after, outcome }, known.phases, check).verdict.word;
}

/** Judges one prober's walk: verdict, thresholds, and what is kept for display. */
function judgeArrival(
  check: JudgedCheck,
  prober: ProberState,
  arrival: Arrival<JudgedRound>,
): { state: ProberState; trace: Omit<Trace, "prober"> } {
  const { walk } = arrival;
  if ("missed" in arrival) {
    const { slot, at } = walk;
    const missed = { slot, ...(at !== slot && { at }), reason: arrival.missed };
    return {
      state: missedAt(prober) > at ? prober : { ...prober, missed },
      trace: { word: "missing", reason: arrival.missed, ...walkTrace(walk) },
    };
  }
  const { round, fault, place } = arrival;
  const { before, after, observation: { outcome, failure, steps } } = round;
  const certificate = (!fault && firstToEnd(steps, walk.at)) || prober.certificate;
  const evidence = { at: walk.at, kind: walk.kind, before, after, outcome, fault };
  const { verdict, phases } = judge(evidence, prober.phases, check);
  const reason = verdict.reason ?? failure?.reason;
  const standing = castVote(prober.standing, verdict.word, walk.at, check);
  const captured = noteCaptured(check, prober.captured, {
    captured: fault ? undefined : round.observation.captured,
    at: walk.at,
  });
  // A prober that waits for a prerequisite still counts as heard.
  const heardAt = standing === prober.standing && fault !== "prerequisite"
    ? prober.heardAt
    : Math.max(walk.at, prober.heardAt ?? walk.at);
  const limited = countLimited(prober.limited, round);
  const timeouts = countTimeouts(prober.timeouts, round);
  const witness = summarize(walk, verdict.word, reason, round);
  const kept = keepRounds(prober.kept, prober.witness, witness);
  const state: ProberState = {
    standing,
    phases,
    ...countContradiction(check, prober, round, fault),
    ...(limited && { limited }),
    ...(timeouts && { timeouts }),
    ...(fault && { aside: fault }),
    ...(place && { place }),
    witness,
    ...(kept && { kept }),
    ...(certificate && { certificate }),
    ...(captured && { captured }),
    ...(missedAt(prober) > walk.at && { missed: prober.missed }),
    heardAt,
  };
  const trace = { word: verdict.word, reason, ...evidenceTrace(round, verdict.word), ...walkTrace(walk) };
  return { state, trace };
}

/** A walk's instant and kind, where they differ from the default. */
const walkTrace = ({ slot, at, kind }: Walk): Pick<Trace, "at" | "kind"> => ({
  ...(at !== slot && { at }),
  ...(kind === "confirmation" && { kind }),
});

/** What is needed to judge a round again. A line is written for each round, so defaults are left out. */
function evidenceTrace(
  { before, after, first, observation: { outcome, totalMs, transport } }: JudgedRound,
  word: Verdict,
): Omit<Trace, "prober" | "word" | "reason"> {
  const last = after ?? before;
  return {
    reported: last?.state,
    totalMs: roundMs(totalMs),
    ...(before && before.state !== last!.state && { claimed: before.state }),
    ...(last?.phase && { phase: last.phase }),
    ...(last?.question === "liveness" && { question: last.question }),
    ...(word === "announced" && { outcome }),
    ...((isContradictory(before) || isContradictory(after)) && { contradicts: true as const }),
    ...(first && { again: true as const }),
    ...(transport && { unanswered: true as const }),
  };
}

const isContradictory = (report: JudgedReport | null | undefined) => !!report?.contradictions.length;
const isReadable = (report: JudgedReport | null | undefined) => !!report && !isNoClaim(report.state);

/** Applies a vote's thresholds to "the report contradicts itself". */
function countContradiction(
  { failureThreshold, successThreshold }: JudgedCheck,
  prober: ProberState,
  { before, after }: JudgedRound,
  fault: string | undefined,
): Pick<ProberState, "contradictions" | "contradicts"> {
  const { contradictions: run, contradicts } = prober;
  if (fault || !(isReadable(before) || isReadable(after))) return { contradictions: run, contradicts };
  if (isReadable(before) && isContradictory(before) || isReadable(after) && isContradictory(after)) {
    const next = Math.min(failureThreshold, Math.max(0, run) + 1);
    return { contradictions: next, contradicts: next >= failureThreshold || contradicts };
  }
  const next = Math.max(-successThreshold, Math.min(0, run) - 1);
  return { contradictions: next, contradicts: next > -successThreshold && contradicts };
}
