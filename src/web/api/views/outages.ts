import type { Family, Incident } from "../../../judgement/incident.ts";

/** How bad it was, in Statuspage's words. */
export type Impact = "major" | "minor";

/** A time in which a target was not well, to the public: incidents of its checks and regions that overlap are one. Epoch ms. */
export interface Outage {
  target: string;
  /** The worst of it. */
  impact: Impact;
  openedAt: number;
  updatedAt: number;
  /** Absent while any of it is open. */
  resolvedAt?: number;
}

/** `evidence` and `claim` are about the probers and the report, and nobody else's business. */
const IMPACT: Partial<Record<Family, Impact>> = { service: "major", quality: "minor" };

/** Incidents as the public sees them, newest first: how many checks and regions there are cannot be told from them. */
export function outages(incidents: readonly Incident[]): Outage[] {
  const byTarget = Map.groupBy(incidents.flatMap(outageOf), ({ target }) => target);
  return [...byTarget.values()].flatMap(joinOverlaps).toSorted((a, b) => b.openedAt - a.openedAt);
}

function outageOf({ target, family, openedAt, updatedAt, resolvedAt, state }: Incident): Outage[] {
  const impact = IMPACT[family];
  if (!impact) return [];
  return [{
    target,
    impact,
    openedAt,
    updatedAt,
    resolvedAt: state === "open" ? undefined : resolvedAt ?? updatedAt,
  }];
}

/** One target's spells; what begins before the one before it is over is part of it. */
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
  last.updatedAt = Math.max(last.updatedAt, outage.updatedAt);
  if (outage.impact === "major") last.impact = "major";
}
