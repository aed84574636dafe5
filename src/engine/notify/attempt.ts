/** One attempt to deliver a claimed notice, together with the notices bundled with it. */
import { incidentUrl } from "./notice.ts";
import type { Config, Webhook } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import { atMost, type Ports } from "../../base/ports.ts";
import type { Delivery, IncidentStore, OutboxStore, Receipt, RecordStore } from "../../storage/store.ts";
import type { LinkAdder } from "./acknowledge_link.ts";
import type { Bundle, GroupingModule } from "./grouping.ts";
import type { applyQuietHours } from "./quiet.ts";
import { deadReceipt, doneReceipt, receiptOf, repeatReceipt } from "./retry.ts";
import { applyCause } from "./caused.ts";
import { applySilence, type SilenceReader } from "./silencing.ts";
import { REMINDER } from "./reminder.ts";
import type { Timely } from "./timely.ts";
import { findSink, type Sink, type SinkAnswer } from "./sink.ts";
import type { SinkHealth } from "./sink_health.ts";

/** Time past its deadline after which an attempt is abandoned even if the sink hangs. */
const GRACE_MS = 1_000;

/** The part of the store that a deliverer needs. */
export type DeliveryStore = OutboxStore & IncidentStore & RecordStore;

/** What all attempts of one call share. */
export interface DeliveryContext {
  ports: Ports;
  store: DeliveryStore;
  config: Config;
  sinks: readonly Sink[];
  /** Deadline of one attempt, ms, unless the sink defines its own. */
  deadlineMs: number;
  leaseMs: number;
  silences: SilenceReader;
  health: SinkHealth;
  addLink: LinkAdder;
  timely?: Timely;
  applyQuietHours?: typeof applyQuietHours;
  grouping?: GroupingModule;
  /** Ids of the notices this process is sending. */
  underWay: Set<string>;
}

/** Attempts one notice with its bundle of at most `room` others; undefined if nothing was sent. */
export async function attempt(
  context: DeliveryContext,
  delivery: Delivery,
  room = 0,
): Promise<Attempted | undefined> {
  const { underWay } = context;
  // It was woken while another attempt is sending it; that attempt records the receipt.
  if (underWay.has(delivery.id)) return undefined;
  const own = new Set([delivery.id]);
  underWay.add(delivery.id);
  try {
    const parcel = await pack(context, delivery, room);
    for (const { id } of parcel?.deliveries ?? []) {
      own.add(id);
      underWay.add(id);
    }
    return parcel && await dispatch(context, parcel);
  } finally {
    for (const id of own) underWay.delete(id);
  }
}

/** Result of an attempt. */
export interface Attempted {
  answer: SinkAnswer;
  /** Number of notices in the message. */
  notices: number;
}

/** Postpones a claimed notice without counting an attempt. */
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

/** A bundle and its receiver. */
interface Parcel extends Bundle {
  webhook: Webhook;
}

/** The parcel of a notice; undefined if it is not sent now. */
async function pack(context: DeliveryContext, delivery: Delivery, room: number): Promise<Parcel | undefined> {
  const { ports: { clock }, store, config, sinks, grouping, underWay } = context;
  const webhook = await admit(context, delivery);
  if (!webhook) return undefined;
  const alone: Bundle = { id: delivery.id, deliveries: [delivery], event: JSON.parse(delivery.body) };
  const bundle = grouping
    ? await grouping.bundle({
      ...{ store, config, webhook, room, alone },
      sink: findSink(sinks, webhook.kind),
      nowMs: clock.now(),
      isUnderWay: (id) => underWay.has(id),
      admit: async (mate) => await admit(context, mate) !== undefined,
    })
    : alone;
  return bundle && { webhook, ...bundle };
}

/** The webhook to send a notice to; undefined, with a receipt, if it is not sent now. */
async function admit(context: DeliveryContext, delivery: Delivery): Promise<Webhook | undefined> {
  const { ports: { clock, log }, store, config } = context;
  const webhook = config.webhooks.find(({ id }) => id === delivery.webhook);
  const nowMs = clock.now();
  const fields = fieldsOf(config, delivery);
  if (!webhook || Object.hasOwn(await store.listDisabledWebhooks(), webhook.id)) {
    const receipt = deadReceipt(delivery, webhook ? "disabled" : "removed", nowMs);
    await store.recordAttempt(delivery.id, receipt);
    log.warn("notice is dead", { ...fields, error: receipt.lastError });
    return undefined;
  }
  const receipt = await unsent(context, delivery, nowMs);
  const isNeeded = receipt?.state === "dead" && await isOfAlert(context, delivery);
  if (!receipt || isNeeded) return webhook;
  await store.recordAttempt(delivery.id, receipt);
  if (receipt.state !== "delivered") {
    log.info("notice held or dropped", { ...fields, reason: receipt.lastError });
  }
  return undefined;
}

/** The receipt of a notice that is late, held, or a reminder timer; undefined if it is to be sent. */
async function unsent(
  context: DeliveryContext,
  delivery: Delivery,
  nowMs: number,
): Promise<Receipt | undefined> {
  const { store, timely, applyQuietHours } = context;
  if (delivery.type === REMINDER) {
    const isDone = await timely?.remind(context, delivery);
    return isDone ? doneReceipt(delivery, nowMs) : deadReceipt(delivery, "late", nowMs);
  }
  const death = await isLate(store, delivery) ? "late" : await timely?.staleness(context, delivery);
  if (death) return deadReceipt(delivery, death, nowMs);
  const quiet = await applySilence(context, delivery, nowMs) ??
    await applyCause(store, delivery, nowMs) ??
    await applyQuietHours?.(context, delivery, nowMs);
  const { attempts, lastAttemptAt, lastStatus } = delivery;
  return quiet && { ...quiet, attempts, lastAttemptAt, lastStatus };
}

/**
 * Whether a notice resolves an incident in an alert that the receiver holds. Such a notice is never dropped.
 */
const isOfAlert = async ({ store, grouping }: DeliveryContext, delivery: Delivery) =>
  delivery.type === "incident.resolved" && await grouping?.isOfAlert(store, delivery);

async function dispatch(context: DeliveryContext, parcel: Parcel): Promise<Attempted> {
  const beganMs = context.ports.clock.now();
  const answer = await send(context, parcel);
  const receipts = await keepReceipts(context, { parcel, answer, beganMs });
  await parcel.settle?.(receipts.every(({ state }) => state !== "pending"));
  await context.health.note(parcel.webhook.id, answer);
  return { answer, notices: parcel.deliveries.length };
}

/** Whether this is an acknowledgement of an incident that has ended since. */
async function isLate(store: IncidentStore, { type, incident, episode }: Delivery): Promise<boolean> {
  if (type !== "incident.acknowledged") return false;
  const found = await store.getIncident(incident);
  return found?.state !== "open" || found.episode !== episode;
}

/** Log fields of a notice. */
const fieldsOf = ({ publicUrl }: Config, { id, webhook, incident }: Delivery) => ({
  notice: id,
  webhook,
  ...(publicUrl && { page: incidentUrl(publicUrl, incident) }),
});

interface Sent {
  parcel: Parcel;
  answer: SinkAnswer;
  beganMs: number;
}

/** Records the receipts, with one write for all notices whose receipts are equal. */
async function keepReceipts(context: DeliveryContext, { parcel, answer, beganMs }: Sent): Promise<Receipt[]> {
  const { ports, store, leaseMs } = context;
  const { webhook, deliveries } = parcel;
  const nowMs = ports.clock.now();
  const jitter = ports.random();
  if (answer.kind === "gone") await store.disableWebhook(webhook.id, beganMs);
  const byReceipt = new Map<string, { receipt: Receipt; ids: string[] }>();
  for (const delivery of deliveries) {
    const { death, ...own } = receiptOf(delivery, answer, { beganMs, nowMs, random: () => jitter });
    logReceipt(context, delivery, own, death !== undefined);
    const receipt = await repeated(context, delivery, webhook, own);
    const key = JSON.stringify(receipt);
    const same = byReceipt.get(key) ?? { receipt, ids: [] };
    same.ids.push(delivery.id);
    byReceipt.set(key, same);
  }
  // A success wakes the webhook's other notices, except those due within the lease: another attempt may hold
  // them.
  const wakes = answer.kind === "delivered" ? nowMs + leaseMs : undefined;
  const receipts = [...byReceipt.values()];
  for (const { receipt, ids } of receipts) {
    await store.recordAttempt(ids.length === 1 ? ids[0]! : ids, receipt, wakes);
  }
  return receipts.map(({ receipt }) => receipt);
}

function logReceipt(
  { ports: { log }, config }: DeliveryContext,
  delivery: Delivery,
  receipt: Receipt,
  isDead: boolean,
) {
  const fields = fieldsOf(config, delivery);
  if (receipt.state === "delivered") return log.info("notice delivered", fields);
  log.warn(isDead ? "notice is dead" : "notice not delivered", { ...fields, error: receipt.lastError });
}

/** The receipt, turned into a pending one if the sink must repeat the notice while its incident is open. */
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

/** One delivery by the webhook's sink, bounded by the deadline and `GRACE_MS`. Never rejects. */
function send(context: DeliveryContext, parcel: Parcel): Promise<SinkAnswer> {
  const { ports: { clock, secrets }, sinks } = context;
  const { deadlineMs = context.deadlineMs } = findSink(sinks, parcel.webhook.kind);
  const limitMs = deadlineMs + GRACE_MS;
  const fail = (detail: string): SinkAnswer => ({ kind: "unanswered", detail });
  const sent = handOver({ ...context, deadlineMs }, parcel)
    .catch((error) => fail(secrets.redact(messageOf(error))));
  return atMost(clock, limitMs, sent, () => fail(`timeout: no complete answer within ${limitMs} ms`));
}

async function handOver(
  { ports, sinks, deadlineMs, addLink }: DeliveryContext,
  { id, event: packed, deliveries, webhook: { kind, settings } }: Parcel,
): Promise<SinkAnswer> {
  const sink = findSink(sinks, kind);
  const event = await addLink(packed, deliveries);
  const message = { id, event, body: sink.render(event, settings) };
  return await sink.deliver(message, settings, { ...ports, deadlineMs });
}
