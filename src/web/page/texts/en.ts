import { type Outage, outageWords } from "../../api/views/outages.ts";
import type { TargetStatus } from "../../api/views/status.ts";

/** The texts of the public page in one language; one file each. */
export interface PublicTexts {
  title: string;
  headlines: Record<TargetStatus, string>;
  statuses: Record<TargetStatus, string>;
  neverSeen: string;
  /** `span`: "12 s". */
  seen(span: string): string;
  maintenance: string;
  inProgress: string;
  pastIncidents: string;
  nothingWrong: string;
  /** By the outage's own state: "Shop was not ready", "Shop is degraded, was not ready". */
  outage(name: string, outage: Pick<Outage, "impact" | "now">): string;
  until: string;
  now: string;
  /** `share`: "99.98"; `days`: of the ninety. */
  uptime(share: string, days: number): string;
  noData: string;
  other: string;
  feed: string;
  signIn: string;
}

/** English. */
export const en: PublicTexts = {
  title: "Status",
  headlines: {
    ready: "All services are ready",
    degraded: "Some services are degraded",
    not_ready: "Some services are not ready",
    unknown: "Not all services could be judged lately",
  },
  statuses: { ready: "ready", degraded: "degraded", not_ready: "not ready", unknown: "unknown" },
  neverSeen: "never seen",
  seen: (span) => `seen ${span} ago`,
  maintenance: "Maintenance",
  inProgress: "in progress",
  pastIncidents: "Past incidents",
  nothingWrong: "No incidents lately.",
  outage: (name, outage) => `${name} ${outageWords(outage)}`,
  until: "to",
  now: "now",
  uptime: (share, days) => `${share} % in ${days} ${days === 1 ? "day" : "days"}`,
  noData: "no data yet",
  other: "Other services",
  feed: "Feed",
  signIn: "Sign in",
};
