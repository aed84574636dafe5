/**
 * What becomes of a notice that its rule does not tell at this hour: what is critical goes, the rest waits for the end of the quiet hours,
 * and what is over by then is dropped.
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
/** Why a held notice is not sent. */
const OVER_BEFORE_TOLD = "quiet hours: it was over before they were";

/** What quiet hours make of a notice: later, or never. */
export async function applyQuietHours(
  { store, config }: { store: IncidentStore & OutboxStore; config: Config },
  delivery: Delivery,
  nowMs: number,
): Promise<Omit<Receipt, "attempts"> | undefined> {
  const { attempts, lastError, type } = delivery;
  // It was tried, or dropped and somebody asks for it.
  if (!config.routes?.some(hasQuietHours) || attempts > 0 || lastError === OVER_BEFORE_TOLD) return undefined;
  const incident = await store.getIncident(delivery.incident);
  if (!incident) return undefined;
  const dead = { state: "dead", nextAt: nowMs, lastError: OVER_BEFORE_TOLD } as const;
  if (type !== "incident.opened") {
    const opening = await openingOf(store, incident, delivery);
    if (opening?.lastError === OVER_BEFORE_TOLD) return dead;
  } else if (lastError === HELD && isOver(incident, delivery)) return dead;
  const until = untilOf(config, incident, delivery, nowMs);
  // Looked at again each minute: it may turn critical.
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
