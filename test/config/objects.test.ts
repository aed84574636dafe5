import fc from "fast-check";
import { expect, test } from "vitest";
import type { Check } from "../../src/config/config.ts";
import { dealObjects, MOST_OBJECTS } from "../../src/config/objects.ts";

/** A check of so many requests. */
const check = (key: string, requests: number, everyMs = 60_000) =>
  ({
    key,
    schedule: { everyMs },
    journey: Array.from({ length: requests }, () => ({ requests: { usual: 1, most: 1 } })),
    cleanup: [],
  }) as unknown as Check;

const loads = (checks: readonly Check[], dealt: ReadonlyMap<Check, number>, objects: number) =>
  Array.from(
    { length: objects },
    (_, k) =>
      checks.filter((check) => dealt.get(check) === k).reduce((sum, { journey }) => sum + journey.length, 0),
  );

test.each([
  ["a thousand alike", Array.from({ length: 1_000 }, () => 3), 5, [600, 600, 600, 600, 600]],
  ["one that is dear", [9, 1, 1, 1, 1, 1, 1, 1, 1, 1], 2, [9, 9]],
  ["fewer checks than objects", [2, 1], 3, [2, 1, 0]],
  ["one object", [1, 2, 3], 1, [6]],
])("%s are dealt evenly by their requests", (_, requests, objects, expected) => {
  const checks = requests.map((count, i) => check(`t${i}`, count));
  expect(loads(checks, dealObjects(checks, objects), objects)).toEqual(expected);
});

test("those that are due together differ by one check at most, each by itself, and in all", () => {
  const requests = fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.constantFrom(30_000, 60_000)));
  fc.assert(fc.property(requests, fc.integer({ min: 1, max: MOST_OBJECTS }), (made, objects) => {
    const checks = made.map(([count, everyMs], i) => check(`t${i}`, count, everyMs));
    const dealt = dealObjects(checks, objects);
    for (const together of [30_000, 60_000]) {
      const due = checks.filter(({ schedule }) => "everyMs" in schedule && schedule.everyMs === together);
      const all = loads(due, dealt, objects);
      const dearest = Math.max(0, ...due.map(({ journey }) => journey.length));
      expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(dearest);
    }
    expect([...dealt.values()].every((k) => k >= 0 && k < objects)).toBe(true);
    expect(dealt.size).toBe(checks.length);
  }));
});
