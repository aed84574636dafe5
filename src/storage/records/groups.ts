/** State of incident groups: one record per webhook and group. Its `order` makes writes compare-and-set. */
import * as z from "../../base/zod.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";
import type { RecordStore } from "../store.ts";

const time = z.number();
const yes = z.optional(z.literal(true));

const member = z.object({
  incident: z.string(),
  episode: z.int().check(z.describe("The newest episode the receiver may know.")),
  isAcknowledged: yes,
  isOver: yes.check(z.describe("Its resolution was sent and may have arrived.")),
});

const alert = z.object({
  key: z.string(),
  joinUntil: time.check(z.describe("Incidents that open until then join it.")),
  dueAt: time.check(z.describe("Its next message waits until then.")),
  busyUntil: time.check(
    z.describe("A message of it may be in flight until then; no other is sent meanwhile."),
  ),
  members: z.array(member),
});

const state = z.object({
  dueAt: time.check(z.describe("The next message waits until then.")),
  isCollecting: yes.check(z.describe("A notice waits for `dueAt`.")),
  alerts: z.array(alert).check(z.describe("For receivers that keep one alert per key.")),
});

/** An incident of an alert. */
export type GroupMember = z.infer<typeof member>;
/** An alert that a receiver keeps under one key; times are epoch ms. */
export type GroupAlert = z.infer<typeof alert>;
/** State of one group; times are epoch ms. */
export type GroupState = z.infer<typeof state>;

/** A group as read. */
export interface StoredGroup {
  key: string;
  order: number;
  state: GroupState;
}

const MAX_GROUPS = 1_000;
/** Retention of a group with alerts after its last message. */
const ALERT_MS = 90 * DAY_MS;

const under = (webhook: string) => `${encodeURIComponent(webhook)}/`;

/** The groups of a webhook; with `key`, only that one. A state in an unknown shape is read as a new group. */
export async function listGroups(store: RecordStore, webhook: string, key = ""): Promise<StoredGroup[]> {
  const prefix = under(webhook);
  const records = await store.listRecords({ kind: "group", under: prefix + key, limit: MAX_GROUPS });
  const groups = records.map((record) => ({
    key: record.key.slice(prefix.length),
    order: record.order,
    state: decode(record.value) ?? { dueAt: 0, alerts: [] },
  }));
  return key === "" ? groups : groups.filter((group) => group.key === key);
}

function decode(value: string): GroupState | undefined {
  try {
    return state.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}

/** Stores a group's state. False, without a change, if another process has written it since it was read. */
export function putGroup(
  store: RecordStore,
  webhook: string,
  { key, order, state, nowMs }: StoredGroup & { nowMs: number },
): Promise<boolean> {
  const keepMs = state.alerts.length > 0 ? ALERT_MS : HOUR_MS;
  return store.putRecord({
    kind: "group",
    key: under(webhook) + key,
    order: order + 1,
    value: JSON.stringify(state),
    expiresAt: Math.max(nowMs, state.dueAt) + keepMs,
  });
}
