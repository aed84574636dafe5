import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type OutcomeSpan, worstOfSums, worstSeconds } from "../../src/judgement/joint.ts";
import { OUTCOMES, WORST_FIRST } from "../../src/judgement/words.ts";

const span = (from: number, to: number, outcome: OutcomeSpan["outcome"]): OutcomeSpan => ({
  from: from * 1_000,
  to: to * 1_000,
  outcome,
});

describe("several checks as one", () => {
  test.each<[string, OutcomeSpan[], ReturnType<typeof worstSeconds>]>([
    ["nothing", [], {}],
    ["one", [span(0, 60, "ready")], { ready: 60 }],
    ["two that say the same", [span(0, 60, "ready"), span(0, 60, "ready")], { ready: 60 }],
    ["any bad is bad", [span(0, 60, "ready"), span(20, 30, "down")], { ready: 50, down: 10 }],
    ["drift is the union", [span(0, 30, "drift"), span(20, 50, "drift")], { drift: 50 }],
    ["drift before an outage", [span(0, 60, "down"), span(20, 30, "drift")], { down: 50, drift: 10 }],
    ["slow is not what another one fails", [span(0, 60, "degraded"), span(0, 60, "drift")], { drift: 60 }],
    ["a gap is no data", [span(0, 10, "ready"), span(50, 60, "ready")], { ready: 20 }],
    ["a millisecond", [{ from: 0, to: 1, outcome: "down" }], { down: 0.001 }],
    ["of different lengths", [span(0, 300, "ready"), span(60, 120, "failing")], { ready: 240, failing: 60 }],
  ])("%s", (_, spans, seconds) => {
    expect(worstSeconds(spans)).toEqual(seconds);
  });

  const seconds = fc.integer({ min: 0, max: 60 });
  const spans = fc.array(
    fc.tuple(seconds, seconds, fc.constantFrom(...OUTCOMES)).map(([a, b, outcome]) =>
      span(Math.min(a, b), Math.max(a, b), outcome)
    ),
    { maxLength: 12 },
  );

  test("is what a look at every second says", () => {
    fc.assert(fc.property(spans, (spans) => {
      const naive: Record<string, number> = {};
      for (let second = 0; second < 60; second++) {
        const now = spans.filter(({ from, to }) => from <= second * 1_000 && second * 1_000 < to);
        const worst = WORST_FIRST.find((word) => now.some(({ outcome }) => outcome === word));
        if (worst) naive[worst] = (naive[worst] ?? 0) + 1;
      }
      expect(worstSeconds(spans)).toEqual(naive);
    }));
  });

  test("of sums alone loses nothing bad, and is no longer than the longest", () => {
    const sums = fc.array(fc.dictionary(fc.constantFrom(...OUTCOMES), fc.integer({ min: 1, max: 99 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(fc.property(sums, (sums) => {
      const total = (one: Record<string, number>) => Object.values(one).reduce((all, s) => all + s, 0);
      const joint = worstOfSums(sums) as Record<string, number>;
      const longest = Math.max(...sums.map(total));
      expect(total(joint)).toBe(longest);
      expect(joint.drift ?? 0).toBe(Math.min(longest, total(sums.map((one) => one.drift ?? 0) as never)));
    }));
  });
});
