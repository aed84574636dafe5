import { expect, test } from "vitest";
import { scheduleSightings } from "../../../src/engine/settler/schedule_lag.ts";

const MINUTE = 60_000;
const T = Date.UTC(2026, 0, 1, 10, 4);

test.each<[string, lateMs: number, before: number | undefined, said: [minute: number, cause?: string][]]>([
  ["in time", 0, 1, [[0]]],
  ["thirty seconds late", 30_000, 1, [[0]]],
  ["later than that", 30_001, 1, [[0, "the minute 10:04 UTC began 30 s late"]]],
  ["the first that is known of", 59_000, undefined, [[0, "the minute 10:04 UTC began 59 s late"]]],
  ["one was missed", 0, 2, [[-1, "the minute before 10:04 UTC never began"], [0]]],
  [
    "a day was missed",
    0,
    1_441,
    [-3, -2, -1].map((at) =>
      [at, "the 1440 minutes before 10:04 UTC never began"] as [
        number,
        string?,
      ]
    ).concat([[0]]),
  ],
  ["it was begun before", 59_000, 0, []],
  ["a later one was begun before", 0, -5, []],
])("%s", (_, lateMs, before, said) => {
  const beforeMs = before === undefined ? undefined : T - before * MINUTE;
  expect(scheduleSightings({ minuteMs: T, nowMs: T + lateMs, beforeMs })).toEqual(
    said.map(([minute, cause]) => ({ kind: "schedule", at: T + minute * MINUTE, cause })),
  );
});
