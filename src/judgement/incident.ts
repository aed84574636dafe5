/**
 * One incident: an outcome over time, and the changes to its record. `incident_rules.ts` decides when to apply them.
 *
 *     none/resolved --opens--> open --kind changes--> open (updated) --resolves--> resolved
 *          ^                                                               |
 *          +-------- within flapWindow the id stays, the episode rises ----+
 */
import type { QuorumOutcome } from "./quorum.ts";
import {
  type INCIDENT_CHANGES,
  type INCIDENT_FAMILIES,
  type INCIDENT_KINDS,
  type INCIDENT_STATES,
  SEVERITIES,
} from "./words.ts";

/** What an incident is about. A check has at most one open incident of each family in each scope. */
export type Family = (typeof INCIDENT_FAMILIES)[number];

/** The kind of an incident within its family. */
export type Kind = (typeof INCIDENT_KINDS)[number];

/** An incident's severity. */
export type Severity = (typeof SEVERITIES)[number];

/** How an incident changed in one judgement. */
export type Change = (typeof INCIDENT_CHANGES)[number];

/** One line of an incident's timeline. */
export interface TimelineEntry {
  /** Instant of the judgement, epoch ms. */
  at: number;
  /** How the incident changed. */
  change: Change;
  /** The incident's kind after it. */
  kind: Kind;
  /** The quorum's outcome in that judgement. */
  outcome: QuorumOutcome;
  /** Why, in words. */
  reason?: string;
}

/** The outage of another target that causes an incident. */
export interface Cause {
  /** The target's id. */
  target: string;
  /** The incident's id. */
  incident: string;
}

/** One incident. Times are instants of judgements, epoch ms. */
export interface Incident {
  /** Unique forever. */
  id: string;
  /** The target's id. */
  target: string;
  /** The check's id within its target. */
  check: string;
  /** `global`, or the id of the region whose quorum decided. */
  scope: string;
  /** Its family. */
  family: Family;
  /** Its current kind. */
  kind: Kind;
  /** Its severity. */
  severity: Severity;
  /** Whether it is open. */
  state: (typeof INCIDENT_STATES)[number];
  /** The number of this episode, from 1; it rises when the incident reopens within the flap window. */
  episode: number;
  /** When the current episode opened. */
  openedAt: number;
  /** When it last changed. */
  updatedAt: number;
  /** When it was resolved. */
  resolvedAt?: number;
  /** Why it was resolved: a {@linkcode ResolvedReason}. */
  reason?: string;
  /** The outage of another target that caused it. */
  cause?: Cause;
  /**
   * Set if the check's claim is a public status page; `admittedAt`: when the page admitted the problem in
   * this episode.
   */
  statusPage?: { admittedAt?: number };
  /** The latest 50 entries. */
  timeline: TimelineEntry[];
}

/** A change that must be announced. */
export interface Transition {
  /** The incident after the change. */
  incident: Incident;
  /** How it changed. */
  change: Change;
}

const SEVERITY: Record<Kind, Severity> = {
  drift: "critical",
  outage: "critical",
  blind: "warning",
  underclaim: "info",
  unreported: "info",
  degraded: "info",
  contradiction: "info",
  divergence: "warning",
  region: "warning",
  partial: "warning",
  prober: "warning",
  certificate: "warning",
  delivery: "warning",
  capacity: "warning",
  schedule: "warning",
};

/** The less severe of the two. */
const atMost = (severity: Severity, most: Severity = "critical"): Severity =>
  SEVERITIES[Math.max(SEVERITIES.indexOf(severity), SEVERITIES.indexOf(most))]!;

const TIMELINE = 50;

/** The subject of an incident, and the source of new ids. */
export interface IncidentContext {
  /** The target's id. */
  target: string;
  /** The check's id within its target. */
  check: string;
  /** `global`, or a region's id. */
  scope: string;
  /** An incident that reopens within this time (ms) keeps its id. */
  flapWindowMs: number;
  /** The highest severity allowed; absent: critical. */
  severity?: Severity;
  /** Called once for each new incident; must return a unique id. */
  newId(): string;
}

/** The judgement that changes an incident. */
interface Occasion {
  /** The judgement's instant, epoch ms. */
  at: number;
  outcome: QuorumOutcome;
  /** Facts about an opening, in words. */
  reasons?: Partial<Record<Family, string>>;
}

/** Opens an incident, or its next episode. */
export function open(
  { family, kind }: Pick<Incident, "family" | "kind">,
  before: Incident | undefined,
  { at, outcome, reasons }: Occasion,
  { target, check, scope, severity, newId }: IncidentContext,
): Transition {
  const reason = reasons?.[family];
  const entry: TimelineEntry = { at, change: "opened", kind, outcome, ...(reason && { reason }) };
  const incident: Incident = {
    id: before?.id ?? newId(),
    target,
    check,
    scope,
    family,
    kind,
    severity: atMost(SEVERITY[kind], severity),
    state: "open",
    episode: (before?.episode ?? 0) + 1,
    openedAt: at,
    updatedAt: at,
    timeline: append(before?.timeline ?? [], entry),
  };
  return { incident, change: "opened" };
}

/** Changes the kind of an open incident. */
export function update(
  before: Incident,
  kind: Kind,
  { at, outcome }: Occasion,
  { severity }: Pick<IncidentContext, "severity">,
): Transition {
  const entry: TimelineEntry = { at, change: "updated", kind, outcome };
  const timeline = append(before.timeline, entry);
  return {
    incident: { ...before, kind, severity: atMost(SEVERITY[kind], severity), updatedAt: at, timeline },
    change: "updated",
  };
}

/** Announces that the status page admitted the incident; undefined: it did not, or did so before. */
export function announceAdmission(
  before: Incident | undefined,
  noted: Incident | undefined,
  { at, outcome }: Occasion,
): Transition | undefined {
  if (before === noted || noted?.statusPage?.admittedAt === undefined) return undefined;
  const { kind } = noted;
  const entry: TimelineEntry = { at, change: "updated", kind, outcome, reason: "its status page admits it" };
  return {
    change: "updated",
    incident: { ...noted, updatedAt: at, timeline: append(noted.timeline, entry) },
  };
}

/**
 * Why an incident is over: it `recovered`, its check was `removed` from the config, or delivery is `idle`:
 * nothing is left to send to the webhook that fails.
 */
export type ResolvedReason = "recovered" | "removed" | "idle";

/** Resolves an open incident. */
export function resolve(
  before: Incident,
  at: number,
  outcome: QuorumOutcome,
  reason: ResolvedReason,
): Transition {
  const entry: TimelineEntry = { at, change: "resolved", kind: before.kind, outcome, reason };
  const timeline = append(before.timeline, entry);
  return {
    incident: { ...before, state: "resolved", updatedAt: at, resolvedAt: at, reason, timeline },
    change: "resolved",
  };
}

const append = (timeline: TimelineEntry[], entry: TimelineEntry) => [...timeline, entry].slice(-TIMELINE);
