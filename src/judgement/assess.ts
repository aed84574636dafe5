/**
 * One check, one judgement: what the probers brought becomes votes, an outcome and incidents. Pure; the settler feeds it.
 *
 *     arrivals -> judge -> cast --> probers' ballots -> tally --> region's ballot -> tally -> outcome -> step -> transitions
 */
import type { Check, Quorum, Region } from "../config/config.ts";
import { type Incident, resolve, type ScopeResult, step, type Transition } from "./incident.ts";
import {
  type Ballot,
  castVote,
  expire,
  isRecovered,
  NO_VOTE,
  type QuorumOutcome,
  tally,
  wins,
} from "./quorum.ts";
import { isNoClaim } from "../evidence/report/merge.ts";
import type { Report } from "../evidence/report/report.ts";
import { staleAt } from "../config/schedule.ts";
import type { CheckState, ProberState, RegionState } from "./state.ts";
import { judge } from "./verdict.ts";
import { MINUTE_MS } from "../base/time.ts";
import { summarize } from "./summary.ts";
import type { Arrival, Round, Walk } from "./round.ts";
import { isFailed, type TRACE_VERDICTS } from "./words.ts";

/** One prober's line in the history of a slot. */
export interface Trace {
  prober: string;
  word: (typeof TRACE_VERDICTS)[number];
  reason?: string;
  reported?: Report["state"];
  totalMs?: number;
}

/** What a judgement made of a check. */
export interface Assessment {
  state: CheckState;
  transitions: Transition[];
  /** One for each arrival, in the order of their walks; those of one slot make its line in the history. */
  traces: { walk: Walk; trace: Trace }[];
}

/** The shape of a check that has never been judged. */
const emptyState = (at: number): CheckState => ({
  slot: -Infinity,
  judgedAt: at,
  outcome: "pending",
  since: at,
  probers: {},
  regions: {},
  blindRuns: {},
  scopes: {},
  incidents: [],
});

const NEW_PROBER: ProberState = { standing: NO_VOTE, phases: { everReady: false }, contradictions: 0 };
const BLIND_SLOTS = 3;

/** A judgement further ahead than this was made by a clock that has stepped back since; ms. */
export const STEP_BACK_MS = 5 * MINUTE_MS;

/**
 * Judges what has arrived (one arrival at least), at the instant of the latest walk among it, but never before the judgement before. A prober
 * without an arrival says nothing and its vote stands; one that has brought a later walk, or this very one, only leaves a trace.
 */
export function assess(
  check: Check,
  regions: readonly Region[],
  arrivals: readonly Arrival[],
  { before, newId }: { before?: CheckState; newId: () => string },
): Assessment {
  const latestAt = Math.max(...arrivals.map(({ walk }) => walk.at));
  const isBack = before !== undefined && before.judgedAt - latestAt > STEP_BACK_MS;
  const at = before && !isBack ? Math.max(latestAt, before.judgedAt) : latestAt;
  const previous = !before ? emptyState(at) : isBack ? rebase(before, at) : before;
  const { probers, traces } = judgeArrivals(check, regions, arrivals, { previous, at });
  const slots = arrivals.filter(({ walk }) => walk.kind === "turn").map(({ walk }) => walk.slot);
  const views = regions.map((region) =>
    tallyRegion(check, region, probers, { before: previous.regions[region.id], at })
  );
  const whole = tallyRegions(check, views);
  const newest = Math.max(previous.slot, ...slots);
  const state: CheckState = {
    slot: newest === -Infinity ? at : newest,
    judgedAt: at,
    outcome: whole.outcome,
    since: whole.outcome === previous.outcome ? previous.since : at,
    probers,
    regions: Object.fromEntries(views.map(({ id, region }) => [id, region])),
    blindRuns: {},
    scopes: {},
    incidents: [],
  };
  const scopes = check.scope === "region" ? views : [whole];
  const transitions = stepIncidents(check, scopes, { previous, state, newId });
  return { state, transitions, traces };
}

/** Every prober after what it brought, in the order of walks, and aged to the judgement's instant. */
function judgeArrivals(
  check: Check,
  regions: readonly Region[],
  arrivals: readonly Arrival[],
  { previous, at }: { previous: CheckState; at: number },
): Pick<Assessment, "traces"> & Pick<CheckState, "probers"> {
  const probers: CheckState["probers"] = {};
  for (const { id } of regions.flatMap((region) => region.probers)) {
    probers[id] = previous.probers[id] ?? NEW_PROBER;
  }
  const inOrder = arrivals.filter(({ prober }) => prober in probers)
    .toSorted((a, b) => a.walk.at - b.walk.at || a.walk.slot - b.walk.slot);
  const traces = inOrder.map((arrival) => {
    const { prober, walk } = arrival;
    const judged = judgeArrival(check, age(check, probers[prober]!, walk.at), arrival);
    if (!isOvertaken(probers[prober]!, walk)) probers[prober] = judged.state;
    return { walk, trace: { prober, ...judged.trace } };
  });
  for (const [id, prober] of Object.entries(probers)) probers[id] = age(check, prober, at);
  return { probers, traces };
}

/** It has brought a later walk, or this very one. */
function isOvertaken({ witness }: ProberState, { slot, at }: Walk): boolean {
  if (!witness) return false;
  const lastAt = witness.at ?? witness.slot;
  return lastAt > at || (lastAt === at && witness.slot === slot);
}

/** The prober at this instant: what is too old is no vote. */
function age(check: Check, prober: ProberState, at: number): ProberState {
  const { freshAt } = prober.standing;
  const standing = expire(prober.standing, freshAt !== undefined && at > staleAt(check, freshAt));
  return standing === prober.standing ? prober : { ...prober, standing };
}

/** One prober's walk: verdict, thresholds, and what is kept to show. */
function judgeArrival(
  check: Check,
  prober: ProberState,
  arrival: Arrival,
): { state: ProberState; trace: Omit<Trace, "prober"> } {
  const { walk } = arrival;
  if ("missed" in arrival) {
    const state = { ...prober, missed: { slot: walk.slot, reason: arrival.missed } };
    return { state, trace: { word: "missing", reason: arrival.missed } };
  }
  const { round, fault, place } = arrival;
  const { before, after, observation: { outcome, failure, totalMs } } = round;
  const { verdict, phases } = judge({ at: walk.at, before, after, outcome, fault }, prober.phases, check);
  const reason = verdict.reason ?? failure?.reason;
  const state: ProberState = {
    standing: castVote(prober.standing, verdict.word, walk.at, check),
    phases,
    ...countContradiction(check, prober, round, fault),
    ...(fault && { aside: fault }),
    ...(place && { place }),
    witness: summarize(walk, verdict.word, reason, round),
  };
  return { state, trace: { word: verdict.word, reason, reported: (after ?? before)?.state, totalMs } };
}

/** The same thresholds as a vote's, over "the report contradicts itself". */
function countContradiction(
  { failureThreshold, successThreshold }: Check,
  prober: ProberState,
  { before, after }: Round,
  fault: string | undefined,
): Pick<ProberState, "contradictions" | "contradicts"> {
  const { contradictions: run, contradicts } = prober;
  const readable = [before, after].filter((report) => report && !isNoClaim(report.state));
  if (fault || readable.length === 0) return { contradictions: run, contradicts };
  if (readable.some((report) => report!.contradictions.length > 0)) {
    const next = Math.min(failureThreshold, Math.max(0, run) + 1);
    return { contradictions: next, contradicts: next >= failureThreshold || contradicts };
  }
  const next = Math.max(-successThreshold, Math.min(0, run) - 1);
  return { contradictions: next, contradicts: next > -successThreshold && contradicts };
}

/** What a quorum makes of its voters: the same for the probers of a region and for the regions of a check. */
interface Tally {
  scope: string;
  outcome: QuorumOutcome;
  recovered: boolean;
  contradicted: ScopeResult["contradicted"];
  /** Fewer voters than `minReporting` have conclusive or announced evidence that is young enough. */
  starved: boolean;
}

interface RegionTally extends Tally {
  id: string;
  region: RegionState;
  /** Some prober is silent or set aside with a bad vote, and the others do not outvote it. */
  unproven: boolean;
  /** At least one prober has conclusive or announced evidence that is young enough. */
  usable: boolean;
}

function tallyRegion(
  check: Check,
  { id, quorum, probers }: Region,
  states: Record<string, ProberState>,
  { before, at }: { before: RegionState | undefined; at: number },
): RegionTally {
  const voters = probers.map((prober) => states[prober.id]!);
  const isVoting = ({ standing, aside }: ProberState) => standing.vote !== "none" && !aside;
  const ballots = voters.filter(isVoting).map(({ standing }) => standing.vote as Ballot);
  const silentBad =
    voters.filter((voter) => !isVoting(voter) && (voter.standing.agedBad || isFailed(voter.standing.vote)))
      .length;
  const usable =
    voters.filter(({ standing: { freshAt } }) => freshAt !== undefined && at <= staleAt(check, freshAt))
      .length;
  const answers = voters.filter(isVoting).map(({ contradicts }) => contradicts)
    .filter((opinion) => opinion !== undefined).map((yes) => yes ? "won" : "lost");
  const outcome = tally(ballots, quorum);
  const recovered = isRecovered(ballots, silentBad, quorum);
  return {
    id,
    scope: id,
    outcome,
    recovered,
    contradicted: askQuorum(answers, quorum),
    starved: usable < quorum.minReporting,
    unproven: silentBad > 0 && !recovered,
    usable: usable > 0,
    region: {
      outcome,
      since: before?.outcome === outcome ? before.since : at,
      wasBad: outcome === "pending" ? before?.wasBad ?? false : isFailed(outcome),
    },
  };
}

function tallyRegions({ quorum }: Check, views: readonly RegionTally[]): Tally {
  const voting = views.filter(({ outcome }) => outcome !== "pending");
  // In resolving, a region whose bad probers fell silent has not recovered, whatever the others say.
  const silentBad =
    views.filter(({ outcome, region, unproven }) =>
      outcome === "pending" ? region.wasBad || unproven : unproven && !isFailed(outcome)
    ).length;
  const resolving = voting.filter(({ outcome, unproven }) => isFailed(outcome) || !unproven);
  const answers = views.map(({ contradicted }) => contradicted)
    .filter((answer) => answer !== "pending");
  return {
    scope: "global",
    outcome: tally(voting.map(({ outcome }) => outcome as Ballot), quorum),
    recovered: isRecovered(resolving.map(({ outcome }) => outcome as Ballot), silentBad, quorum),
    contradicted: askQuorum(answers, quorum),
    starved: views.filter(({ usable }) => usable).length < quorum.minReporting,
  };
}

/** A yes/no question put to a quorum; an undecided voter counts as fresh, but neither as yes nor as no. */
function askQuorum(
  answers: readonly ScopeResult["contradicted"][],
  { open, resolve, minReporting }: Quorum,
): ScopeResult["contradicted"] {
  const fresh = answers.length;
  const count = (answer: string) => answers.filter((one) => one === answer).length;
  if (fresh < minReporting || fresh === 0) return "pending";
  if (wins(open, count("won"), fresh)) return "won";
  return wins(resolve, count("lost"), fresh) ? "lost" : "split";
}

/** Steps the incidents of every scope into `state`; those of a scope that is no more are resolved as removed. */
function stepIncidents(
  check: Check,
  views: readonly Tally[],
  { previous, state, newId }: { previous: CheckState; state: CheckState; newId: () => string },
): Transition[] {
  const transitions: Transition[] = [];
  for (const { scope, outcome, recovered, contradicted, starved } of views) {
    const run = outcome === "pending" && starved
      ? Math.min(BLIND_SLOTS, (previous.blindRuns[scope] ?? 0) + 1)
      : 0;
    if (run > 0) state.blindRuns[scope] = run;
    const finding: ScopeResult = {
      at: state.judgedAt,
      outcome,
      recovered,
      blind: run >= BLIND_SLOTS,
      contradicted,
    };
    const { target: { id: target }, id, flapWindowMs } = check;
    const mine = previous.incidents.filter((incident) => incident.scope === scope);
    const next = step(mine, finding, { target, check: id, scope, flapWindowMs, newId });
    state.incidents.push(...next.incidents);
    transitions.push(...next.transitions);
  }
  const scopes = new Set(views.map(({ scope }) => scope));
  const orphans = previous.incidents.filter((incident) => !scopes.has(incident.scope));
  return [...transitions, ...resolveRemoved(orphans, state.judgedAt)];
}

/** Resolves the open ones among incidents whose subject left the config. */
export function resolveRemoved(incidents: readonly Incident[], at: number): Transition[] {
  return incidents.filter(({ state }) => state === "open")
    .map((incident) => resolve(incident, at, "pending", "removed"));
}

/** After the wall clock stepped back, nothing may stand in the future: such evidence counts as of now. */
function rebase(state: CheckState, now: number): CheckState {
  const past = (at: number | undefined) => at === undefined ? undefined : Math.min(at, now);
  return {
    ...state,
    slot: -Infinity,
    since: past(state.since)!,
    probers: mapValues(state.probers, (prober) => ({
      ...prober,
      witness: prober.witness && { ...prober.witness, at: past(prober.witness.at ?? prober.witness.slot) },
      standing: { ...prober.standing, freshAt: past(prober.standing.freshAt) },
      phases: {
        ...prober.phases,
        startingAt: past(prober.phases.startingAt),
        drainingAt: past(prober.phases.drainingAt),
      },
    })),
    regions: mapValues(state.regions, (region) => ({ ...region, since: past(region.since)! })),
    incidents: state.incidents.map((incident) => ({ ...incident, resolvedAt: past(incident.resolvedAt) })),
  };
}

const mapValues = <T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** One check's line in the history of a slot. */
export interface CheckHistory {
  outcome: CheckState["outcome"];
  traces: Trace[];
}
