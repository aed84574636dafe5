/**
 * Quiet hours: critical notices are sent, others wait for the end of the quiet hours. An incident that is
 * over by then is dropped.
 */
import type { Config } from "../../config/config.ts";
import { quietUntil } from "../../config/quiet_hours.ts";
import type { Route } from "../../config/routes.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Delivery, IncidentStore, OutboxStore, Receipt } from "../../storage/store.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { routedIncident } from "./route.ts";
import { noticeSubject, openingOf } from "./silencing.ts";

const HELD = "held by quiet hours";
/** `lastError` of a notice whose incident ended during quiet hours. Stored and compared: do not change it. */
const OVER_BEFORE_SENT = "quiet hours: it was over before they were";

/** The receipt of a notice that quiet hours hold or drop; undefined if they do not. */
export async function applyQuietHours(
  { store, config }: { store: IncidentStore & OutboxStore; config: Config },
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  const { attempts, lastError, type } = delivery;
  // After an attempt, or a manual retry of a dropped notice, quiet hours no longer apply.
  if (!config.routes?.some(hasQuietHours) || attempts > 0 || lastError === OVER_BEFORE_SENT) return undefined;
  const incident = await store.getIncident(delivery.incident);
  if (!incident) return undefined;
  const dead = { state: "dead", nextAt: nowMs, lastError: OVER_BEFORE_SENT } as const;
  if (type !== "incident.opened") {
    const opening = await openingOf(store, incident, delivery);
    if (opening?.lastError === OVER_BEFORE_SENT) return dead;
  } else if (lastError === HELD && isOver(incident, delivery)) return dead;
  const until = untilOf(config, incident, delivery, nowMs);
  // Checked again each minute, because the incident may turn critical.
  return until === undefined
    ? undefined
    : { state: "pending", nextAt: Math.min(until, nowMs + MINUTE_MS), lastError: HELD };
}

const hasQuietHours = ({ quietHours, routes }: Route): boolean =>
  quietHours !== undefined || routes.some(hasQuietHours);

const isOver = ({ state, episode }: Incident, delivery: Delivery) =>
  state === "resolved" || episode > (delivery.episode ?? episode);

function untilOf(config: Config, incident: Incident, delivery: Delivery, nowMs: number): number | undefined {
  if (incident.severity === "critical") return undefined;
  const { labels } = noticeSubject(config, incident, delivery);
  const rule = routedIncident(config, incident, labels).get(delivery.webhook);
  return rule?.quietHours && quietUntil(rule.quietHours, nowMs);
}
