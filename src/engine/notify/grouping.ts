/**
 * Notices of one webhook that go as one message. All stay in the outbox until the message was taken; what is known of their group is
 * one record, and the process that has written it last may send.
 *
 *     claimed -> decide -> later | gather what waits with it -> join -> sent -> receipts -> settle
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

/** Pending notices that are looked through, a page after the other. */
const MAX_SCANNED = 2_000;
const PAGE = 200;
/** Notices in one message, and those that are looked at together. */
const MAX_MATES = 499;
const TOGETHER = 10;
/** After so many changes of the record by others it is tried again soon. */
const TRIES = 5;
/** Why a notice of a group is not sent yet. */
const WAITS = "waits for the next message of its group";
const RETRY_MS = 2 * SECOND_MS;
const INTERVAL_MS = 30 * SECOND_MS;

/** How incidents are grouped for a receiver: what they have in common, and the times. */
export interface EffectiveGrouping extends GroupTimes {
  by: readonly string[];
}

/** What a rule says, defaults filled in; undefined: each incident is a message of its own. */
export function groupingOf(
  { grouping }: Pick<Sink, "grouping">,
  { by, waitMs = 0, intervalMs = INTERVAL_MS }: Grouping = {},
): EffectiveGrouping | undefined {
  if (grouping === "never" || by?.includes(UNGROUPED)) return undefined;
  if (by === undefined && grouping === "asked") return undefined;
  return { by: by ?? [], waitMs, intervalMs };
}

/** Whether a receiver may get several incidents in one message. */
export const mayGroup = (sink: Pick<Sink, "grouping">, routes: readonly Route[] = []): boolean =>
  groupingOf(sink) !== undefined || sink.grouping === "asked" && routes.some(groups);

const groups = ({ grouping, routes }: Route): boolean => grouping?.by !== undefined || routes.some(groups);

/** What is asked about a notice that is claimed. */
export interface BundleRequest {
  store: OutboxStore & RecordStore;
  config: Config;
  webhook: Webhook;
  sink: Sink;
  /** The notice by itself. */
  alone: Bundle;
  /** Epoch ms. */
  nowMs: number;
  /** Notices that may go with it. */
  room: number;
  /** Whether a notice is being sent by this process. */
  isUnderWay(id: string): boolean;
  /** Whether a notice is to be sent now; if not, that is recorded. */
  admit(delivery: Delivery): Promise<boolean>;
}

/** Notices that go as one message. */
export interface Bundle {
  /** The same for the same notices. */
  id: string;
  deliveries: readonly [Delivery, ...Delivery[]];
  event: WebhookEvent;
  /** After the receipts. `isDone`: none of them goes again. */
  settle?(isDone: boolean): Promise<void>;
}

/** What goes with a notice, perhaps nothing; undefined: it waits for its group, which is recorded. */
async function bundle(request: BundleRequest): Promise<Bundle | undefined> {
  for (let n = 0; n < TRIES; n++) {
    const came = await bundleOnce(request);
    if (came !== "again") return came;
  }
  await wait(request, [], request.nowMs + RETRY_MS);
}

/** Leaves a notice, and those that came with it, until the next message of their group. */
async function wait(
  { store, alone }: BundleRequest,
  mates: readonly Delivery[],
  nextAt: number,
): Promise<void> {
  const [{ id, attempts, lastAttemptAt, lastStatus }] = alone.deliveries;
  const receipt = { state: "pending", nextAt, lastError: WAITS } as const;
  await store.recordAttempt(id, { ...receipt, attempts, lastAttemptAt, lastStatus });
  // What says why it was held goes on saying so.
  const idle = mates.filter(({ attempts, lastError }) => attempts === 0 && lastError === undefined);
  if (idle.length > 0) await store.recordAttempt(idle.map(({ id }) => id), { ...receipt, attempts: 0 });
}

/** Whether the receiver holds an alert that an incident is of: then it gets the resolution. */
async function isOfAlert(
  store: RecordStore,
  { webhook, incident }: Pick<Delivery, "webhook" | "incident">,
): Promise<boolean> {
  return (await listGroups(store, webhook)).some(({ state }) => alertWith(state, incident));
}

/** What the outbox needs of a config whose incidents are grouped. */
export const grouping = { bundle, isOfAlert, mayGroup };
/** It. */
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
  /** Of the group: the rule, and what its incidents have in common. */
  key: string;
}

/** The group of a notice; undefined: it goes by itself. */
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
  // An alert whose resolution is not sent would never end.
  const isEnded = webhook.events.some((glob) => matches(glob, "incident.resolved"));
  if (!own || sink.keepsState && !isEnded) return undefined;
  const values = own.by.map((field) =>
    field.startsWith("labels.")
      ? subject.labels[field.slice("labels.".length)] ?? ""
      : subject[field as Exclude<keyof typeof subject, "labels">]
  );
  return { ...own, key: [rule?.rule ?? "", ...values].map(encodeURIComponent).join("/") };
}

/** The group that holds an incident, else the one that it belongs to. */
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

/** What is due as well, and goes in the same message. */
async function matesOf(
  { store, config, webhook, sink, alone, nowMs, room, isUnderWay }: BundleRequest,
  { groups, own, decision: { alert } }: Gathering,
): Promise<Delivery[]> {
  if (room < 1) return [];
  const { pending, isWhole } = await pendingOf(store, webhook.id);
  return pending.filter((one) =>
    // Of what was not seen something may come before it, but for an opening.
    (isWhole || one.type === "incident.opened") &&
    one.type !== REMINDER && one.nextAt <= nowMs && one.id !== alone.id && !isUnderWay(one.id) &&
    groupIn(groups, one, placeOf(config, { webhook, sink }, one))?.key === own.key &&
    isMate(own.state, turnOf(one), alert)
  ).slice(0, Math.min(room, MAX_MATES));
}

/** The next notice of each incident and episode of a webhook, oldest first; `isWhole`: all of them were looked through. */
async function pendingOf(
  store: OutboxStore,
  webhook: string,
): Promise<{ pending: Delivery[]; isWhole: boolean }> {
  const heads = new Map<string, Delivery>();
  let next: string | null | undefined;
  for (let scanned = 0; scanned < MAX_SCANNED && next !== null; scanned += PAGE) {
    const page = await store.listDeliveries({ state: "pending", limit: PAGE, before: next });
    // Newest first: what is set last of an episode is its oldest.
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
  // If others write it all the time, it is free when its time is over.
  for (let n = 0; n < TRIES; n++) {
    const [own] = await listGroups(request.store, request.webhook.id, group);
    if (!own || await keep(request, own, settleAlert(own.state, key, outcome))) return;
  }
}

/** One incident alone is sent as ever. */
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

/** A repetition of the same notices has the same id, and another message has another. */
function idOf([first, ...rest]: readonly [Delivery, ...Delivery[]]): string {
  return rest.length === 0 ? first.id : `${first.id}_and_${fingerprint(rest.map(({ id }) => id).join(" "))}`;
}
