import { iso } from "../../../base/time.ts";
import type { Maintenance } from "./maintenances.ts";
import { type Outage, outageWords } from "./outages.ts";

/** The fields of a component that incidents use. */
interface Named {
  id: string;
  name: string;
}

/** An outage as a Statuspage incident. */
export function statusPageIncident<Component extends Named>(
  outage: Outage,
  component: Component,
  shortlink: string,
) {
  const { target, impact, now, openedAt, updatedAt, resolvedAt, announcement } = outage;
  const id = `${target}-${openedAt.toString(36)}`;
  const name = `${component.name} ${outageWords(outage)}`;
  const opened = updateOf(
    id,
    "investigating",
    `${component.name} ${outageWords({ impact, now: now && impact })}.`,
    openedAt,
  );
  return {
    id,
    name,
    status: resolvedAt === undefined ? "investigating" : "resolved",
    impact,
    created_at: iso(openedAt),
    started_at: iso(openedAt),
    updated_at: iso(updatedAt),
    monitoring_at: null,
    resolved_at: iso(resolvedAt) ?? null,
    shortlink,
    page_id: "assay",
    incident_updates: [
      ...(resolvedAt === undefined ? [] : [updateOf(id, "resolved", "This is over.", resolvedAt)]),
      ...(announcement ? [updateOf(id, "identified", announcement.text!, announcement.at)] : []),
      opened,
    ].sort((a, b) => b.created_at.localeCompare(a.created_at)),
    components: [component],
  };
}

const updateOf = (id: string, status: string, body: string, at: number) => ({
  id: `${id}-${status}`,
  incident_id: id,
  status,
  body,
  created_at: iso(at),
  updated_at: iso(at),
  display_at: iso(at),
});

/** Maintenances in Statuspage's format. Their creation time is unknown, so their own times are used. */
export const maintenancesOf = <Component extends Named>(
  all: readonly Maintenance[],
  components: readonly Component[],
  shortlink: string,
) =>
  all.map(({ id, reason, targets, from, until, state }) => {
    const changedAt = state === "completed" ? until : from;
    const known = new Set(targets.map(({ id }) => id));
    return {
      id,
      name: reason,
      status: state,
      impact: "maintenance",
      created_at: iso(from),
      updated_at: iso(changedAt),
      monitoring_at: null,
      resolved_at: state === "completed" ? iso(until) : null,
      scheduled_for: iso(from),
      scheduled_until: iso(until),
      shortlink,
      page_id: "assay",
      incident_updates: [updateOf(id, state, reason, changedAt)],
      components: components.filter(({ id }) => known.has(id)),
    };
  });
