import type { Check, Config } from "../../../config/config.ts";
import { requiredChecks } from "../../../config/required.ts";
import type { Family, Incident } from "../../../judgement/incident.ts";
import { announcementOf, type IncidentComment } from "../../../storage/records/comments.ts";

/** Severity, in Statuspage's terms. */
export type Impact = "major" | "minor";

/**
 * A period in which a target was not ready or degraded, as the public sees it. Overlapping incidents of its
 * checks and regions are merged. Times are epoch ms.
 */
export interface Outage {
  target: string;
  /** The worst impact over the whole period. */
  impact: Impact;
  /** The worst impact of its open incidents; absent once it is over. */
  now?: Impact;
  openedAt: number;
  updatedAt: number;
  /** Absent while any of its incidents is open. */
  resolvedAt?: number;
  /** The newest public announcement. */
  announcement?: Pick<IncidentComment, "at" | "text">;
}

/** `evidence` and `claim` incidents are about the probers and the report, so they are not public. */
const IMPACT: Partial<Record<Family, Impact>> = { service: "major", quality: "minor" };

/**
 * Incidents as public outages, newest first. They do not reveal how many checks and regions there are.
 * Incidents of optional checks are left out.
 */
export function outages(
  { checks }: Pick<Config, "checks">,
  incidents: readonly Incident[],
  comments?: ReadonlyMap<string, IncidentComment[]>,
): Outage[] {
  const optional = new Set(checks.filter((check) => !isRequired(check)).map(({ key }) => key));
  const counted = incidents.filter(({ target, check }) => !optional.has(`${target}/${check}`));
  const byTarget = Map.groupBy(
    counted.flatMap((one) => outageOf(one, announcementOf(comments?.get(one.id)))),
    ({ target }) => target,
  );
  return [...byTarget.values()].flatMap(joinOverlaps).toSorted((a, b) => b.openedAt - a.openedAt);
}

const isRequired = (check: Check) => requiredChecks(check.target).includes(check);

function outageOf(
  { target, family, openedAt, updatedAt, resolvedAt, state }: Incident,
  announcement: IncidentComment | undefined,
): Outage[] {
  const impact = IMPACT[family];
  if (!impact) return [];
  return [{
    target,
    impact,
    ...(state === "open" && { now: impact }),
    openedAt,
    updatedAt: Math.max(updatedAt, announcement?.at ?? 0),
    resolvedAt: state === "open" ? undefined : resolvedAt ?? updatedAt,
    ...(announcement && { announcement: { at: announcement.at, text: announcement.text } }),
  }];
}

/** Merges the outages of one target: one that begins before the previous one ends is part of it. */
function joinOverlaps(own: readonly Outage[]): Outage[] {
  const apart: Outage[] = [];
  for (const outage of own.toSorted((a, b) => a.openedAt - b.openedAt)) {
    const last = apart.at(-1);
    if (!last || outage.openedAt > endOf(last)) apart.push({ ...outage });
    else extend(last, outage);
  }
  return apart;
}

const endOf = ({ resolvedAt }: Outage) => resolvedAt ?? Infinity;

function extend(last: Outage, outage: Outage) {
  const end = Math.max(endOf(last), endOf(outage));
  last.resolvedAt = end === Infinity ? undefined : end;
  if ((outage.announcement?.at ?? 0) > (last.announcement?.at ?? 0)) last.announcement = outage.announcement;
  last.updatedAt = Math.max(last.updatedAt, outage.updatedAt);
  last.impact = worse(last.impact, outage.impact)!;
  last.now = worse(last.now, outage.now);
}

const worse = (a: Impact | undefined, b: Impact | undefined): Impact | undefined =>
  a === "major" || b === "major" ? "major" : a ?? b;

const TEXT: Record<Impact, string> = { major: "not ready", minor: "degraded" };

/** The state of an outage in words: "is not ready", "was not ready", "is degraded, was not ready". */
export function outageWords({ impact, now }: Pick<Outage, "impact" | "now">): string {
  if (!now) return `was ${TEXT[impact]}`;
  return now === impact ? `is ${TEXT[now]}` : `is ${TEXT[now]}, was ${TEXT[impact]}`;
}
