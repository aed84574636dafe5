/**
 * What is written ahead of its time: an escalation is the opening for a later receiver, a reminder its repetition. When the time
 * has come, it is checked whether it is still needed.
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

/** Notices of one incident that are looked through. */
const MAX_SCANNED = 500;

/** What is looked at. */
export interface TimelyContext {
  ports: { clock: Pick<Clock, "now"> };
  store: OutboxStore & IncidentStore & RecordStore;
  config: Config;
}

/** Why an escalation, its news or a reminder is not sent: it comes too late, or its receiver never got the incident. Undefined: it is sent. */
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
  // It may have arrived, so its receiver gets the resolution.
  if (attempts > 0) return undefined;
  if (!isOpen(incident, delivery)) return "late";
  return routing.unless === "acknowledged" && await isAcknowledged(store, incident) ? "late" : undefined;
}

/** Writes the next reminder, and the time of the one after it. False: there is nothing more to remind of. */
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
  // Of missed repetitions one is sent.
  const missed = Math.max(0, Math.floor((nowMs - timer.createdAt) / repeatMs));
  const next = reminderAt(timer, timer.createdAt + (missed + 1) * repeatMs);
  const { items } = await store.listDeliveries({
    incident: incident.id,
    state: "pending",
    limit: MAX_SCANNED,
  });
  const waits = items.some(({ webhook, episode: own }) => webhook === timer.webhook && own === episode);
  // What was not taken yet needs no repetition.
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
  const told: WebhookEvent = {
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
    type: told.type,
    body: JSON.stringify(told),
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

/** Whether the opening of its episode was sent, as far as is known. */
async function wasOpened(store: OutboxStore, { incident, webhook, episode }: Delivery): Promise<boolean> {
  const { items } = await store.listDeliveries({ incident, limit: MAX_SCANNED });
  return items.some((one) =>
    one.type === "incident.opened" && one.webhook === webhook && one.episode === episode &&
    (one.state === "delivered" || one.attempts > 0)
  );
}

/** What the outbox of a config with escalations or reminders needs. */
export const timely = { staleness, remind };
/** It. */
export type Timely = typeof timely;
