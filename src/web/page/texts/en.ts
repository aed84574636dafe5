import { type Outage, outageWords } from "../../api/views/outages.ts";
import type { TargetStatus } from "../../api/views/status.ts";

/** The texts of the public page in one language. Each language is one file. */
export interface PublicTexts {
  /** The language's name in `page.language`. */
  kind: string;
  title: string;
  headlines: Record<TargetStatus, string>;
  statuses: Record<TargetStatus, string>;
  neverSeen: string;
  /** `span`: "12 s". */
  seen(span: string): string;
  maintenance: string;
  inProgress: string;
  openIncidents: string;
  pastIncidents: string;
  nothingWrong: string;
  /** Title of an outage: "Shop was not ready", "Shop is degraded, was not ready". */
  outage(name: string, outage: Pick<Outage, "impact" | "now">): string;
  until: string;
  now: string;
  /** `share`: "99.98"; `days`: number of days with data, at most 90. */
  uptime(share: string, days: number): string;
  noData: string;
  other: string;
  feed: string;
  signIn: string;
  forEvidence: string;
  skip: string;
  timeZone: string;
  asOf: string;
  timesAreIn: string;
  noScript: string;
  reload: string;
  nothingYet: string;
  /** `span`: "11 min". */
  late(span: string): string;
  /** Draft of an announcement. `isPartial`: not every region fails. */
  draft(name: string, outage: Pick<Outage, "impact" | "now">, isPartial: boolean): string;
  /** Texts of the script. `{at}` is a time, `{s}` seconds; `cells` are by the letter of the cell. */
  live: { lost: string; late: string; stale: string; cells: Record<"-" | "g" | "u" | "d" | "b", string> };
}

/** English. */
export const en: PublicTexts = {
  kind: "en",
  title: "Status",
  headlines: {
    ready: "All services are ready",
    degraded: "Some services are degraded",
    not_ready: "Some services are not ready",
    unknown: "Some services could not be judged recently",
  },
  statuses: { ready: "ready", degraded: "degraded", not_ready: "not ready", unknown: "unknown" },
  neverSeen: "never checked",
  seen: (span) => `checked ${span} ago`,
  maintenance: "Maintenance",
  inProgress: "in progress",
  openIncidents: "Now",
  pastIncidents: "Past incidents",
  nothingWrong: "No recent incidents.",
  outage: (name, outage) => `${name} ${outageWords(outage)}`,
  until: "to",
  now: "now",
  uptime: (share, days) => `${share} % in ${days} ${days === 1 ? "day" : "days"}`,
  noData: "no data yet",
  other: "Other services",
  feed: "Feed",
  signIn: "Sign in",
  forEvidence: "Sign in for the evidence",
  skip: "Skip to content",
  timeZone: "Time zone",
  asOf: "As of",
  timesAreIn: "Times are in",
  noScript: "Without JavaScript this page does not update itself:",
  reload: "reload it",
  nothingYet: "There are no results yet.",
  late: (span) => `Assay is late: no results for ${span}. This page may be out of date.`,
  draft: (name, { impact, now }, isPartial) => {
    const what = (now ?? impact) === "major" ? "not work" : "not work as well as it should";
    const where = isPartial ? " for some visitors" : "";
    return now
      ? `${name} does ${what}${where}. We are looking into it.`
      : `${name} did ${what}${where}. It works again.`;
  },
  live: {
    lost: "The connection to Assay is lost.",
    late: "Assay has had no results for {s} s.",
    stale: "The page below is as of {at} and may be out of date.",
    cells: { "-": "no evidence", g: "ready", u: "not judged", d: "overclaimed", b: "not ready" },
  },
};
