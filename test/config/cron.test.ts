import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCron } from "../../src/config/cron.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/base/time.ts";

const at = (text: string) => Date.parse(`${text}:00Z`);
const short = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const BERLIN = "Europe/Berlin";
const SPRING = "2026-03-29T00:00";
const AUTUMN = "2026-10-25T00:00";

describe("in a zone", () => {
  // Berlin has no 02:00 to 02:59 on 29 March 2026 (01:00 UTC is 03:00), and two of them on 25 October (from 00:00 and 01:00 UTC).
  test.each<[string, string, string, string, string[]]>([
    ["an ordinary night", "30 2 * * *", BERLIN, "2026-03-28T00:00", ["2026-03-28T01:30"]],
    ["a time that does not exist begins at 03:00", "30 2 * * *", BERLIN, SPRING, ["2026-03-29T01:00"]],
    ["with others of that hour once", "0,15,30 2 * * *", BERLIN, SPRING, ["2026-03-29T01:00"]],
    [
      "beside what begins then anyway once",
      "0 2,3,4 * * *",
      BERLIN,
      SPRING,
      ["2026-03-29T01:00", "2026-03-29T02:00"],
    ],
    ["a step of hours too", "0 2-22/20 * * *", BERLIN, SPRING, ["2026-03-29T01:00", "2026-03-29T20:00"]],
    ["a time that exists twice begins once", "30 2 * * *", BERLIN, AUTUMN, ["2026-10-25T00:30"]],
    ["at the very change", "0 3 * * *", BERLIN, AUTUMN, ["2026-10-25T02:00"]],
    [
      "every 20 minutes of that hour once",
      "*/20 2 * * *",
      BERLIN,
      AUTUMN,
      ["2026-10-25T00:00", "2026-10-25T00:20", "2026-10-25T00:40"],
    ],
    [
      "every hour goes on through both",
      "30 * * * sun",
      BERLIN,
      "2026-10-25T00:00",
      Array.from({ length: 23 }, (_, hour) => `2026-10-25T${String(hour).padStart(2, "0")}:30`),
    ],
    ["half an hour of summer time", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00", [
      "2026-10-03T15:30",
    ]],
    ["west of Greenwich", "30 2 * * *", "America/New_York", "2026-03-08T00:00", ["2026-03-08T07:00"]],
    ["a weekday is that of the zone", "0 1 * * mon", "Asia/Tokyo", "2026-03-01T00:00", ["2026-03-01T16:00"]],
  ])("%s", (_name, fields, zone, from, expected) => {
    const until = at(from) + 24 * HOUR_MS;
    const cron = compileCron(fields, zone);
    const runs = cron.next(40, at(from) - 1).filter((run) => run < until);
    expect(runs.map(short)).toEqual(expected);
    expect(cron.previous(runs.length, until)).toEqual(runs.toReversed());
    expect(runs.filter(cron.matches)).toEqual(runs);
  });

  test("what matches is what comes next and what came before, through a year", () => {
    const fields = fc.constantFrom(
      "30 2 * * *",
      "0 */2 * * *",
      "15,45 1-3 * * sun,mon",
      "0 0 1 * *",
      "10 * * * *",
    );
    const zones = fc.constantFrom(BERLIN, "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC");
    // Half of the instants lie in the nights of the changes.
    const minutes = fc.oneof(
      fc.nat(365 * 24 * 60),
      ...[SPRING, AUTUMN, "2026-03-08T02:00", "2026-11-01T02:00", "2026-04-04T12:00", "2026-10-03T12:00"].map(
        (night) => fc.nat(8 * 60).map((some) => (at(night) - at("2026-01-01T00:00")) / MINUTE_MS + some),
      ),
    );
    fc.assert(
      fc.property(fields, zones, minutes, (fields, zone, minute) => {
        const cron = compileCron(fields, zone);
        const now = at("2026-01-01T00:00") + minute * MINUTE_MS;
        const [next] = cron.next(1, now);
        const [last] = cron.previous(1, now);
        expect(cron.matches(next!)).toBe(true);
        expect(cron.matches(last!)).toBe(true);
        expect(cron.next(1, last!)[0]).toBe(cron.matches(now) ? now : next);
        expect(cron.previous(1, next!)[0]).toBe(cron.matches(now) ? now : last);
      }),
      { numRuns: 300 },
    );
  });

  test("an unknown zone is a fault", () => {
    expect(() => compileCron("0 2 * * *", "Europe/Berln")).toThrow("unknown time zone Europe/Berln");
  });
});
