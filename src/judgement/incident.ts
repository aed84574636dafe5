/**
 * An outcome over time. One table lists, for each family, what opens an incident, what kind it is and what resolves it.
 *
 *     none/resolved --opens--> open --kind changes--> open (updated) --resolves--> resolved
 *          ^                                                               |
 *          +-------- within flapWindow the id stays, the episode rises ----+
 */
import { type Admission, noteAdmission } from "./admission.ts";
import type { QuorumOutcome } from "./quorum.ts";
import { MINUTE_MS } from "../base/time.ts";
import {
  type INCIDENT_CHANGES,
  INCIDENT_FAMILIES,
  type INCIDENT_KINDS,
  type INCIDENT_STATES,
  isFailed,
  isPoor,
  SEVERITIES,
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
  /** What happened. */
  change: Change;
  /** The incident's kind after it. */
  kind: Kind;
  /** The outcome in that judgement. */
  outcome: QuorumOutcome;
  /** Why, in words. */
  reason?: string;
}

/** An outage that others suffer from. */
export interface Cause {
  /** The target's id. */
  target: string;
  /** The incident's id. */
  incident: string;
}

/** One incident. Times are instants of judgements, epoch ms. */
export interface Incident {
  /** Unique for ever. */
  id: string;
  /** The target's id. */
  target: string;
  /** The check's id within its target. */
  check: string;
  /** `global`, or the id of the region whose quorum decided. */
  scope: string;
  /** What it is about. */
  family: Family;
  /** Which of its family's kinds, now. */
  kind: Kind;
  /** How loud it is. */
  severity: Severity;
  /** Whether it goes on. */
  state: (typeof INCIDENT_STATES)[number];
  /** Counts openings within the flap window, from 1. */
  episode: number;
  /** When this episode opened. */
  openedAt: number;
  /** When it last changed. */
  updatedAt: number;
  /** When it was resolved. */
  resolvedAt?: number;
  /** Why it was resolved: `recovered` or `removed`. */
  reason?: string;
  /** The outage of another target that it comes from. */
  cause?: Cause;
  /** The check's claim is a public status page: when, in this episode, it admitted that something is wrong. */
  statusPage?: { admittedAt?: number };
  /** The latest 50 entries. */
  timeline: TimelineEntry[];
}

/** What one scope of one check came to in one judgement. */
export interface ScopeResult {
  /** The judgement's instant, epoch ms. */
  at: number;
  /** What the quorum holds. */
  outcome: QuorumOutcome;
  /** Some verdict of this judgement failed: without one no service incident opens. */
  failing: boolean;
  /** Since when the resolve rule and its guard have held without a break (see `Tally` in turnout.ts); absent: they do not. */
  resolvableSince?: number;
  /** A quality incident is over: the outcome has been `ready` for long enough. */
  readyAgain: boolean;
  /** Too few voters have recent evidence. */
  blind: Sign;
  /** What the rules of advisory.ts say, and of which kind. */
  advisory?: { kind: "region" | "partial"; sign: Sign };
  /** Captured values that must agree do not; part of no outcome. */
  agreement?: Sign;
  /** A certificate ends soon; part of no outcome. */
  certificate?: Sign;
  /** Facts about an opening, in words: "confirmed 25 s later by 2 of 3". By family. */
  reasons?: Partial<Record<Family, string>>;
  /** What the check's public status page says, where its claim is one. */
  admission?: Admission;
  /** The quorum's answer to "does the report contradict itself?". */
  contradicted: "won" | "lost" | "split" | "pending";
}

/** What a rule says of an incident: it should be open, it is over, or neither. */
export type Sign = "wanted" | "over" | undefined;

/** One change that must be notified. */
export interface Transition {
  /** The incident after the change. */
  incident: Incident;
  /** What happened to it. */
  change: Change;
}

interface FamilyRule {
  /** The kind that the finding calls for, if it opens or changes an incident. */
  opens(finding: ScopeResult, serviceOpen: boolean): Kind | undefined;
  resolves(finding: ScopeResult, incident: Incident): boolean;
}

/** From the second episode on the resolve rule must hold for so long: five minutes times the episodes before, half an hour at most. */
const holdMs = ({ episode }: Incident) => Math.min(30, 5 * (episode - 1)) * MINUTE_MS;

const RULES: Record<Family, FamilyRule> = {
  service: {
    opens: ({ outcome }) => !isFailed(outcome) ? undefined : outcome === "drift" ? "drift" : "outage",
    resolves: ({ at, resolvableSince }, incident) =>
      resolvableSince !== undefined && at - resolvableSince >= holdMs(incident),
  },
  quality: {
    opens: ({ outcome }, serviceOpen) => !serviceOpen && isPoor(outcome) ? outcome : undefined,
    resolves: ({ readyAgain }) => readyAgain,
  },
  evidence: {
    opens: ({ blind }) => blind === "wanted" ? "blind" : undefined,
    resolves: ({ blind }) => blind === "over",
  },
  claim: {
    opens: ({ contradicted }) => contradicted === "won" ? "contradiction" : undefined,
    resolves: ({ contradicted }) => contradicted === "lost",
  },
  agreement: {
    opens: ({ agreement }) => agreement === "wanted" ? "divergence" : undefined,
    resolves: ({ agreement }) => agreement === "over",
  },
  advisory: {
    opens: ({ advisory }, serviceOpen) =>
      advisory?.sign === "wanted" && !serviceOpen ? advisory.kind : undefined,
    resolves: ({ advisory }) => advisory?.sign === "over",
  },
  certificate: {
    opens: ({ certificate }) => certificate === "wanted" ? "certificate" : undefined,
    resolves: ({ certificate }) => certificate === "over",
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
  divergence: "warning",
  region: "warning",
  partial: "warning",
  prober: "warning",
  certificate: "warning",
  delivery: "warning",
  capacity: "warning",
  schedule: "warning",
};

/** The lesser of the two. */
const atMost = (severity: Severity, most: Severity = "critical"): Severity =>
  SEVERITIES[Math.max(SEVERITIES.indexOf(severity), SEVERITIES.indexOf(most))]!;

const TIMELINE = 50;

/** Who an incident is about, and the id that a new one takes. */
export interface IncidentContext {
  /** The target's id. */
  target: string;
  /** The check's id within its target. */
  check: string;
  /** `global`, or a region's id. */
  scope: string;
  /** Opened again within it (ms), an incident keeps its id. */
  flapWindowMs: number;
  /** The most that it can be; absent: critical. */
  severity?: Severity;
  /** Called once for each new incident; unique for ever. */
  newId(): string;
}

/** Applies one result to the incidents of one scope, family by family: answers the incidents after it, and which notices must be sent. */
export function step(
  incidents: readonly Incident[],
  finding: ScopeResult,
  subject: IncidentContext,
  families: readonly Family[] = INCIDENT_FAMILIES,
): { incidents: Incident[]; transitions: Transition[] } {
  const next: Incident[] = [];
  const transitions: Transition[] = [];
  for (const family of families) {
    const before = incidents.find((incident) =>
      incident.family === family && !isPastFlapWindow(incident, finding.at, subject.flapWindowMs)
    );
    const serviceOpen = next.some((incident) => incident.family === "service" && incident.state === "open");
    const kind = RULES[family].opens(finding, serviceOpen);
    const mayOpen = family !== "service" || finding.failing;
    const changed = before?.state === "open"
      ? stepOpen(before, kind, finding, subject)
      : kind && mayOpen
      ? open({ family, kind }, before, finding, subject)
      : undefined;
    const current = changed?.incident ?? before;
    const noted = current && noteAdmission(current, finding);
    const transition = changed && noted ? { ...changed, incident: noted } : admitted(current, noted, finding);
    const after = transition?.incident ?? noted;
    if (transition) transitions.push(transition);
    if (after) next.push(after);
  }
  return { incidents: next, transitions };
}

/** What becomes of an open incident whose family's rule calls for `kind` or for none. */
function stepOpen(
  before: Incident,
  kind: Kind | undefined,
  finding: ScopeResult,
  subject: Pick<IncidentContext, "severity">,
): Transition | undefined {
  if (kind) return kind === before.kind ? undefined : update(before, kind, finding, subject);
  // No recovery is announced while the outcome still calls for the incident.
  if (!RULES[before.family].resolves(finding, before)) return undefined;
  return resolve(before, finding.at, finding.outcome, "recovered");
}

/** Announces that the status page admits an incident, unless another change is announced at that instant. */
function admitted(
  before: Incident | undefined,
  noted: Incident | undefined,
  { at, outcome }: ScopeResult,
): Transition | undefined {
  if (before === noted || noted?.statusPage?.admittedAt === undefined) return undefined;
  const entry = {
    at,
    change: "updated",
    kind: noted.kind,
    outcome,
    reason: "its status page admits it",
  } as const;
  return {
    change: "updated",
    incident: { ...noted, updatedAt: at, timeline: append(noted.timeline, entry) },
  };
}

/** Opens an incident, or its next episode. */
export function open(
  { family, kind }: Pick<Incident, "family" | "kind">,
  before: Incident | undefined,
  { at, outcome, reasons }: Pick<ScopeResult, "at" | "outcome" | "reasons">,
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

function update(
  before: Incident,
  kind: Kind,
  { at, outcome }: ScopeResult,
  { severity }: Pick<IncidentContext, "severity">,
): Transition {
  const entry: TimelineEntry = { at, change: "updated", kind, outcome };
  const timeline = append(before.timeline, entry);
  return {
    incident: { ...before, kind, severity: atMost(SEVERITY[kind], severity), updatedAt: at, timeline },
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
