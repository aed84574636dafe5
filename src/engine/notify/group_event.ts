/** Builds the event about several incidents: the data of the worst one, and a list of all. */
import { SEVERITIES } from "../../judgement/words.ts";
import type { GroupItem, WebhookEvent } from "./event.ts";
import { namesOf } from "./message.ts";
import { clip } from "./truncate.ts";

/** A notice and its event. */
export interface GroupPart {
  id: string;
  event: WebhookEvent;
}

/** The group as a whole. */
export interface GroupWhole {
  change: "opened" | "updated" | "acknowledged" | "resolved";
  /** For receivers that keep alerts: the alert's key, and how many of its incidents are open. */
  alert?: string;
  open?: number;
  publicUrl?: string;
}

const SUMMARY = { chars: 200, items: 1 };
/** Names listed in the summary. */
const NAMED = 3;

/** The event of these notices. Items are sorted by change, then severity. */
export function groupEvent(
  parts: readonly [GroupPart, ...GroupPart[]],
  { change, alert, open, publicUrl }: GroupWhole,
): WebhookEvent {
  const sorted = parts.toSorted((a, b) => rankOf(a.event) - rankOf(b.event));
  const worst = sorted[0]!.event;
  const items = sorted.map(itemOf);
  const keyed = alert === undefined ? {} : { alert, open };
  return {
    type: `incident.${change}`,
    timestamp: worst.timestamp,
    data: {
      ...worst.data,
      summary: items.length > 1 ? summaryOf(items, open) : summaryOfOne(items[0]!, open),
      group: { ...keyed, items },
      // For several incidents, link to the overview and not to one incident's page.
      ...(publicUrl && items.length > 1 && { links: { page: `${publicUrl.replace(/\/+$/, "")}/` } }),
    },
  };
}

const TYPES: readonly WebhookEvent["type"][] = [
  "incident.opened",
  "incident.updated",
  "incident.acknowledged",
  "incident.resolved",
];

const rankOf = ({ type, data }: WebhookEvent) =>
  TYPES.indexOf(type) * SEVERITIES.length + SEVERITIES.indexOf(data.incident.severity);

function itemOf({ id: notice, event: { type, data } }: GroupPart): GroupItem {
  const { id, episode, family, kind, severity, state, scope, openedAt } = data.incident;
  return {
    notice,
    type,
    incident: { id, episode, family, kind, severity, state, scope, openedAt },
    target: { id: data.target.id, name: data.target.name },
    check: { id: data.check.id },
    summary: clip(data.summary, SUMMARY),
  };
}

const WORDS = {
  "incident.opened": "opened",
  "incident.updated": "changed",
  "incident.acknowledged": "acknowledged",
  "incident.resolved": "resolved",
};

/** "12 incidents: 10 opened, 2 resolved (Checkout / write, Search, Billing and 9 more)". */
function summaryOf(items: readonly GroupItem[], open: number | undefined): string {
  const byType = Map.groupBy(items, ({ type }) => type);
  const counts = [...byType].map(([type, some]) => `${some.length} ${WORDS[type]}`);
  const still = open === undefined || open === 0 ? "" : `; ${open} of this alert still open`;
  return `${items.length} incidents: ${counts.join(", ")} (${namesOf(items, NAMED)})${still}`;
}

function summaryOfOne({ type, summary }: GroupItem, open = 0): string {
  const others = type === "incident.resolved" ? open : open - 1;
  if (others < 1) return `${summary} (the last of this alert)`;
  return `${summary} (${others} other ${others === 1 ? "incident" : "incidents"} of this alert open)`;
}
