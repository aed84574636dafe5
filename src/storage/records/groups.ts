/** What is known of groups of incidents: a record for each webhook and group, whose order shows which process has seen the newest. */
import * as z from "../../base/zod.ts";
import { DAY_MS, HOUR_MS } from "../../base/time.ts";
import type { RecordStore } from "../store.ts";

const time = z.number();
const yes = z.optional(z.literal(true));

const member = z.object({
  incident: z.string(),
  episode: z.int().check(z.describe("The newest that the receiver may have heard of.")),
  isAcknowledged: yes,
  isOver: yes.check(z.describe("Its end was sent, and perhaps taken.")),
});

const alert = z.object({
  key: z.string(),
  joinUntil: time.check(z.describe("It takes what opens until then.")),
  dueAt: time.check(z.describe("What is new of it waits until then.")),
  busyUntil: time.check(
    z.describe("A message of it is on its way until then at most; no other may overtake it."),
  ),
  members: z.array(member),
});

const state = z.object({
  dueAt: time.check(z.describe("What is new waits until then.")),
  isCollecting: yes.check(z.describe("Something waits for it.")),
  alerts: z.array(alert).check(z.describe("Of a receiver that holds an alert for each key.")),
});

/** An incident of an alert. */
export type GroupMember = z.infer<typeof member>;
/** What a receiver holds under one key; times are epoch ms. */
export type GroupAlert = z.infer<typeof alert>;
/** What is known of one group; times are epoch ms. */
export type GroupState = z.infer<typeof state>;

/** A group as it was read. */
export interface StoredGroup {
  key: string;
  order: number;
  state: GroupState;
}

const MAX_GROUPS = 1_000;
/** How long an alert without further notices is remembered. */
const ALERT_MS = 90 * DAY_MS;

const under = (webhook: string) => `${encodeURIComponent(webhook)}/`;

/** The groups of a webhook; with `key` only that one. What another version wrote in another shape is as new. */
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

/** Keeps what is known of a group. False: somebody else has written since it was read, nothing was changed. */
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
