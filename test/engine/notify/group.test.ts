/** What follows from what is known of a group: the corners that no story reaches by itself. */
import { describe, expect, test } from "vitest";
import { DAY_MS, SECOND_MS } from "../../../src/base/time.ts";
import { decideTurn, type GroupTurn, joinTurns, settleAlert } from "../../../src/engine/notify/group.ts";
import type { GroupAlert, GroupState } from "../../../src/storage/records/groups.ts";

const NOW = 1_000_000_000_000;
const MOMENT = { nowMs: NOW, waitMs: 0, intervalMs: 30 * SECOND_MS, holdsAlerts: true };

const turn = (incident: string, more: Partial<GroupTurn> = {}): GroupTurn => ({
  id: `${incident}_1_opened`,
  incident,
  episode: 1,
  change: "opened",
  createdAt: NOW,
  wasTried: false,
  ...more,
});
const alert = (more: Partial<GroupAlert> = {}): GroupAlert => ({
  ...{ key: "a", joinUntil: 0, dueAt: 0, busyUntil: 0 },
  members: [{ incident: "a", episode: 1 }],
  ...more,
});
const group = (...alerts: GroupAlert[]): GroupState => ({ dueAt: 0, alerts });

describe("a notice of an alert", () => {
  test.each<[string, Partial<GroupAlert>, boolean, number | "now"]>([
    ["goes if nothing speaks against it", {}, false, "now"],
    [
      "waits while another is on its way, though it was tried",
      { busyUntil: NOW + 20_000 },
      true,
      NOW + 2_000,
    ],
    ["does not wait for longer than that one may take", { busyUntil: NOW + 1_500 }, false, NOW + 1_500],
    [
      "does not wait for a time that a clock wrote which stepped back",
      { busyUntil: NOW + DAY_MS },
      false,
      "now",
    ],
    ["waits for the next message", { dueAt: NOW + 10_000 }, false, NOW + 10_000],
    ["waits for an interval at most", { dueAt: NOW + DAY_MS }, false, NOW + 30_000],
    ["does not wait if it was tried", { dueAt: NOW + 10_000 }, true, "now"],
  ])("%s", (_name, more, wasTried, expected) => {
    const decision = decideTurn(group(alert(more)), turn("a", { change: "updated", wasTried }), MOMENT);
    expect(decision.kind === "now" ? "now" : decision.at).toBe(expected);
  });
});

test.each<[string, GroupAlert, string | undefined]>([
  ["joins one that took another a moment ago", alert({ joinUntil: NOW }), "a"],
  ["joins none that took its last long ago", alert({ joinUntil: NOW - 1 }), undefined],
  [
    "joins none of which all is acknowledged",
    alert({
      joinUntil: NOW,
      members: [{ incident: "a", episode: 1, isAcknowledged: true }],
    }),
    undefined,
  ],
  [
    "joins none of which all is over",
    alert({
      joinUntil: NOW,
      members: [{ incident: "a", episode: 1, isOver: true }],
    }),
    undefined,
  ],
])("an opening %s", (_name, known, key) => {
  const { alert: chosen } = decideTurn(group(known), turn("b"), MOMENT);
  expect(typeof chosen === "object" ? chosen.key : undefined).toBe(key);
});

test("a key that the receiver holds for others is not taken again", () => {
  const taken = new Set(["a", "a_2"]);
  const { key } = joinTurns(group(), [turn("a", { episode: 2 })], "new", {
    ...MOMENT,
    isTaken: (key) => taken.has(key),
  });
  expect(key).toBe("a_3");
});

test("news of an older episode ends nothing", () => {
  const known = alert({ members: [{ incident: "a", episode: 2 }] });
  const message = joinTurns(group(known), [turn("a", { change: "resolved" })], known, {
    ...MOMENT,
    isTaken: () => false,
  });
  expect(message).toMatchObject({ change: "updated", open: 1 });
});

test("an alert ends once the resolution of its last incident was taken, not before", () => {
  const ended = turn("a", { change: "resolved" });
  const { state, key } = joinTurns(group(alert()), [ended], alert(), { ...MOMENT, isTaken: () => false });
  const own = group(state.alerts.at(-1)!);
  expect(settleAlert(own, key!, { turns: [ended], isDone: false }).alerts).toEqual([
    expect.objectContaining({
      key: "a",
      busyUntil: 0,
      members: [{ incident: "a", episode: 1, isOver: true }],
    }),
  ]);
  expect(settleAlert(own, key!, { turns: [ended], isDone: true }).alerts).toEqual([]);
});

test.each<[string, Partial<GroupAlert>, boolean]>([
  ["open for 90 days", { dueAt: NOW - 91 * DAY_MS }, false],
  ["open for a week", { dueAt: NOW - 7 * DAY_MS }, true],
  [
    "over for a week",
    { dueAt: NOW - 7 * DAY_MS, members: [{ incident: "a", episode: 1, isOver: true }] },
    false,
  ],
])("an alert that is %s without news", (_name, more, isKept) => {
  const { state } = joinTurns(group(alert(more)), [turn("b")], "new", { ...MOMENT, isTaken: () => false });
  expect(state.alerts.some(({ key }) => key === "a")).toBe(isKept);
});
