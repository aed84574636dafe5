/** One notice, one step further. */
import { incidentUrl } from "./notice.ts";
import type { Config, Webhook } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import { atMost, type Ports } from "../../base/ports.ts";
import type { Delivery, IncidentStore, OutboxStore, Receipt, RecordStore } from "../../storage/store.ts";
import type { LinkAdder } from "./acknowledge_link.ts";
import type { WebhookEvent } from "./event.ts";
import type { applyQuietHours } from "./quiet.ts";
import { deadReceipt, doneReceipt, receiptOf, repeatReceipt } from "./retry.ts";
import { applyCause } from "./caused.ts";
import { applySilence, type SilenceReader } from "./silencing.ts";
import { REMINDER } from "./reminder.ts";
import type { Timely } from "./timely.ts";
import { findSink, type Sink, type SinkAnswer } from "./sink.ts";
import type { SinkHealth } from "./sink_health.ts";

/** What an attempt gets on top of its deadline, before it is given up whatever hangs. */
const GRACE_MS = 1_000;

/** The part of the store that a deliverer needs. */
export type DeliveryStore = OutboxStore & IncidentStore & RecordStore;

/** What attempts share. */
export interface DeliveryContext {
  ports: Ports;
  store: DeliveryStore;
  config: Config;
  sinks: readonly Sink[];
  /** For one attempt, unless its sink has another, ms. */
  deadlineMs: number;
  leaseMs: number;
  silences: SilenceReader;
  health: SinkHealth;
  addLink: LinkAdder;
  timely?: Timely;
  applyQuietHours?: typeof applyQuietHours;
  /** Ids of the notices that this process is sending. */
  underWay: Set<string>;
}

/** Brings one notice one step further; undefined if it was not sent. */
export async function attempt(context: DeliveryContext, delivery: Delivery): Promise<SinkAnswer | undefined> {
  const { underWay } = context;
  // It was woken while it is on its way: its receipt comes.
  if (underWay.has(delivery.id)) return undefined;
  underWay.add(delivery.id);
  try {
    return await settle(context, delivery);
  } finally {
    underWay.delete(delivery.id);
  }
}

/** Leaves a notice for later, as if it had not been claimed. */
export async function putOff(
  { ports: { clock }, store }: DeliveryContext,
  delivery: Delivery,
  forMs: number,
) {
  const { attempts, lastAttemptAt, lastStatus, lastError } = delivery;
  const nextAt = clock.now() + forMs;
  await store.recordAttempt(delivery.id, {
    state: "pending",
    attempts,
    nextAt,
    lastAttemptAt,
    lastStatus,
    lastError,
  });
}

async function settle(context: DeliveryContext, delivery: Delivery): Promise<SinkAnswer | undefined> {
  const { ports: { clock, log }, store, config, timely } = context;
  const webhook = config.webhooks.find(({ id }) => id === delivery.webhook);
  const nowMs = clock.now();
  const fields = fieldsOf(config, delivery);
  if (!webhook || Object.hasOwn(await store.listDisabledWebhooks(), webhook.id)) {
    const receipt = deadReceipt(delivery, webhook ? "disabled" : "removed", nowMs);
    await store.recordAttempt(delivery.id, receipt);
    log.warn("notice is dead", { ...fields, error: receipt.lastError });
    return undefined;
  }
  const isTimer = delivery.type === REMINDER;
  const death = isTimer
    ? await timely?.remind(context, delivery) ? undefined : "late" as const
    : await isLate(store, delivery)
    ? "late" as const
    : await timely?.staleness(context, delivery);
  if (isTimer || death) {
    const receipt = death ? deadReceipt(delivery, death, nowMs) : doneReceipt(delivery, nowMs);
    await store.recordAttempt(delivery.id, receipt);
    if (death) log.info("notice dropped", { ...fields, reason: receipt.lastError });
    return undefined;
  }
  const quiet = await applySilence(context, delivery, nowMs) ??
    await applyCause(store, delivery, nowMs) ??
    await context.applyQuietHours?.(context, delivery, nowMs);
  if (quiet) {
    const { attempts, lastAttemptAt, lastStatus } = delivery;
    await store.recordAttempt(delivery.id, { ...quiet, attempts, lastAttemptAt, lastStatus });
    log.info("notice held or dropped", { ...fields, reason: quiet.lastError });
    return undefined;
  }
  const answer = await send(context, webhook, delivery);
  await keepReceipt(context, { delivery, webhook, answer, beganMs: nowMs });
  await context.health.note(webhook.id, answer);
  return answer;
}

/** An acknowledgement is not sent once its incident is over. */
async function isLate(store: IncidentStore, { type, incident, episode }: Delivery): Promise<boolean> {
  if (type !== "incident.acknowledged") return false;
  const found = await store.getIncident(incident);
  return found?.state !== "open" || found.episode !== episode;
}

/** What a line of the log says a notice is. */
const fieldsOf = ({ publicUrl }: Config, { id, webhook, incident }: Delivery) => ({
  notice: id,
  webhook,
  ...(publicUrl && { page: incidentUrl(publicUrl, incident) }),
});

interface Sent {
  delivery: Delivery;
  webhook: Webhook;
  answer: SinkAnswer;
  beganMs: number;
}

async function keepReceipt(
  context: DeliveryContext,
  { delivery, webhook, answer, beganMs }: Sent,
): Promise<void> {
  const { ports: { clock, random, log }, store, config, leaseMs } = context;
  const fields = fieldsOf(config, delivery);
  const nowMs = clock.now();
  const { death, ...receipt } = receiptOf(delivery, answer, { beganMs, nowMs, random });
  if (death === "gone") await store.disableWebhook(webhook.id, beganMs);
  const isDelivered = receipt.state === "delivered";
  // What is due sooner than a claim lasts may be under way.
  const wakes = isDelivered ? nowMs + leaseMs : undefined;
  await store.recordAttempt(delivery.id, await repeated(context, delivery, webhook, receipt), wakes);
  if (isDelivered) return log.info("notice delivered", fields);
  log.warn(death ? "notice is dead" : "notice not delivered", { ...fields, error: receipt.lastError });
}

/** The receipt of a notice that must be repeated while its incident is open. */
async function repeated(
  { store, sinks }: DeliveryContext,
  delivery: Delivery,
  { kind }: Webhook,
  receipt: Receipt,
): Promise<Receipt> {
  const { repeatMs } = findSink(sinks, kind);
  if (repeatMs === undefined || receipt.state !== "delivered" || delivery.type === "incident.resolved") {
    return receipt;
  }
  const incident = await store.getIncident(delivery.incident);
  const isOpen = incident?.state === "open" && incident.episode === (delivery.episode ?? incident.episode);
  return isOpen ? repeatReceipt(receipt, repeatMs) : receipt;
}

/** One delivery by the webhook's sink; whatever hangs, it ends. */
function send(context: DeliveryContext, webhook: Webhook, delivery: Delivery): Promise<SinkAnswer> {
  const { ports: { clock, secrets }, sinks } = context;
  const { deadlineMs = context.deadlineMs } = findSink(sinks, webhook.kind);
  const limitMs = deadlineMs + GRACE_MS;
  const fail = (detail: string): SinkAnswer => ({ kind: "unanswered", detail });
  const sent = handOver({ ...context, deadlineMs }, webhook, delivery)
    .catch((error) => fail(secrets.redact(messageOf(error))));
  return atMost(clock, limitMs, sent, () => fail(`timeout: no complete answer within ${limitMs} ms`));
}

async function handOver(
  { ports, sinks, deadlineMs, addLink }: DeliveryContext,
  { kind, settings }: Webhook,
  delivery: Delivery,
): Promise<SinkAnswer> {
  const sink = findSink(sinks, kind);
  const event = await addLink(JSON.parse(delivery.body) as WebhookEvent, delivery);
  const message = { id: delivery.id, event, body: sink.render(event, settings) };
  return await sink.deliver(message, settings, { ...ports, deadlineMs });
}
