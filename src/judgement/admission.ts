/** How late a public status page admits what the quorum saw before it. Pure. */
import { isNoClaim } from "../evidence/report/merge.ts";
import type { ReportState } from "../evidence/report/report.ts";
import type { Question } from "../config/question.ts";

/** What a public status page says while a check fails: that something is wrong, or that nothing is. */
export type Admission = "admits" | "denies";

/** What is read of a claim. */
interface Claim {
  question: Question;
  state: ReportState;
}

/** What is read of a prober's state. */
interface Witness {
  standing: { vote: string };
  aside?: unknown;
  witness?: { before: Claim | null; after?: Claim | null };
}

/** What is read of an incident, and noted in it. */
interface Admittable {
  family: string;
  state: string;
  openedAt: number;
  statusPage?: { admittedAt?: number };
}

/** What most of the fresh probers last read on it; undefined: the claim is no public status page, or no prober could read it. */
export function admissionOf(probers: readonly Witness[]): Admission | undefined {
  const claims = probers.filter(({ standing, aside }) => standing.vote !== "none" && !aside)
    .flatMap(({ witness }) => witness?.after ?? witness?.before ?? [])
    .filter(({ question, state }) => question === "status_page" && !isNoClaim(state));
  if (claims.length === 0) return undefined;
  const admitting = claims.filter(({ state }) => state !== "ready").length;
  return 2 * admitting > claims.length ? "admits" : "denies";
}

/** An open service incident, with what the check's status page says of it; that it has admitted it stays. */
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

/** How a status page followed the service incidents of its check. */
export interface AdmissionFigures {
  /** Incidents that it admitted. */
  admitted: number;
  /** Incidents that were over before it did. */
  neverAdmitted: number;
  /** From the opening until it admitted it, s, on average; null: it admitted none. */
  meanLagSeconds: number | null;
}

/** From the opening of an incident until its status page admitted it, ms; 0: it was the first, or at once. */
export const admissionLag = ({ openedAt, statusPage }: Pick<Admittable, "openedAt" | "statusPage">) =>
  statusPage?.admittedAt === undefined ? undefined : statusPage.admittedAt - openedAt;

/** The figures of these incidents; undefined: none of them is of a status page. */
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
