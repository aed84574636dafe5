/** Views of checks: stored state with the age of its evidence. Stale evidence is `unknown`, never green. */
import { traceLink } from "../../../config/trace_link.ts";
import type { Check, Config, Target } from "../../../config/config.ts";
import { requiredChecks } from "../../../config/required.ts";
import { staleAt } from "../../../config/schedule.ts";
import { type CurrentOutcome, evidenceAt, outcomeOf } from "../../../judgement/current_outcome.ts";
import { valuesNow } from "../../../judgement/convergence.ts";
import { admissionLag } from "../../../judgement/admission.ts";
import type { Incident } from "../../../judgement/incident.ts";
import { holdersOf, incidentNotes } from "../../../judgement/notes.ts";
import { describeRetry } from "../../../judgement/summary.ts";
import type { CheckState, LastRound, ProberState, ReportSummary } from "../../../judgement/state.ts";
import { roundsOf } from "../../../judgement/kept.ts";
import type { States } from "../../../storage/codec.ts";
import { COARSE_STATUSES, WORST_FIRST } from "../../../judgement/words.ts";
import { iso } from "../../../base/time.ts";
import type { IncidentComment } from "../../../storage/records/comments.ts";

/** The coarse states that the public sees. */
export type TargetStatus = (typeof COARSE_STATUSES)[number];

/**
 * The public meaning of an outcome: whether the journey works, not whether the report is right. A service
 * that works but denies it (underclaim), or gives no report (unreported), is degraded. Without a quorum or
 * fresh evidence the state is unknown.
 */
export const STATUS_OF: Record<CurrentOutcome, TargetStatus> = {
  ready: "ready",
  degraded: "degraded",
  underclaim: "degraded",
  unreported: "degraded",
  drift: "not_ready",
  not_ready: "not_ready",
  down: "not_ready",
  failing: "not_ready",
  split: "unknown",
  pending: "unknown",
  unknown: "unknown",
};

const worstOutcome = (outcomes: CurrentOutcome[]): CurrentOutcome =>
  WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? "unknown";

const ageMs = (at: number | undefined, nowMs: number) => at === undefined ? null : Math.max(0, nowMs - at);

/**
 * Until when (epoch ms) the current outcomes hold if nothing is settled: then the first of them turns
 * `unknown`.
 */
export const holdsUntil = (checks: readonly Check[], states: States, nowMs: number): number =>
  checks.reduce((soonest, check) => {
    const state = states[check.key];
    const until = state ? staleAt(check, evidenceAt(state) ?? state.slot) : Infinity;
    return until < nowMs ? soonest : Math.min(soonest, until);
  }, Infinity);

/** The public status: states and evidence ages by target, and nothing else. */
export function publicStatus(config: Config, states: States, nowMs: number) {
  const targets = config.targets.map((target) => {
    const outcome = targetOutcome(target, states, nowMs);
    const checks = requiredChecks(target);
    const freshTimes = checks.flatMap(({ key }) => evidenceAt(states[key]) ?? []);
    const oldest = freshTimes.length < checks.length ? undefined : Math.min(...freshTimes);
    return {
      id: target.id,
      name: target.name,
      status: STATUS_OF[outcome],
      evidenceAgeMs: ageMs(oldest, nowMs),
    };
  });
  return { at: iso(nowMs), status: worstStatus(targets.map(({ status }) => status)), targets };
}

const worstStatus = (found: TargetStatus[]) =>
  COARSE_STATUSES.find((status) => found.includes(status)) ?? "unknown";

/** The coarse status of a target: that of its worst required check. */
export const targetStatus = (target: Target, states: States, nowMs: number): TargetStatus =>
  STATUS_OF[targetOutcome(target, states, nowMs)];

/** The outcome of a target: that of its worst required check. */
export const targetOutcome = (target: Target, states: States, nowMs: number) =>
  worstOutcome(requiredChecks(target).map((check) => outcomeOf(check, states[check.key], nowMs)));

/** The full status, for a token's holder. */
export function fullStatus(config: Config, states: States, nowMs: number) {
  const targets = config.targets.map((target) => targetView(config, target, { states, nowMs }));
  const counts: Partial<Record<CurrentOutcome, number>> = {};
  for (const { outcome } of targets.flatMap(({ checks }) => checks)) {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return {
    at: iso(nowMs),
    status: worstOutcome(targets.map(({ status }) => status)),
    checks: counts,
    targets,
  };
}

/** The current time (epoch ms), and whether kept rounds are included. */
interface ViewOptions {
  nowMs: number;
  rounds?: boolean;
}

/** One target with its checks. */
export function targetView(
  config: Config,
  target: Target,
  { states, ...options }: ViewOptions & { states: States },
) {
  return {
    id: target.id,
    name: target.name,
    labels: target.labels,
    status: targetOutcome(target, states, options.nowMs),
    checks: target.checks.map((check) => checkView(config, check, { state: states[check.key], ...options })),
  };
}

/** One check: its outcome, its regions and what each prober saw. */
export function checkView(
  config: Config,
  check: Check,
  { state, nowMs, rounds = false }: ViewOptions & { state: CheckState | undefined },
) {
  const outcome = outcomeOf(check, state, nowMs);
  return {
    id: check.id,
    contract: check.contract,
    claim: check.report ? "report" : "none",
    scope: check.scope,
    ...(check.after && { after: check.after.slice(check.after.indexOf("/") + 1) }),
    outcome,
    since: iso(state?.since),
    evaluatedAt: iso(state?.slot),
    evidenceAgeMs: ageMs(evidenceAt(state), nowMs),
    ...(outcome === "unknown" && state && { lastOutcome: state.outcome }),
    ...(check.converge && { convergence: convergenceView(config, check, state, nowMs) }),
    regions: config.regions.map((region) => ({
      id: region.id,
      outcome: outcome === "unknown" ? "unknown" : state!.regions[region.id]?.outcome ?? "pending",
      since: iso(state?.regions[region.id]?.since),
      probers: region.probers.map(({ id }) => ({
        ...proberView(check, id, state?.probers[id], nowMs),
        ...(rounds && state?.probers[id] && { rounds: roundsView(check, state.probers[id], nowMs) }),
      })),
    })),
    incidents: (state?.incidents ?? []).filter(({ state }) => state === "open").map(
      (incident) => {
        const { id, family, kind, scope, severity, openedAt, episode, cause } = incident;
        const basics = { id, family, kind, scope, severity, openedAt: iso(openedAt), episode, cause };
        return { ...basics, ...notesView(incident, state, nowMs) };
      },
    ),
  };
}

/** Captured values that must agree, and which regions have each. */
function convergenceView(config: Config, check: Check, state: CheckState | undefined, nowMs: number) {
  return valuesNow(check, config.regions, state, nowMs).map(({ values, ...rest }) => ({
    ...rest,
    values: values.map(({ since, ...value }) => ({ ...value, since: iso(since) })),
  }));
}

function proberView(check: Check, id: string, state: ProberState | undefined, nowMs: number) {
  const { witness, standing, missed, aside } = state ?? {};
  const stale = standing?.freshAt === undefined || nowMs > staleAt(check, standing.freshAt);
  return {
    id,
    vote: stale ? "none" : standing!.vote,
    ...(aside && { excluded: aside }),
    evidenceAgeMs: ageMs(standing?.freshAt, nowMs),
    stale,
    ...(witness && { verdict: witness.word, verdictReason: witness.reason, slot: iso(witness.slot) }),
    reported: witness ? reportView(witness, nowMs) : null,
    observed: witness ? observationView(check, witness, nowMs) : null,
    ...(state?.place && { place: state.place }),
    ...(missed && (!witness || missed.slot > witness.slot) && {
      missed: { slot: iso(missed.slot), reason: missed.reason },
    }),
  };
}

function roundsView(check: Check, state: ProberState, nowMs: number) {
  const view = (round: LastRound | undefined) =>
    round && {
      verdict: round.word,
      verdictReason: round.reason,
      slot: iso(round.slot),
      reported: reportView(round, nowMs),
      observed: observationView(check, round, nowMs),
    };
  const { lastGood, firstFailed, latestFailed } = roundsOf(state);
  return { lastGood: view(lastGood), firstFailed: view(firstFailed), latestFailed: view(latestFailed) };
}

function reportView({ before, after }: LastRound, nowMs: number) {
  const latest = after ?? before;
  if (!latest) return null;
  const view = ({ at, ...rest }: ReportSummary) => ({ ...rest, at: iso(at), ageMs: ageMs(at, nowMs) });
  return { ...view(latest), ...(after && before && { before: view(before) }) };
}

function observationView(check: Check, witness: LastRound, nowMs: number) {
  const { outcome, totalMs, failure, stepMs, cleanup, first, slot, traceId } = witness;
  // The config may have changed the journey since.
  const passed = stepMs?.map((totalMs, i) => ({ name: check.journey[i]?.name ?? `step ${i + 1}`, totalMs }));
  const steps = witness.steps ?? passed;
  const walkedAgain = first && describeRetry(first);
  return {
    outcome,
    totalMs,
    failure,
    steps,
    cleanup,
    walkedAgain,
    traceId,
    traceUrl: traceLink(check, traceId),
    slot: iso(slot),
    ageMs: ageMs(slot, nowMs),
  };
}

/** Further facts about an incident, in words, and the probers that keep it open. */
function notesView(incident: Incident, state: CheckState | undefined, nowMs: number) {
  const heldBy = holdersOf(incident, state?.scopes);
  const notes = incidentNotes(incident, heldBy, nowMs);
  return {
    ...(notes.length > 0 && { notes }),
    ...(heldBy.length > 0 && {
      heldBy: heldBy.map(({ id, silentSince }) => ({ id, silentSince: iso(silentSince) })),
    }),
  };
}

/** An incident with ISO times. `state` is the current state of its check, if known. */
export function incidentView(incident: Incident, state: CheckState | undefined, nowMs: number) {
  const { openedAt, updatedAt, resolvedAt, statusPage, timeline, ...rest } = incident;
  return {
    ...rest,
    ...(statusPage && { statusPage: admissionView(incident) }),
    ...notesView(incident, state, nowMs),
    openedAt: iso(openedAt),
    updatedAt: iso(updatedAt),
    resolvedAt: iso(resolvedAt),
    timeline: timeline.map(({ at, ...entry }) => ({ at: iso(at), ...entry })),
  };
}

/** When the check's status page admitted an incident, and how long after its opening. */
function admissionView(incident: Incident) {
  const lagMs = admissionLag(incident);
  return {
    admittedAt: iso(incident.statusPage!.admittedAt),
    lagSeconds: lagMs === undefined ? undefined : lagMs / 1_000,
  };
}

/** A comment on an incident, with an ISO time. */
export const commentView = ({ at, ...rest }: IncidentComment) => ({ at: iso(at), ...rest });

/** Who acknowledged an incident, and when; both undefined if it is not acknowledged. */
export const acknowledgementView = (taken: IncidentComment | undefined) => ({
  acknowledgedAt: iso(taken?.at),
  acknowledgedBy: taken?.by,
});
