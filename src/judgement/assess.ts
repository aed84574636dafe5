/**
 * One check, one slot: what the probers brought becomes votes, an outcome and incidents. Pure; the settler feeds it.
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
import { type Fault, judge } from "./verdict.ts";
import { summarize } from "./summary.ts";
import type { Round } from "./round.ts";
import { isFailed, type TRACE_VERDICTS } from "./words.ts";

/** What one prober brought for one check in one slot. */
export type Arrival = { round: Round; place?: string; fault?: Fault } | { missed: string };

/** One prober's line in the history of a slot. */
export interface Trace {
  prober: string;
  word: (typeof TRACE_VERDICTS)[number];
  reason?: string;
  reported?: Report["state"];
  totalMs?: number;
}

/** What a slot made of a check. */
export interface Assessment {
  state: CheckState;
  transitions: Transition[];
  traces: Trace[];
}

/** The shape of a check that has never been settled. */
const emptyState = (slot: number): CheckState => ({
  slot,
  outcome: "pending",
  since: slot,
  probers: {},
  regions: {},
  blindRuns: {},
  incidents: [],
});

const NEW_PROBER: ProberState = { standing: NO_VOTE, phases: { everReady: false }, contradictions: 0 };
const BLIND_SLOTS = 3;

/** Judges one slot of one check. A prober without an arrival counts as missed. */
export function assess(
  check: Check,
  regions: readonly Region[],
  arrivals: ReadonlyMap<string, Arrival>,
  { before, slot, newId }: { before?: CheckState; slot: number; newId: () => string },
): Assessment {
  const previous = before ? rebase(before, slot) : emptyState(slot);
  const probers: Record<string, ProberState> = {};
  const traces: Trace[] = [];
  for (const { id } of regions.flatMap((region) => region.probers)) {
    const arrival = arrivals.get(id) ?? { missed: "unasked" };
    const judged = judgeArrival(check, previous.probers[id] ?? NEW_PROBER, arrival, slot);
    probers[id] = judged.state;
    traces.push({ prober: id, ...judged.trace });
  }
  const views = regions.map((region) =>
    tallyRegion(check, region, probers, { before: previous.regions[region.id], slot })
  );
  const whole = tallyRegions(check, views);
  const state: CheckState = {
    slot,
    outcome: whole.outcome,
    since: whole.outcome === previous.outcome ? previous.since : slot,
    probers,
    regions: Object.fromEntries(views.map(({ id, region }) => [id, region])),
    blindRuns: {},
    incidents: [],
  };
  const scopes = check.scope === "region" ? views : [whole];
  const transitions = stepIncidents(check, scopes, { previous, state, newId });
  return { state, transitions, traces };
}

/** One prober's slot: verdict, thresholds, and what is kept to show. */
function judgeArrival(
  check: Check,
  prober: ProberState,
  arrival: Arrival,
  slot: number,
): { state: ProberState; trace: Omit<Trace, "prober"> } {
  const { freshAt } = prober.standing;
  const standing = expire(prober.standing, freshAt !== undefined && slot > staleAt(check, freshAt));
  if ("missed" in arrival) {
    const state = { ...prober, standing, missed: { slot, reason: arrival.missed } };
    return { state, trace: { word: "missing", reason: arrival.missed } };
  }
  const { round, fault, place } = arrival;
  const evidence = {
    slot,
    before: round.before,
    after: round.after,
    outcome: round.observation.outcome,
    fault,
  };
  const { verdict, phases } = judge(evidence, prober.phases, check);
  const reason = verdict.reason ?? round.observation.failure?.reason;
  const state: ProberState = {
    standing: castVote(standing, verdict.word, slot, check),
    phases,
    ...countContradiction(check, prober, round, fault),
    ...(fault && { aside: fault }),
    ...(place && { place }),
    witness: summarize(slot, verdict.word, reason, round),
  };
  const reported = (round.after ?? round.before)?.state;
  return { state, trace: { word: verdict.word, reason, reported, totalMs: round.observation.totalMs } };
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
  { before, slot }: { before: RegionState | undefined; slot: number },
): RegionTally {
  const voters = probers.map((prober) => states[prober.id]!);
  const isVoting = ({ standing, aside }: ProberState) => standing.vote !== "none" && !aside;
  const ballots = voters.filter(isVoting).map(({ standing }) => standing.vote as Ballot);
  const silentBad =
    voters.filter((voter) => !isVoting(voter) && (voter.standing.agedBad || isFailed(voter.standing.vote)))
      .length;
  const usable =
    voters.filter(({ standing: { freshAt } }) => freshAt !== undefined && slot <= staleAt(check, freshAt))
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
      since: before?.outcome === outcome ? before.since : slot,
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
      slot: state.slot,
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
  return [...transitions, ...resolveRemoved(orphans, state.slot)];
}

/** Resolves the open ones among incidents whose subject left the config. */
export function resolveRemoved(incidents: readonly Incident[], slot: number): Transition[] {
  return incidents.filter(({ state }) => state === "open")
    .map((incident) => resolve(incident, slot, "pending", "removed"));
}

/** After the wall clock stepped back, nothing may stand in the future: such evidence counts as of now. */
function rebase(state: CheckState, slot: number): CheckState {
  if (state.slot <= slot) return state;
  const past = (at: number | undefined) => at === undefined ? undefined : Math.min(at, slot);
  return {
    ...state,
    since: past(state.since)!,
    probers: mapValues(state.probers, (prober) => ({
      ...prober,
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
