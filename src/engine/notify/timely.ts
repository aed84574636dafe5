/**
 * Notices written ahead of time: an escalation is an opening for a later receiver, a reminder repeats it.
 * When one is due, these functions check whether it is still needed.
 */
import type { Config } from "../../config/config.ts";
import type { Route } from "../../config/routes.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { Clock } from "../../base/ports.ts";
import { formatSpan, iso } from "../../base/time.ts";
import { acknowledgementOf, listComments } from "../../storage/records/comments.ts";
import type { Delivery, IncidentStore, NewNotice, OutboxStore, RecordStore } from "../../storage/store.ts";
import type { WebhookEvent } from "./event.ts";
import { incidentData } from "./notice.ts";
import { reminderAt } from "./reminder.ts";
import { type Routed, routedIncident } from "./route.ts";

/** How many notices of one incident a query scans. */
const MAX_SCANNED = 500;

/** Where incidents, notices and acknowledgements are read. */
export interface TimelyContext {
  ports: { clock: Pick<Clock, "now"> };
  store: OutboxStore & IncidentStore & RecordStore;
  config: Config;
}

/**
 * Why not to send an escalation, a later change of it, or a reminder: it is late, or its receiver never got
 * the opening. Undefined: send it.
 */
async function staleness(
  context: TimelyContext,
  delivery: Delivery,
): Promise<"late" | "moot" | undefined> {
  const { store, config } = context;
  const { type, webhook, attempts } = delivery;
  const isEscalated = (config.routes ?? []).some((route) => escalatesTo(route, webhook));
  const isReminder = reminderIn(delivery) !== undefined;
  if (!isEscalated && !isReminder) return undefined;
  const incident = await store.getIncident(delivery.incident);
  if (isReminder && (!incident || !isOpen(incident, delivery) || await isAcknowledged(store, incident))) {
    return "late";
  }
  const routing = incident && routingOf(config, incident, webhook);
  if (!incident || routing?.after === undefined) return undefined;
  if (type !== "incident.opened") return await wasOpened(store, delivery) ? undefined : "moot";
  // An attempted opening may have arrived, so keep retrying it.
  if (attempts > 0) return undefined;
  if (!isOpen(incident, delivery)) return "late";
  return routing.unless === "acknowledged" && await isAcknowledged(store, incident) ? "late" : undefined;
}

/** Writes a reminder and the timer of the next one. False if there is nothing to remind of any more. */
async function remind(
  { ports: { clock }, store, config }: TimelyContext,
  timer: Delivery,
): Promise<boolean> {
  const incident = await store.getIncident(timer.incident);
  const episode = -(timer.episode ?? 0);
  if (!incident || !isOpen(incident, { ...timer, episode }) || await isAcknowledged(store, incident)) {
    return false;
  }
  const { repeatMs } = routingOf(config, incident, timer.webhook) ?? {};
  if (repeatMs === undefined) return false;
  const nowMs = clock.now();
  // After missed intervals send only one reminder.
  const missed = Math.max(0, Math.floor((nowMs - timer.createdAt) / repeatMs));
  const next = reminderAt(timer, timer.createdAt + (missed + 1) * repeatMs);
  const { items } = await store.listDeliveries({
    incident: incident.id,
    state: "pending",
    limit: MAX_SCANNED,
  });
  const waits = items.some(({ webhook, episode: own }) => webhook === timer.webhook && own === episode);
  // Skip the reminder while an earlier notice of the incident is still pending.
  await store.enqueue([...(waits ? [] : [reminderOf(timer, incident, { episode, nowMs })]), next]);
  return true;
}

function reminderOf(
  timer: Delivery,
  incident: Incident,
  { episode, nowMs }: { episode: number; nowMs: number },
): NewNotice {
  const event: WebhookEvent = JSON.parse(timer.body);
  const openForMs = Math.max(0, nowMs - incident.openedAt);
  const summary = `Still open after ${formatSpan(openForMs)}: ${event.data.summary}`;
  const reminder: WebhookEvent = {
    type: "incident.updated",
    timestamp: iso(nowMs),
    data: { ...event.data, incident: incidentData(incident), summary, reminder: { openForMs } },
  };
  const { webhook } = timer;
  const id = `${timer.id}_told`;
  return {
    id,
    webhook,
    incident: incident.id,
    episode,
    type: reminder.type,
    body: JSON.stringify(reminder),
    createdAt: nowMs,
  };
}

const escalatesTo = ({ escalate, routes }: Route, webhook: string): boolean =>
  escalate.some(({ sinks }) => sinks.includes(webhook)) ||
  routes.some((route) => escalatesTo(route, webhook));

const reminderIn = ({ type, body }: Delivery) =>
  type === "incident.updated" ? (JSON.parse(body) as Partial<WebhookEvent>).data?.reminder : undefined;

const isOpen = ({ state, episode }: Incident, delivery: Pick<Delivery, "episode">) =>
  state === "open" && episode === delivery.episode;

const isAcknowledged = async (store: RecordStore, incident: Incident) =>
  acknowledgementOf(incident, await listComments(store, incident.id)) !== undefined;

function routingOf(config: Config, incident: Incident, webhook: string): Routed | undefined {
  const { labels = {} } = config.targets.find(({ id }) => id === incident.target) ?? {};
  return routedIncident(config, incident, labels).get(webhook);
}

/** Whether the opening of the notice's episode was delivered or at least attempted. */
async function wasOpened(store: OutboxStore, { incident, webhook, episode }: Delivery): Promise<boolean> {
  const { items } = await store.listDeliveries({ incident, limit: MAX_SCANNED });
  return items.some((one) =>
    one.type === "incident.opened" && one.webhook === webhook && one.episode === episode &&
    (one.state === "delivered" || one.attempts > 0)
  );
}

/** Escalations and reminders as the deliverer uses them; passed in only if routes have any. */
export const timely = { staleness, remind };
/** Type of {@linkcode timely}. */
export type Timely = typeof timely;
