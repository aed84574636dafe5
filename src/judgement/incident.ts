/**
 * An outcome over time. One table lists, for each family, what opens an incident, what kind it is and what resolves it.
 *
 *     none/resolved --opens--> open --kind changes--> open (updated) --resolves--> resolved
 *          ^                                                               |
 *          +-------- within flapWindow the id stays, the episode rises ----+
 */
import type { QuorumOutcome } from "./quorum.ts";
import {
  type INCIDENT_CHANGES,
  INCIDENT_FAMILIES,
  type INCIDENT_KINDS,
  type INCIDENT_STATES,
  isFailed,
  isPoor,
  type SEVERITIES,
} from "./words.ts";

/** What an incident is about; a check has at most one open incident of each family in each scope. */
export type Family = (typeof INCIDENT_FAMILIES)[number];

/** The kinds within the families. */
export type Kind = (typeof INCIDENT_KINDS)[number];

/** How loud an incident is. */
export type Severity = (typeof SEVERITIES)[number];

/** What happened to an incident in one judgement. */
export type Change = (typeof INCIDENT_CHANGES)[number];

/** One line of an incident's timeline. */
export interface TimelineEntry {
  /** Instant of the judgement, epoch ms. */
  at: number;
  change: Change;
  kind: Kind;
  /** The outcome in that judgement. */
  outcome: QuorumOutcome;
  reason?: string;
}

/** One incident. Times are instants of judgements, epoch ms. */
export interface Incident {
  id: string;
  target: string;
  check: string;
  /** `global`, or the id of the region whose quorum decided. */
  scope: string;
  family: Family;
  kind: Kind;
  severity: Severity;
  state: (typeof INCIDENT_STATES)[number];
  /** Counts openings within the flap window, from 1. */
  episode: number;
  openedAt: number;
  updatedAt: number;
  resolvedAt?: number;
  /** Why it was resolved: `recovered` or `removed`. */
  reason?: string;
  /** The latest 50 entries. */
  timeline: TimelineEntry[];
}

/** What one scope of one check came to in one judgement. */
export interface ScopeResult {
  /** The judgement's instant, epoch ms. */
  at: number;
  outcome: QuorumOutcome;
  /** The resolve rule holds (see `isRecovered` in quorum.ts). */
  recovered: boolean;
  /** Too few voters had usable evidence for three slots in a row. */
  blind: boolean;
  /** The quorum's answer to "does the report contradict itself?". */
  contradicted: "won" | "lost" | "split" | "pending";
}

/** One change that must be notified. */
export interface Transition {
  incident: Incident;
  change: Change;
}

interface FamilyRule {
  /** The kind that the finding calls for, if it opens or changes an incident. */
  opens(finding: ScopeResult, serviceOpen: boolean): Kind | undefined;
  resolves(finding: ScopeResult): boolean;
}

const RULES: Record<Family, FamilyRule> = {
  service: {
    opens: ({ outcome }) => !isFailed(outcome) ? undefined : outcome === "drift" ? "drift" : "outage",
    resolves: ({ recovered }) => recovered,
  },
  quality: {
    opens: ({ outcome }, serviceOpen) => !serviceOpen && isPoor(outcome) ? outcome : undefined,
    resolves: ({ outcome }) => outcome === "ready",
  },
  evidence: {
    opens: ({ blind }) => blind ? "blind" : undefined,
    resolves: ({ outcome }) => outcome !== "pending",
  },
  claim: {
    opens: ({ contradicted }) => contradicted === "won" ? "contradiction" : undefined,
    resolves: ({ contradicted }) => contradicted === "lost",
  },
};

const SEVERITY: Record<Kind, Severity> = {
  drift: "critical",
  outage: "critical",
  blind: "warning",
  underclaim: "info",
  unreported: "info",
  degraded: "info",
  contradiction: "info",
};

const TIMELINE = 50;

/** Who an incident is about, and the id that a new one takes. */
export interface IncidentContext {
  target: string;
  check: string;
  scope: string;
  flapWindowMs: number;
  /** Called once for each new incident; unique for ever. */
  newId(): string;
}

/** Applies one result to the incidents of one scope: answers the incidents after it, and which notices must be sent. */
export function step(
  incidents: readonly Incident[],
  finding: ScopeResult,
  subject: IncidentContext,
): { incidents: Incident[]; transitions: Transition[] } {
  const next: Incident[] = [];
  const transitions: Transition[] = [];
  for (const family of INCIDENT_FAMILIES) {
    const before = incidents.find((incident) =>
      incident.family === family && !isPastFlapWindow(incident, finding.at, subject.flapWindowMs)
    );
    const serviceOpen = next.some((incident) => incident.family === "service" && incident.state === "open");
    const kind = RULES[family].opens(finding, serviceOpen);
    const transition = before?.state === "open"
      ? stepOpen(before, kind, finding)
      : kind && open({ family, kind }, before, finding, subject);
    const after = transition?.incident ?? before;
    if (transition) transitions.push(transition);
    if (after) next.push(after);
  }
  return { incidents: next, transitions };
}

/** What becomes of an open incident whose family's rule calls for `kind` or for none. */
function stepOpen(before: Incident, kind: Kind | undefined, finding: ScopeResult): Transition | undefined {
  if (kind) return kind === before.kind ? undefined : update(before, kind, finding);
  // No recovery is announced while the outcome still calls for the incident.
  if (!RULES[before.family].resolves(finding)) return undefined;
  return resolve(before, finding.at, finding.outcome, "recovered");
}

function open(
  { family, kind }: Pick<Incident, "family" | "kind">,
  before: Incident | undefined,
  { at, outcome }: ScopeResult,
  { target, check, scope, newId }: IncidentContext,
): Transition {
  const entry: TimelineEntry = { at, change: "opened", kind, outcome };
  const incident: Incident = {
    id: before?.id ?? newId(),
    target,
    check,
    scope,
    family,
    kind,
    severity: SEVERITY[kind],
    state: "open",
    episode: (before?.episode ?? 0) + 1,
    openedAt: at,
    updatedAt: at,
    timeline: append(before?.timeline ?? [], entry),
  };
  return { incident, change: "opened" };
}

function update(before: Incident, kind: Kind, { at, outcome }: ScopeResult): Transition {
  const entry: TimelineEntry = { at, change: "updated", kind, outcome };
  const timeline = append(before.timeline, entry);
  return {
    incident: { ...before, kind, severity: SEVERITY[kind], updatedAt: at, timeline },
    change: "updated",
  };
}

/** Resolves an open incident, because it `recovered` or because its check was `removed` from the config. */
export function resolve(
  before: Incident,
  at: number,
  outcome: QuorumOutcome,
  reason: "recovered" | "removed",
): Transition {
  const entry: TimelineEntry = { at, change: "resolved", kind: before.kind, outcome, reason };
  const timeline = append(before.timeline, entry);
  return {
    incident: { ...before, state: "resolved", updatedAt: at, resolvedAt: at, reason, timeline },
    change: "resolved",
  };
}

const append = (timeline: TimelineEntry[], entry: TimelineEntry) => [...timeline, entry].slice(-TIMELINE);

/** Only open incidents and those that may flap are carried from slot to slot. */
const isPastFlapWindow = (incident: Incident, at: number, flapWindowMs: number) =>
  incident.state === "resolved" && at - incident.resolvedAt! > flapWindowMs;
