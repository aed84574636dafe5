/** When incidents open, change and resolve: one table of rules by family, and the step that applies it. */
import { type Admission, noteAdmission } from "./admission.ts";
import { MINUTE_MS } from "../base/time.ts";
import {
  announceAdmission,
  type Family,
  type Incident,
  type IncidentContext,
  type Kind,
  open,
  resolve,
  type Transition,
  update,
} from "./incident.ts";
import type { QuorumOutcome } from "./quorum.ts";
import { INCIDENT_FAMILIES, isFailed, isPoor } from "./words.ts";

/** The result of one judgement for one scope of one check. */
export interface ScopeResult {
  /** The judgement's instant, epoch ms. */
  at: number;
  /** The quorum's outcome. */
  outcome: QuorumOutcome;
  /** Whether some verdict of this judgement failed; otherwise no service incident opens. */
  failing: boolean;
  /**
   * Since when the resolve rule and its guard have held without a break (see `Tally` in turnout.ts); absent:
   * they do not hold.
   */
  resolvableSince?: number;
  /** Whether the outcome has been `ready` long enough to resolve a quality incident. */
  readyAgain: boolean;
  /** Whether too few voters have recent evidence. */
  blind: Sign;
  /** The result of the rules in advisory.ts, and its kind. */
  advisory?: { kind: "region" | "partial"; sign: Sign };
  /** Whether captured values that must agree differ; does not affect the outcome. */
  agreement?: Sign;
  /** Whether a certificate ends soon; does not affect the outcome. */
  certificate?: Sign;
  /** Facts about an opening in words, by family: "confirmed 25 s later by 2 of 3". */
  reasons?: Partial<Record<Family, string>>;
  /** What the check's public status page says, if its claim is one. */
  admission?: Admission;
  /** The quorum's answer to "does the report contradict itself?". */
  contradicted: "won" | "lost" | "split" | "pending";
}

/** A rule's result: the incident should be open (`wanted`), is over, or stays as it is (undefined). */
export type Sign = "wanted" | "over" | undefined;

interface FamilyRule {
  /** The kind that the finding calls for; undefined: none. */
  opens(finding: ScopeResult, serviceOpen: boolean): Kind | undefined;
  resolves(finding: ScopeResult, incident: Incident): boolean;
}

/**
 * From the second episode on, the resolve rule must hold this long (ms): five minutes per earlier episode, at
 * most half an hour.
 */
const holdMs = ({ episode }: Incident) => Math.min(30, 5 * (episode - 1)) * MINUTE_MS;

/** What opens, shapes and resolves an incident of each family. */
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

/**
 * Applies a result to the incidents of one scope, family by family. Returns the new incidents and the changes
 * to announce.
 */
export function step(
  incidents: readonly Incident[],
  finding: ScopeResult,
  subject: IncidentContext,
  families: readonly Family[] = INCIDENT_FAMILIES,
): { incidents: Incident[]; transitions: Transition[] } {
  const next: Incident[] = [];
  const transitions: Transition[] = [];
  const carried = incidents.filter((incident) =>
    !isPastFlapWindow(incident, finding.at, subject.flapWindowMs)
  );
  let serviceOpen = false;
  for (const family of families) {
    const before = carried.find((incident) => incident.family === family);
    const kind = RULES[family].opens(finding, serviceOpen);
    const mayOpen = family !== "service" || finding.failing;
    const changed = before?.state === "open"
      ? stepOpen(before, kind, finding, subject)
      : kind && mayOpen
      ? open({ family, kind }, before, finding, subject)
      : undefined;
    const current = changed?.incident ?? before;
    const noted = current && noteAdmission(current, finding);
    const transition = changed && noted
      ? { ...changed, incident: noted }
      : announceAdmission(current, noted, finding);
    const after = transition?.incident ?? noted;
    if (transition) transitions.push(transition);
    if (after) next.push(after);
    if (family === "service") serviceOpen = after?.state === "open";
  }
  return { incidents: next, transitions };
}

/** Steps an open incident. `kind` is what its family's rule calls for, if anything. */
function stepOpen(
  before: Incident,
  kind: Kind | undefined,
  finding: ScopeResult,
  subject: Pick<IncidentContext, "severity">,
): Transition | undefined {
  if (kind) return kind === before.kind ? undefined : update(before, kind, finding, subject);
  // An incident must not resolve while its outcome still calls for it.
  if (!RULES[before.family].resolves(finding, before)) return undefined;
  return resolve(before, finding.at, finding.outcome, "recovered");
}

/** Whether a resolved incident can no longer reopen under its id; it is then dropped. */
const isPastFlapWindow = (incident: Incident, at: number, flapWindowMs: number) =>
  incident.state === "resolved" && at - incident.resolvedAt! > flapWindowMs;
