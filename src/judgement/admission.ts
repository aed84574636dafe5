/** How late a public status page admits what the quorum saw first. Pure. */
import { isNoClaim } from "../evidence/report/merge.ts";
import type { ReportState } from "../evidence/report/report.ts";
import type { Question } from "../config/question.ts";

/** What a public status page says while a check fails: that something is wrong, or that nothing is. */
export type Admission = "admits" | "denies";

interface Claim {
  question: Question;
  state: ReportState;
}

interface Witness {
  standing: { vote: string };
  aside?: unknown;
  witness?: { before: Claim | null; after?: Claim | null };
}

interface Admittable {
  family: string;
  state: string;
  openedAt: number;
  statusPage?: { admittedAt?: number };
}

/**
 * What the majority of the fresh probers last read; undefined: the claim is not a public status page, or no
 * prober could read it.
 */
export function admissionOf(probers: readonly Witness[]): Admission | undefined {
  let [claims, admitting] = [0, 0];
  for (const { standing, aside, witness } of probers) {
    const claim = witness?.after ?? witness?.before;
    if (standing.vote === "none" || aside || claim?.question !== "status_page" || isNoClaim(claim.state)) {
      continue;
    }
    claims++;
    if (claim.state !== "ready") admitting++;
  }
  if (claims === 0) return undefined;
  return 2 * admitting > claims ? "admits" : "denies";
}

/** Records in an open service incident what the check's status page says. Once set, `admittedAt` stays. */
export function noteAdmission<One extends Admittable>(
  incident: One,
  { at, admission }: { at: number; admission?: Admission },
): One {
  const { family, state, statusPage } = incident;
  if (family !== "service" || state !== "open" || !admission || statusPage?.admittedAt !== undefined) {
    return incident;
  }
  if (admission === "admits") return { ...incident, statusPage: { admittedAt: at } };
  return statusPage ? incident : { ...incident, statusPage: {} };
}

/** How well a status page followed its check's service incidents. */
export interface AdmissionFigures {
  /** Incidents that it admitted. */
  admitted: number;
  /** Incidents that were over before it admitted them. */
  neverAdmitted: number;
  /** Average time from opening to admission, s; null: it admitted none. */
  meanLagSeconds: number | null;
}

/** Time from an incident's opening to its admission, ms; 0: the page was first, or admitted it at once. */
export const admissionLag = ({ openedAt, statusPage }: Pick<Admittable, "openedAt" | "statusPage">) =>
  statusPage?.admittedAt === undefined ? undefined : statusPage.admittedAt - openedAt;

/** The figures of these incidents; undefined: none has a status page. */
export function admissionFigures(incidents: readonly Admittable[]): AdmissionFigures | undefined {
  const known = incidents.filter(({ statusPage }) => statusPage);
  if (known.length === 0) return undefined;
  const lags = known.flatMap((incident) => admissionLag(incident) ?? []);
  return {
    admitted: lags.length,
    neverAdmitted:
      known.filter(({ state, statusPage }) => state === "resolved" && statusPage!.admittedAt === undefined)
        .length,
    meanLagSeconds: lags.length === 0 ? null : lags.reduce((sum, ms) => sum + ms, 0) / lags.length / 1_000,
  };
}
