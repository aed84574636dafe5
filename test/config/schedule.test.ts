import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCron } from "../../src/config/cron.ts";
import { dealTurns, due, slots, staleAt, turnAt, turnsOf } from "../../src/config/schedule.ts";

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const at = (text: string) => Date.parse(`${text}Z`);
/** A schedule as it is written. */
type Schedule = { everyMs: number } | { cron: string };
const check = (schedule: Schedule, maxAgeMs?: number) => ({
  schedule: "cron" in schedule ? { cron: compileCron(schedule.cron) } : schedule,
  maxAgeMs,
});

describe("due", () => {
  test.each([
    ["every minute, on it", { everyMs: MINUTE }, "2026-03-02T10:07:00", true],
    ["every 5 minutes, on it", { everyMs: 5 * MINUTE }, "2026-03-02T10:05:00", true],
    ["every 5 minutes, beside it", { everyMs: 5 * MINUTE }, "2026-03-02T10:06:00", false],
    ["every 15 seconds, inside a minute", { everyMs: 15 * SECOND }, "2026-03-02T10:06:45", true],
    ["every 15 seconds, beside it", { everyMs: 15 * SECOND }, "2026-03-02T10:06:40", false],
    ["cron, on a Monday", { cron: "*/5 * * * mon-fri" }, "2026-03-02T10:05:00", true],
    ["cron, beside its minute", { cron: "*/5 * * * mon-fri" }, "2026-03-02T10:06:00", false],
    ["cron, inside its minute", { cron: "*/5 * * * mon-fri" }, "2026-03-02T10:05:30", false],
    ["cron, on a Sunday", { cron: "*/5 * * * mon-fri" }, "2026-03-01T10:05:00", false],
    ["cron in UTC, whatever the zone", { cron: "30 2 * * *" }, "2026-03-29T02:30:00", true],
    ["cron, the last day of February", { cron: "0 0 29 2 *" }, "2028-02-29T00:00:00", true],
  ])("%s", (_name, schedule, instant, expected) => {
    const one = check(schedule);
    expect(due([one], at(instant))).toEqual(expected ? [one] : []);
  });

  test("keeps the order of the checks", () => {
    const [a, b, c] = [check({ everyMs: MINUTE }), check({ everyMs: HOUR }), check({ cron: "* * * * *" })];
    expect(due([a!, b!, c!], at("2026-03-02T10:07:00"))).toEqual([a, c]);
  });
});

describe("slots", () => {
  const minute = at("2026-03-02T10:07:00");
  const seconds = (schedules: Schedule[], start = minute) =>
    slots(schedules.map((schedule) => check(schedule)), start).map((slot) => (slot - start) / SECOND);

  test.each<[string, Schedule[], number[]]>([
    ["no checks", [], []],
    ["one each minute", [{ everyMs: MINUTE }], [0]],
    ["one that is not due", [{ everyMs: 5 * MINUTE }], []],
    ["cron that is due", [{ cron: "7 10 * * *" }], [0]],
    ["cron that is not", [{ cron: "8 10 * * *" }], []],
    ["every 20 seconds", [{ everyMs: 20 * SECOND }], [0, 20, 40]],
    [
      "several periods, each instant once",
      [{ everyMs: 20 * SECOND }, { everyMs: 30 * SECOND }, { everyMs: MINUTE }],
      [0, 20, 30, 40],
    ],
    ["a period of broken seconds", [{ everyMs: 1_500 }], Array.from({ length: 40 }, (_, i) => i * 1.5)],
  ])("%s", (_name, schedules, expected) => {
    expect(seconds(schedules)).toEqual(expected);
  });

  test("are exactly the instants at which something is due", () => {
    const periods = fc.constantFrom(1, 2, 3, 5, 10, 12, 15, 20, 30, 60, 120, 300, 420);
    fc.assert(fc.property(fc.array(periods, { maxLength: 6 }), fc.nat(10_000_000), (list, minutes) => {
      const checks = list.map((seconds) => check({ everyMs: seconds * SECOND }));
      const start = minutes * MINUTE;
      const naive = Array.from({ length: 60 }, (_, i) => start + i * SECOND).filter((t) =>
        due(checks, t).length > 0
      );
      expect(slots(checks, start)).toEqual(naive);
    }));
  });
});

describe("staleAt", () => {
  test.each([
    ["2.5 periods", { everyMs: MINUTE }, undefined, "2026-03-02T10:00:00", "2026-03-02T10:02:30"],
    ["maxAge, if it is set", { everyMs: MINUTE }, 10 * MINUTE, "2026-03-02T10:00:00", "2026-03-02T10:10:00"],
    ["maxAge with cron", { cron: "0 * * * *" }, 3 * HOUR, "2026-03-02T10:00:00", "2026-03-02T13:00:00"],
    ["even cron", { cron: "*/5 * * * *" }, undefined, "2026-03-02T10:00:00", "2026-03-02T10:12:30"],
    // Friday 23:55, then Monday 00:00, 00:05 and 00:10.
    [
      "over a weekend",
      { cron: "*/5 * * * mon-fri" },
      undefined,
      "2026-03-06T23:55:00",
      "2026-03-09T00:07:30",
    ],
    // 10:00, 10:05, 11:00: the gap between the second and the third run is halved.
    ["uneven cron", { cron: "0,5 * * * *" }, undefined, "2026-03-02T09:05:00", "2026-03-02T10:32:30"],
  ])("%s", (_name, schedule, maxAgeMs, slot, expected) => {
    expect(staleAt(check(schedule, maxAgeMs), at(slot))).toBe(at(expected));
  });

  test("is after the second and before the third run to come", () => {
    const crons = [
      "* * * * *",
      "*/7 * * * *",
      "0,5 * * * *",
      "30 4 * * mon-fri",
      "15 10,22 * * 6",
    ];
    const schedules = fc.oneof(
      fc.constantFrom(...crons).map((cron): Schedule => ({ cron })),
      fc.constantFrom(1, 15, 60, 300, 3_600).map((s): Schedule => ({ everyMs: s * SECOND })),
    );
    const start = at("2026-01-01T00:00:00");
    fc.assert(
      fc.property(schedules, fc.nat(60 * 24 * 40), (schedule, minutes) => {
        const stepMs = "everyMs" in schedule ? schedule.everyMs : MINUTE;
        const slot = Math.floor((start + minutes * MINUTE) / stepMs) * stepMs;
        // The naive way: ask for each instant whether the check is due.
        const runs: number[] = [];
        for (let t = slot + stepMs; runs.length < 3; t += stepMs) {
          if (due([check(schedule)], t).length > 0) runs.push(t);
        }
        const stale = staleAt(check(schedule), slot);
        expect(stale).toBeGreaterThan(runs[1]!);
        expect(stale).toBeLessThan(runs[2]!);
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});

describe("turns", () => {
  /** Regions of so many probers each: `a0 a1`, `b0` ... */
  const regionsOf = (...sizes: number[]) =>
    sizes.map((size, r) => {
      const id = "abc"[r]!;
      const probers = Array.from({ length: size }, (_, p) => (
        { id: `${id}${p}`, region: id, kind: "local" as const }
      ));
      return {
        id,
        quorum: { open: "majority" as const, resolve: "majority" as const, minReporting: 1 },
        probers,
      };
    });

  test.each<[name: string, sizes: number[], turns: number, dealt: Record<string, number>]>([
    ["three single probers have one each", [1, 1, 1], 3, { a0: 0, b0: 1, c0: 2 }],
    ["of two turns the first has two of three", [1, 1, 1], 2, { a0: 0, b0: 1, c0: 0 }],
    ["first of each region, then the second", [2, 2], 3, { a0: 0, b0: 1, a1: 2, b1: 0 }],
    ["a region of its own size", [1, 3], 3, { a0: 0, b0: 1, b1: 2, b2: 0 }],
    ["one turn has all", [2, 1], 1, { a0: 0, a1: 0, b0: 0 }],
  ])(
    "%s",
    (_name, sizes, turns, dealt) =>
      expect(Object.fromEntries(dealTurns(regionsOf(...sizes), turns))).toEqual(dealt),
  );

  test.each([[3, [1, 1, 1], 3], [3, [2], 2], [3, [1], 1], [1, [3, 3], 1], [2, [3], 2]] as const)(
    "%d turns with regions of %j are %d",
    (turns, sizes, expected) => expect(turnsOf({ turns }, regionsOf(...sizes))).toBe(expected),
  );

  test("begin evenly over the period; with cron over the gap to the next run", () => {
    const slot = at("2026-03-02T10:00:00");
    const begins = (schedule: Schedule) =>
      [0, 1, 2].map((turn) => turnAt(check(schedule), slot, turn, 3) - slot);
    expect(begins({ everyMs: MINUTE })).toEqual([0, 20 * SECOND, 40 * SECOND]);
    expect(begins({ everyMs: 30 * SECOND })).toEqual([0, 10 * SECOND, 20 * SECOND]);
    expect(begins({ cron: "*/30 * * * *" })).toEqual([0, 10 * MINUTE, 20 * MINUTE]);
  });
});
