/**
 * Empties the outbox.
 *
 *     claim -> webhook known and enabled? -> not silenced? -> its sink renders, delivers -> receipt -> claim again
 *
 * A notice whose receipt is lost stays hidden until its claim runs out, then goes again with the same id and body.
 */
import type { Config, Webhook } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import { atMost, type Ports } from "../../base/ports.ts";
import type { Delivery, IncidentStore, OutboxStore, RecordStore } from "../../storage/store.ts";
import { applySilence, type SilenceReader, silenceReader } from "./silencing.ts";
import { Lanes } from "./lanes.ts";
import type { WebhookEvent } from "./event.ts";
import { deadReceipt, receiptOf } from "./retry.ts";
import { findSink, type Sink, type SinkAnswer } from "./sink.ts";
import { MINUTE_MS } from "../../base/time.ts";

/** The sinks of a deliverer and its bounds; times in ms. */
export interface DelivererOptions {
  /** Every kind that the config names. */
  sinks: readonly Sink[];
  /** At once, over all webhooks; the runtime may bound its connections. */
  parallel?: number;
  /** For one attempt, the answer's body included. */
  deadlineMs?: number;
  /** How long a claim hides a notice; longer than `deadlineMs`. */
  leaseMs?: number;
}

/** Bounds of one call. */
export interface CallOptions {
  /** Notices that one call takes up; the runtime may bound its requests. */
  most?: number;
  /** Once aborted nothing more is claimed; attempts under way end by themselves. */
  signal?: AbortSignal;
}

/** Bounds of a deliverer and of its only call. */
export type DeliverOptions = DelivererOptions & CallOptions;

/**
 * Sends every notice that is due until none is, and answers how many attempts it made. Rejects only with the store. Called beside a
 * call that is under way, it takes up what has come for lanes that are free.
 */
export interface Deliverer {
  (bounds?: CallOptions): Promise<number>;
  /** Why notices do not move; undefined: they do, or there are none. */
  fault(): string | undefined;
}

/** An attempt and its receipt take less by far: a call that has brought nothing to an end for so long is stuck. */
const STUCK_MS = 2 * MINUTE_MS;

/** What an attempt gets on top of its deadline, before it is given up whatever hangs. */
const GRACE_MS = 1_000;

/** The part of the store that a deliverer needs. */
export type DeliveryStore = OutboxStore & IncidentStore & RecordStore;

/** The only call of a deliverer. */
export function deliver(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  options: DeliverOptions,
): Promise<number> {
  return deliverer(ports, store, config, options)(options);
}

/** A deliverer over one store. Its calls share the lanes of each webhook, so that one that hangs holds up no other, whenever a notice comes. */
export function deliverer(
  ports: Ports,
  store: DeliveryStore,
  config: Config,
  { sinks, parallel = Infinity, deadlineMs = 15_000, leaseMs = MINUTE_MS }: DelivererOptions,
): Deliverer {
  const lanes = new Lanes(parallel);
  const known = new Set(config.webhooks.map(({ id }) => id));
  let calls = 0;
  let movedAt = 0;
  let hasFailed = false;
  const move = () => void (movedAt = ports.clock.elapsed());
  let looking: Promise<unknown> = Promise.resolve();

  /** A notice of any webhook: only if no other call is under way, for its lanes must be free. Calls that come meanwhile wait. */
  const look = async ({ claim }: Call) =>
    calls === 1 ? await (looking = claim()) : void await looking.catch(() => {});

  const send = async (call: Call): Promise<number> => {
    // Mostly one look says that nothing is due.
    const isAlone = calls === 1;
    const first = await look(call);
    if (isAlone && !first) return 0;
    const begin = (delivery: Delivery) =>
      lanes.lane(delivery.webhook, () => drain(lanes, call, delivery.webhook, delivery));
    const begun = first ? [begin(first)] : [];
    const free = [...known].flatMap((id) => lanes.free(id, () => drain(lanes, call, id)));
    const settled = await Promise.allSettled([...begun, ...free]);
    for (const lane of settled) if (lane.status === "rejected") throw lane.reason;
    // What is left is for webhooks that are not in the config any more.
    for (let left = await look(call); left; left = known.has(left.webhook) ? undefined : await look(call)) {
      await begin(left);
    }
    return call.made;
  };

  const call = async (bounds: CallOptions = {}) => {
    const post: DeliveryContext = {
      ports,
      store,
      config,
      sinks,
      deadlineMs,
      leaseMs,
      silences: silenceReader(ports, store),
    };
    if (calls++ === 0) move();
    try {
      const made = await send({ post, claim: claimer(post, bounds), move, made: 0 });
      hasFailed = false;
      return made;
    } catch (error) {
      hasFailed = true;
      throw error;
    } finally {
      calls--;
    }
  };
  const fault = () => {
    const idleMs = ports.clock.elapsed() - movedAt;
    if (calls > 0 && idleMs > STUCK_MS) return `no notice has moved for ${Math.floor(idleMs / 1_000)} s`;
    return hasFailed ? "the last delivery failed" : undefined;
  };
  return Object.assign(call, { fault });
}

interface DeliveryContext {
  ports: Ports;
  store: DeliveryStore;
  config: Config;
  sinks: readonly Sink[];
  deadlineMs: number;
  leaseMs: number;
  silences: SilenceReader;
}

interface Call {
  post: DeliveryContext;
  /** The next notice that is due, of one webhook or of any; undefined: there is none, or the call may take no more. */
  claim(webhook?: string): Promise<Delivery | undefined>;
  /** Notes that a notice has come a step further, or that none was due. */
  move(): void;
  /** Attempts so far. */
  made: number;
}

function claimer(
  { ports: { clock }, store, leaseMs }: DeliveryContext,
  { most = Infinity, signal }: CallOptions,
): Call["claim"] {
  let left = most;
  return async (webhook) => {
    if (signal?.aborted || left < 1) return undefined;
    left--;
    const [claimed] = await store.claimDeliveries({ nowMs: clock.now(), leaseMs, limit: 1, webhook });
    if (!claimed) left++;
    return claimed;
  };
}

/** Sends what is due for one webhook, one after the other. */
async function drain(lanes: Lanes, call: Call, webhook: string, first?: Delivery): Promise<void> {
  // Claimed only when its turn has come: a claim must not run out in the queue.
  const step = (begin?: Delivery) =>
    lanes.turn(webhook, async () => {
      const next = begin ?? await call.claim(webhook);
      call.move();
      if (!next) return false;
      const answer = await attempt(call.post, next);
      call.move();
      if (answer) {
        call.made++;
        lanes.noteAnswer(webhook, answer.kind !== "unanswered");
      }
      return true;
    });
  let isDue = await step(first);
  while (isDue) isDue = await step();
}

/** Brings one notice one step further; undefined if it was not sent. */
async function attempt(context: DeliveryContext, delivery: Delivery): Promise<SinkAnswer | undefined> {
  const { ports: { clock, random, log }, store, config } = context;
  const webhook = config.webhooks.find(({ id }) => id === delivery.webhook);
  const beganMs = clock.now();
  const fields = { notice: delivery.id, webhook: delivery.webhook };
  if (!webhook || Object.hasOwn(await store.listDisabledWebhooks(), webhook.id)) {
    const receipt = deadReceipt(delivery, webhook ? "disabled" : "removed", beganMs);
    await store.recordAttempt(delivery.id, receipt);
    log.warn("notice is dead", { ...fields, error: receipt.lastError });
    return undefined;
  }
  const quiet = await applySilence(context, delivery, beganMs);
  if (quiet) {
    const { attempts, lastAttemptAt, lastStatus } = delivery;
    await store.recordAttempt(delivery.id, { ...quiet, attempts, lastAttemptAt, lastStatus });
    log.info("notice held or dropped by a silence", { ...fields, reason: quiet.lastError });
    return undefined;
  }
  const answer = await send(context, webhook, delivery);
  const nowMs = clock.now();
  const { death, ...receipt } = receiptOf(delivery, answer, { beganMs, nowMs, random });
  if (death === "gone") await store.disableWebhook(webhook.id, beganMs);
  const isDelivered = receipt.state === "delivered";
  // What is due sooner than a claim lasts may be under way.
  await store.recordAttempt(delivery.id, receipt, isDelivered ? nowMs + context.leaseMs : undefined);
  if (isDelivered) log.info("notice delivered", fields);
  else log.warn(death ? "notice is dead" : "notice not delivered", { ...fields, error: receipt.lastError });
  return answer;
}

/** One delivery by the webhook's sink; whatever hangs, it ends. */
function send(context: DeliveryContext, webhook: Webhook, delivery: Delivery): Promise<SinkAnswer> {
  const { ports: { clock, secrets }, deadlineMs } = context;
  const limitMs = deadlineMs + GRACE_MS;
  const fail = (detail: string): SinkAnswer => ({ kind: "unanswered", detail });
  const sent = handOver(context, webhook, delivery).catch((error) => fail(secrets.redact(messageOf(error))));
  return atMost(clock, limitMs, sent, () => fail(`timeout: no complete answer within ${limitMs} ms`));
}

async function handOver(
  { ports, sinks, deadlineMs }: DeliveryContext,
  { kind, settings }: Webhook,
  { id, body }: Delivery,
): Promise<SinkAnswer> {
  const sink = findSink(sinks, kind);
  const event: WebhookEvent = JSON.parse(body);
  const message = { id, event, body: sink.render(event, settings) };
  return await sink.deliver(message, settings, { ...ports, deadlineMs });
}
