/**
 * One judgement of one check: rounds become votes, an outcome and incidents. Pure; the settler calls it.
 *
 *     arrivals -> judge -> cast --> probers' ballots -> tally --> region's ballot -> tally -> outcome -> step -> transitions
 */
import { periodMs, staleAt } from "../config/schedule.ts";
import { MINUTE_MS } from "../base/time.ts";
import {
  addVerdicts,
  badSince,
  partialSign,
  type PartialVerdict,
  regionSign,
  shareText,
} from "./advisory.ts";
import { judgeArrivals, type Judged, type Trace } from "./arrival.ts";
import { admissionOf } from "./admission.ts";
import { certificateSign } from "./certificate.ts";
import { confirmationText, nextConfirmation } from "./confirmation.ts";
import { judgeConvergence } from "./convergence.ts";
import { type Family, type Incident, resolve, type Transition } from "./incident.ts";
import { type ScopeResult, type Sign, step } from "./incident_rules.ts";
import { forgetFailures } from "./kept.ts";
import { rebase } from "./rebase.ts";
import type { Arrival, JudgedRound, Walk } from "./round.ts";
import type { CheckState, ScopeState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";
import { type RegionTally, type Tally, tallyRegion, tallyRegions } from "./turnout.ts";
import { INCIDENT_FAMILIES, isFailed, isPassed } from "./words.ts";

export type { Trace } from "./arrival.ts";

/** The result of a judgement. */
export interface Assessment {
  /** Pass it as `before` to the next judgement. */
  state: CheckState;
  /** The changes to announce, in order. */
  transitions: Transition[];
  /** One for each arrival, in order of walks; those of one slot form its line in the history. */
  traces: { walk: Walk; trace: Trace }[];
}

/** Options of an assessment. */
export interface AssessOptions {
  /** The previous state; absent: this is the first judgement. */
  before?: CheckState;
  /** Our clock (epoch ms), for confirmations that begin at once; default: the judgement's instant. */
  now?: number;
  /** Called once for each new incident; must return a unique id. */
  newId(): string;
}

/** The state of a check that was never judged. */
const emptyState = (at: number): CheckState => ({
  slot: -Infinity,
  judgedAt: at,
  outcome: "pending",
  since: at,
  probers: {},
  regions: {},
  scopes: {},
  incidents: [],
});

/** A judgement further in the future than this (ms) was made before the clock stepped back. */
export const STEP_BACK_MS = 5 * MINUTE_MS;

/**
 * Judges arrivals (at least one) at the instant of their latest walk, but never before the previous
 * judgement. The vote of a prober without an arrival stands. An arrival whose prober has already brought this
 * walk or a later one only leaves a trace.
 */
export function assess(
  check: JudgedCheck,
  regions: readonly VotingRegion[],
  arrivals: readonly Arrival<JudgedRound>[],
  { before, now, newId }: AssessOptions,
): Assessment {
  const latestAt = arrivals.reduce((latest, { walk }) => Math.max(latest, walk.at), -Infinity);
  const isBack = before !== undefined && before.judgedAt - latestAt > STEP_BACK_MS;
  const at = before && !isBack ? Math.max(latestAt, before.judgedAt) : latestAt;
  const previous = !before ? emptyState(at) : isBack ? rebase(before, at) : before;
  const { probers, judged } = judgeArrivals(check, regions, arrivals, { previous, at });
  const tallies = regions.map((region) =>
    tallyRegion(check, region, { states: probers, before: previous.regions[region.id], at })
  );
  const whole = tallyRegions(check, tallies);
  const newest = arrivals.reduce(
    (slot, { walk }) => walk.kind === "turn" ? Math.max(slot, walk.slot) : slot,
    previous.slot,
  );
  const state: CheckState = {
    slot: newest === -Infinity ? at : newest,
    judgedAt: at,
    outcome: whole.outcome,
    since: whole.outcome === previous.outcome ? previous.since : at,
    probers,
    regions: Object.fromEntries(tallies.map(({ scope, region }) => [scope, region])),
    scopes: {},
    incidents: [],
  };
  const judgement = { check, regions, previous, state, judged, now: now ?? at, newId };
  const transitions = check.scope === "region"
    ? tallies.flatMap((one) => stepScope(one, regions.filter(({ id }) => id === one.scope), judgement))
    : [...stepScope(whole, regions, judgement), ...stepRegions(tallies, judgement)];
  transitions.push(...stepAgreement(judgement), ...stepCertificate(judgement));
  if (!state.incidents.some(({ state, family }) => state === "open" && ABOUT_FAILURES.has(family))) {
    for (const [id, prober] of Object.entries(probers)) {
      if (!prober.kept) continue;
      const { kept: _, ...rest } = prober;
      const kept = forgetFailures(prober);
      probers[id] = kept ? { ...rest, kept } : rest;
    }
  }
  const orphans = previous.incidents.filter(({ scope, family }) =>
    !state.incidents.some((one) => one.scope === scope && one.family === family)
  );
  return {
    state,
    transitions: [...transitions, ...resolveRemoved(orphans, at)],
    traces: judged.map(({ arrival: { walk }, trace }) => ({ walk, trace })),
  };
}

/** The families whose incidents are explained by failed rounds. */
const ABOUT_FAILURES: ReadonlySet<Family> = new Set(["service", "advisory"]);

interface Context {
  check: JudgedCheck;
  regions: readonly VotingRegion[];
  previous: CheckState;
  /** Under construction: scopes and incidents are added to it. */
  state: CheckState;
  judged: readonly Judged[];
  now: number;
  newId(): string;
}

const isOpen = (incidents: readonly Incident[], scope: string, family: Family) =>
  incidents.some((one) => one.scope === scope && one.family === family && one.state === "open");

/** Certificates and convergence are judged for the whole check, whatever its scope. */
const OF_SCOPE = INCIDENT_FAMILIES.filter((family) => family !== "certificate" && family !== "agreement");

/** Steps the incidents and the state of one scope that decides by itself; `members` are its regions. */
function stepScope(tally: Tally, members: readonly VotingRegion[], context: Context): Transition[] {
  const { check, previous, state, judged } = context;
  const { scope, outcome, contradicted, blind } = tally;
  const at = state.judgedAt;
  const regionOf = regionsOf(members);
  const mine = judged.filter(({ arrival }) => regionOf.has(arrival.prober));
  const probers = Array.from(regionOf.keys(), (id) => state.probers[id]!);
  const before = previous.scopes[scope] ?? {};
  const isBroken = at > staleAt(check, previous.judgedAt);
  const since = (holds: boolean, began: number | undefined) =>
    !holds ? undefined : isBroken ? at : began ?? at;
  const resolvableSince = since(tally.resolvable, before.resolvableSince);
  const readySince = since(outcome === "ready", before.readySince);
  const partial = nextPartial(before, members, { scope, mine, previous });
  const finding: ScopeResult = {
    ...{ at, outcome, contradicted, blind, resolvableSince },
    admission: admissionOf(probers),
    failing: mine.some(({ late, trace }) => !late && isFailed(trace.word)),
    readyAgain: readySince !== undefined &&
      at - readySince >= (check.successThreshold - 1) * periodMs(check, readySince),
    advisory: { kind: "partial", sign: partialSign(partial) },
    reasons: {
      service: confirmationText(before, probers, mine),
      advisory: partial && shareText(partial),
    },
  };
  const transitions = stepFamilies(OF_SCOPE, scope, finding, context);
  const serviceOpen = isOpen(state.incidents, scope, "service");
  const isPartial = isOpen(state.incidents, scope, "advisory");
  const isOver = isOpen(previous.incidents, scope, "advisory") && !isPartial;
  const next: ScopeState = {
    ...nextConfirmation(check, before, { judged: mine, probers, serviceOpen, at, now: context.now }),
    ...(serviceOpen && { resolvableSince, heldBy: tally.holders.length > 0 ? tally.holders : undefined }),
    ...(isOpen(state.incidents, scope, "quality") && { readySince }),
    ...(partial && !isOver && (isPartial || Object.values(partial.sums).some((sum) => sum > 0)) &&
      { partial }),
  };
  state.scopes[scope] = withoutAbsent(next);
  return transitions;
}

const known = new WeakMap<readonly VotingRegion[], ReadonlyMap<string, string>>();

/** The region of each prober, cached by the list of regions, which rarely changes between judgements. */
function regionsOf(regions: readonly VotingRegion[]): ReadonlyMap<string, string> {
  const made = known.get(regions) ??
    new Map(regions.flatMap(({ id, probers }) => probers.map((prober) => [prober.id, id])));
  known.set(regions, made);
  return made;
}

function withoutAbsent<T extends object>(value: T): T {
  for (const key in value) if (value[key] === undefined) delete value[key];
  return value;
}

/**
 * The sums after this judgement. While a service incident is open they are held at 0, or kept unchanged if
 * the advisory is open.
 */
function nextPartial(
  { partial }: ScopeState,
  members: readonly VotingRegion[],
  { scope, mine, previous }: { scope: string; mine: readonly Judged[]; previous: CheckState },
): ScopeState["partial"] {
  if (isOpen(previous.incidents, scope, "service")) {
    return isOpen(previous.incidents, scope, "advisory") ? partial : undefined;
  }
  const regionOf = regionsOf(members);
  const verdicts = mine.flatMap(({ arrival, trace: { word }, late }): PartialVerdict[] => {
    if (late || arrival.walk.kind === "confirmation" || !("round" in arrival)) return [];
    if (arrival.round.observation.transport || !(isFailed(word) || isPassed(word))) return [];
    return [{ region: regionOf.get(arrival.prober)!, failed: isFailed(word) }];
  });
  return addVerdicts(partial, verdicts, members.map(({ id }) => id));
}

/** Steps the advisories of single regions on a check where all regions decide together. */
function stepRegions(tallies: readonly RegionTally[], context: Context): Transition[] {
  const { previous, state } = context;
  if (tallies.length < 2) return [];
  const at = state.judgedAt;
  const serviceOpen = isOpen(state.incidents, "global", "service");
  return tallies.flatMap(({ scope, outcome, contradicted, region }) => {
    const began = badSince(region, previous.regions[scope]?.badSince, { at, serviceOpen });
    if (began !== undefined) region.badSince = began;
    const finding: ScopeResult = {
      ...{ at, outcome, contradicted, failing: false, readyAgain: false, blind: undefined },
      advisory: { kind: "region", sign: regionSign(region, at) },
    };
    return stepFamilies(["advisory"], scope, finding, context);
  });
}

/** Steps the incident of captured values that do not converge in time. */
function stepAgreement(context: Context): Transition[] {
  const { check, regions, previous, state, now } = context;
  const { judgedAt: at, outcome, probers } = state;
  const { agreement, sign, reason } = judgeConvergence(check, { regions, probers, previous, at, now });
  if (agreement) state.agreement = agreement;
  if (isIdle("agreement", sign, previous)) return [];
  const finding: ScopeResult = {
    ...{ at, outcome, failing: false, readyAgain: false, blind: undefined, contradicted: "pending" },
    agreement: sign,
    reasons: { agreement: reason },
  };
  return stepFamilies(["agreement"], "global", finding, context);
}

/** Steps the incident of a certificate that ends soon. */
function stepCertificate(context: Context): Transition[] {
  const { check, previous, state: { judgedAt: at, outcome, probers } } = context;
  const seen = Object.values(probers).map(({ certificate }) => certificate);
  const { sign, reason } = certificateSign(check, seen, at);
  if (isIdle("certificate", sign, previous)) return [];
  const finding: ScopeResult = {
    ...{ at, outcome, failing: false, readyAgain: false, blind: undefined, contradicted: "pending" },
    certificate: sign,
    reasons: { certificate: reason },
  };
  return stepFamilies(["certificate"], "global", finding, context);
}

/** Whether a family has no incident and needs none. */
const isIdle = (family: Family, sign: Sign, { incidents }: CheckState) =>
  sign !== "wanted" && !incidents.some((incident) => incident.family === family);

/** Steps these families of one scope into the state. */
function stepFamilies(
  families: readonly Family[],
  scope: string,
  finding: ScopeResult,
  { check, previous, state, newId }: Context,
): Transition[] {
  const { target: { id: target }, id, flapWindowMs, severity } = check;
  const mine = previous.incidents.filter((incident) => incident.scope === scope);
  const subject = { target, check: id, scope, flapWindowMs, severity, newId };
  const next = step(mine, finding, subject, families);
  state.incidents.push(...next.incidents);
  return next.transitions;
}

/** Resolves the open incidents among those whose subject left the config. */
export function resolveRemoved(incidents: readonly Incident[], at: number): Transition[] {
  return incidents.filter(({ state }) => state === "open")
    .map((incident) => resolve(incident, at, "pending", "removed"));
}

/** One check's line in the history of a slot. */
export interface CheckHistory {
  outcome: CheckState["outcome"];
  traces: Trace[];
}
