import { expect, test } from "vitest";
import { countTimeouts, isLeftOut, walkedShare, wasLeftOut } from "../../src/judgement/hanging.ts";
import type { ProberState } from "../../src/judgement/state.ts";
import { compileCron } from "../../src/config/cron.ts";
import { roundOf } from "../world/scripted_probers.ts";

const MINUTE = 60_000;
const EVERY_MINUTE = { everyMs: MINUTE };
/** Weekdays at 10 and 11 UTC: the gaps are an hour, 23 hours and, from Friday on, 71. */
const UNEVEN = { cron: compileCron("0 10,11 * * 1-5") };
const FRIDAY = Date.UTC(2026, 10, 27, 11), MONDAY = Date.UTC(2026, 10, 30, 10);

/** A prober whose last walk began at `at`, after so many that timed out. */
const proberAt = (at: number, timeouts?: number): ProberState => ({
  standing: { vote: "down", recent: [], failed: [] },
  phases: { everReady: true },
  contradictions: 0,
  timeouts,
  witness: { slot: at, word: "down", before: null, outcome: "fail", totalMs: 1 },
});

test.each<[string, number | undefined, Parameters<typeof roundOf>[0], number | undefined]>([
  ["the first", undefined, "hanging", 1],
  ["the fifth", 4, "hanging", 5],
  ["no more are counted", 5, "hanging", 5],
  ["a failure in time ends it", 5, "down", undefined],
  ["an answer ends it", 5, "ready", undefined],
  ["what we do not know ends it: it did not time out", 5, "limited", undefined],
])("slots in a row that timed out: %s", (_, before, said, after) => {
  expect(countTimeouts(before, roundOf(said, 0))).toBe(after);
});

test("a journey that is not judged for want of time is no failure that timed out", () => {
  const hanging = roundOf("hanging", 0);
  const observation = { ...hanging.observation, outcome: "error" } as const;
  expect(countTimeouts(4, { ...hanging, observation })).toBeUndefined();
});

test.each<
  [
    string,
    Parameters<typeof isLeftOut>[0]["schedule"],
    number | undefined,
    number,
    number,
    "turn" | "confirmation",
    boolean,
  ]
>([
  ["the slot after the fifth", EVERY_MINUTE, 5, 0, MINUTE, "turn", true],
  ["after four", EVERY_MINUTE, 4, 0, MINUTE, "turn", false],
  ["without any", EVERY_MINUTE, undefined, 0, MINUTE, "turn", false],
  ["the slot after one that was left out", EVERY_MINUTE, 5, 0, 2 * MINUTE, "turn", false],
  ["the slot after one that was lost", EVERY_MINUTE, 5, 0, 3 * MINUTE, "turn", false],
  ["a slot before the last, by a clock that stepped back", EVERY_MINUTE, 5, MINUTE, 0, "turn", false],
  ["a confirmation", EVERY_MINUTE, 5, 0, 25_000, "confirmation", false],
  ["the slot after a confirmation", EVERY_MINUTE, 5, 25_000, MINUTE, "turn", true],
  ["the second one after a confirmation", EVERY_MINUTE, 5, 25_000, 2 * MINUTE, "turn", false],
  ["cron: the next run, however far", UNEVEN, 5, FRIDAY, MONDAY, "turn", true],
  ["cron: the run after it", UNEVEN, 5, FRIDAY, MONDAY + 60 * MINUTE, "turn", false],
])("what is left out: %s", (_, schedule, timeouts, lastAt, at, kind, leftOut) => {
  expect(isLeftOut({ schedule }, proberAt(lastAt, timeouts), { slot: at, at, kind })).toBe(leftOut);
});

test.each<[string, number | undefined, string, boolean]>([
  ["a check that hangs", 5, "budget", true],
  ["want of room", undefined, "budget", false],
  ["want of time, of one that hangs", 5, "deadline", false],
])("whether a slot was left out on purpose: %s", (_, timeouts, reason, expected) => {
  expect(wasLeftOut({ timeouts, missed: { slot: 0, reason } })).toBe(expected);
});

test.each([[1, 1], [5, 1], [6, 5 / 6], [7, 6 / 7], [1_440, 722 / 1_440]])(
  "of %i slots of a day that all hang, %f are walked",
  (runs, share) => expect(walkedShare(runs)).toBeCloseTo(share, 12),
);
