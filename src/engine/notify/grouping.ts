/**
 * Sends several notices of one webhook as one message. Notices stay in the outbox until the receiver has
 * accepted the message. The group's state is one record; only the process that wrote it last may send.
 *
 *     claimed -> decide -> later | find its mates -> join -> send -> receipts -> settle
 */
import type { Grouping } from "../../config/grouping.ts";
import { UNGROUPED } from "../../config/schema/group_fields.ts";
import type { Config, Webhook } from "../../config/config.ts";
import type { Route } from "../../config/routes.ts";
import { matches } from "../../base/glob.ts";
import { semaphore } from "../../base/semaphore.ts";
import { SECOND_MS } from "../../base/time.ts";
import { fingerprint } from "../../storage/codec.ts";
import { listGroups, putGroup, type StoredGroup } from "../../storage/records/groups.ts";
import type { Delivery, OutboxStore, RecordStore } from "../../storage/store.ts";
import type { WebhookEvent } from "./event.ts";
import {
  alertWith,
  decideTurn,
  type GroupDecision,
  type GroupMessage,
  type GroupTimes,
  type GroupTurn,
  isMate,
  joinTurns,
  settleAlert,
} from "./group.ts";
import { groupEvent } from "./group_event.ts";
import { REMINDER } from "./reminder.ts";
import { routed } from "./route.ts";
import type { Sink } from "./sink.ts";

/** How many pending notices one claim scans, and the page size of the scan. */
const MAX_SCANNED = 2_000;
const PAGE = 200;
/** Other notices in one message, and how many are admitted concurrently. */
const MAX_MATES = 499;
const TOGETHER = 10;
/** Attempts to write the record before the claim is put back for a short retry. */
const TRIES = 5;
/** `lastError` of a notice that waits for its group. */
const WAITS = "waits for the next message of its group";
const RETRY_MS = 2 * SECOND_MS;
const INTERVAL_MS = 30 * SECOND_MS;

/** How incidents are grouped for a receiver: the fields they share, and the waiting times. */
export interface EffectiveGrouping extends GroupTimes {
  by: readonly string[];
}

/** A rule's grouping with its defaults; undefined if each incident is its own message. */
export function groupingOf(
  { grouping }: Pick<Sink, "grouping">,
  { by, waitMs = 0, intervalMs = INTERVAL_MS }: Grouping = {},
): EffectiveGrouping | undefined {
  if (grouping === "never" || by?.includes(UNGROUPED)) return undefined;
  if (by === undefined && grouping === "asked") return undefined;
  return { by: by ?? [], waitMs, intervalMs };
}

/** Whether one message to this receiver may contain several incidents. */
export const mayGroup = (sink: Pick<Sink, "grouping">, routes: readonly Route[] = []): boolean =>
  groupingOf(sink) !== undefined || sink.grouping === "asked" && routes.some(groups);

const groups = ({ grouping, routes }: Route): boolean => grouping?.by !== undefined || routes.some(groups);

/** A claimed notice, and what bundling it needs. */
export interface BundleRequest {
  store: OutboxStore & RecordStore;
  config: Config;
  webhook: Webhook;
  sink: Sink;
  /** The notice as a message of its own. */
  alone: Bundle;
  /** Epoch ms. */
  nowMs: number;
  /** How many other notices the message may contain. */
  room: number;
  /** Whether this process is sending a notice now. */
  isUnderWay(id: string): boolean;
  /** Whether a notice may be sent now; if not, records why. */
  admit(delivery: Delivery): Promise<boolean>;
}

/** Notices sent as one message. */
export interface Bundle {
  /** Idempotency key: the same notices have the same id. */
  id: string;
  deliveries: readonly [Delivery, ...Delivery[]];
  event: WebhookEvent;
  /** Runs after the receipts are stored. `isDone`: none of the notices will be retried. */
  settle?(isDone: boolean): Promise<void>;
}

/** The message a notice goes in, alone or with others; undefined if it waits for its group (recorded). */
async function bundle(request: BundleRequest): Promise<Bundle | undefined> {
  for (let n = 0; n < TRIES; n++) {
    const bundled = await bundleOnce(request);
    if (bundled !== "again") return bundled;
  }
  await wait(request, [], request.nowMs + RETRY_MS);
}

/** Puts a notice and its mates off until the next message of their group. */
async function wait(
  { store, alone }: BundleRequest,
  mates: readonly Delivery[],
  nextAt: number,
): Promise<void> {
  const [{ id, attempts, lastAttemptAt, lastStatus }] = alone.deliveries;
  const receipt = { state: "pending", nextAt, lastError: WAITS } as const;
  await store.recordAttempt(id, { ...receipt, attempts, lastAttemptAt, lastStatus });
  // A mate that is held for another reason keeps that reason.
  const idle = mates.filter(({ attempts, lastError }) => attempts === 0 && lastError === undefined);
  if (idle.length > 0) await store.recordAttempt(idle.map(({ id }) => id), { ...receipt, attempts: 0 });
}

/** Whether the receiver holds an alert with this incident. If so, it must get the resolution. */
async function isOfAlert(
  store: RecordStore,
  { webhook, incident }: Pick<Delivery, "webhook" | "incident">,
): Promise<boolean> {
  return (await listGroups(store, webhook)).some(({ state }) => alertWith(state, incident));
}

/** Grouping as the deliverer uses it; passed in only if the config groups incidents. */
export const grouping = { bundle, isOfAlert, mayGroup };
/** Type of {@linkcode grouping}. */
export type GroupingModule = typeof grouping;

async function bundleOnce(request: BundleRequest): Promise<Bundle | "again" | undefined> {
  const { store, config, webhook, sink, alone, nowMs } = request;
  const [leader] = alone.deliveries;
  const place = placeOf(config, request, leader);
  const holdsAlerts = sink.keepsState === true && sink.grouping !== "never";
  if (!place && !holdsAlerts) return alone;
  const groups = await listGroups(store, webhook.id, holdsAlerts ? "" : place!.key);
  const own = groupIn(groups, leader, place);
  if (!own) return alone;
  const { waitMs, intervalMs } = place ?? { waitMs: 0, intervalMs: 0 };
  const moment = { nowMs, waitMs, intervalMs, holdsAlerts };
  const decision = decideTurn(own.state, turnOf(leader), moment);
  if (decision.alert === "none" && holdsAlerts) return alone;
  const mates = await matesOf(request, { groups, own, decision });
  if (decision.kind === "later") {
    if (decision.state && !await keep(request, own, decision.state)) return "again";
    await wait(request, mates, decision.at);
    return undefined;
  }
  const deliveries: [Delivery, ...Delivery[]] = [leader, ...await admitted(request, mates)];
  const isTaken = (key: string) => groups.some(({ state }) => state.alerts.some((one) => one.key === key));
  const turns = deliveries.map(turnOf) as [GroupTurn, ...GroupTurn[]];
  const message = joinTurns(own.state, turns, decision.alert, { ...moment, isTaken });
  if (!await keep(request, own, message.state)) return "again";
  return {
    id: idOf(deliveries),
    deliveries,
    event: eventOf(config, deliveries, message),
    settle: (isDone) => settleOf(request, own.key, { turns, isDone, key: message.key }),
  };
}

interface Place extends EffectiveGrouping {
  /** Key of the group: the rule's path and the values its incidents share. */
  key: string;
}

/** The group a notice belongs to; undefined if it is sent alone. */
function placeOf(
  config: Config,
  { webhook, sink }: Pick<BundleRequest, "webhook" | "sink">,
  { body }: Delivery,
): Place | undefined {
  const { incident, target, check } = (JSON.parse(body) as WebhookEvent).data;
  const { family, kind, severity, scope } = incident;
  const subject = {
    target: target.id,
    check: check.id,
    family,
    kind,
    severity,
    region: scope,
    labels: target.labels,
  };
  const rule = routed(config, subject).find((one) => one.webhook === webhook.id);
  const own = groupingOf(sink, rule?.grouping);
  // Without the resolution event a grouped alert would never end.
  const isEnded = webhook.events.some((glob) => matches(glob, "incident.resolved"));
  if (!own || sink.keepsState && !isEnded) return undefined;
  const values = own.by.map((field) =>
    field.startsWith("labels.")
      ? subject.labels[field.slice("labels.".length)] ?? ""
      : subject[field as Exclude<keyof typeof subject, "labels">]
  );
  return { ...own, key: [rule?.rule ?? "", ...values].map(encodeURIComponent).join("/") };
}

/** The group whose alert already contains the incident, else the group it belongs to by its key. */
const groupIn = (
  groups: readonly StoredGroup[],
  { incident }: Delivery,
  place: Place | undefined,
): StoredGroup | undefined =>
  groups.find(({ state }) => alertWith(state, incident)) ??
    groups.find(({ key }) => key === place?.key) ??
    (place && { key: place.key, order: 0, state: { dueAt: 0, alerts: [] } });

const turnOf = ({ id, incident, episode = 0, type, createdAt, attempts }: Delivery): GroupTurn => ({
  id,
  incident,
  episode,
  change: type.slice("incident.".length) as GroupTurn["change"],
  createdAt,
  wasTried: attempts > 0,
});

interface Gathering {
  groups: readonly StoredGroup[];
  own: StoredGroup;
  decision: GroupDecision;
}

/** Other notices that are due and belong in the same message. */
async function matesOf(
  { store, config, webhook, sink, alone, nowMs, room, isUnderWay }: BundleRequest,
  { groups, own, decision: { alert } }: Gathering,
): Promise<Delivery[]> {
  if (room < 1) return [];
  const { pending, isWhole } = await pendingOf(store, webhook.id);
  return pending.filter((one) =>
    // After a partial scan only openings are safe: an unseen older notice might have to go before any other
    // type.
    (isWhole || one.type === "incident.opened") &&
    one.type !== REMINDER && one.nextAt <= nowMs && one.id !== alone.id && !isUnderWay(one.id) &&
    groupIn(groups, one, placeOf(config, { webhook, sink }, one))?.key === own.key &&
    isMate(own.state, turnOf(one), alert)
  ).slice(0, Math.min(room, MAX_MATES));
}

/**
 * The next notice of each incident and episode of a webhook, oldest first. `isWhole`: the scan was complete.
 */
async function pendingOf(
  store: OutboxStore,
  webhook: string,
): Promise<{ pending: Delivery[]; isWhole: boolean }> {
  const heads = new Map<string, Delivery>();
  let next: string | null | undefined;
  for (let scanned = 0; scanned < MAX_SCANNED && next !== null; scanned += PAGE) {
    const page = await store.listDeliveries({ state: "pending", limit: PAGE, before: next });
    // Pages are newest first, so the last write for an episode is its oldest notice.
    for (const one of page.items) {
      if (one.webhook === webhook) heads.set(`${one.episode} ${one.incident}`, one);
    }
    next = page.next;
  }
  return { pending: [...heads.values()].toSorted((a, b) => a.seq - b.seq), isWhole: next === null };
}

async function admitted({ admit }: BundleRequest, mates: readonly Delivery[]): Promise<Delivery[]> {
  const turn = semaphore(TOGETHER);
  const kept = await Promise.all(mates.map((mate) => turn(async () => await admit(mate) ? [mate] : [])));
  return kept.flat();
}

const keep = ({ store, webhook, nowMs }: BundleRequest, own: StoredGroup, state: StoredGroup["state"]) =>
  putGroup(store, webhook.id, { ...own, state, nowMs });

async function settleOf(
  request: BundleRequest,
  group: string,
  { key, ...outcome }: { key?: string; turns: readonly GroupTurn[]; isDone: boolean },
): Promise<void> {
  if (key === undefined) return;
  // If every write loses to another process, the alert becomes free when `busyUntil` passes.
  for (let n = 0; n < TRIES; n++) {
    const [own] = await listGroups(request.store, request.webhook.id, group);
    if (!own || await keep(request, own, settleAlert(own.state, key, outcome))) return;
  }
}

/** A single incident outside an alert is sent as its ordinary event. */
function eventOf(
  { publicUrl }: Config,
  deliveries: readonly [Delivery, ...Delivery[]],
  { change, key, open, isAlone }: GroupMessage,
): WebhookEvent {
  const [first, ...rest] = deliveries.map(({ id, body }) => ({
    id,
    event: JSON.parse(body) as WebhookEvent,
  }));
  if (isAlone) return first!.event;
  return groupEvent([first!, ...rest], { change, alert: key, open, publicUrl });
}

/** The same notices always give the same id, so a receiver recognizes a retry. */
function idOf([first, ...rest]: readonly [Delivery, ...Delivery[]]): string {
  return rest.length === 0 ? first.id : `${first.id}_and_${fingerprint(rest.map(({ id }) => id).join(" "))}`;
}
