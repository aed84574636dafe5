import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addSlot,
  bucketOf,
  emptyFigures,
  type Figures,
  mergeFigures,
  mergeRows,
  middleOf,
  percentile,
  serviceLevel,
} from "../../src/judgement/service_level.ts";
import { decodeRollup, encodeRollup } from "../../src/storage/history/codec.ts";
import type { CheckHistory } from "../../src/judgement/assess.ts";

const MINUTE = 60_000;
const line = (
  outcome: CheckHistory["outcome"],
  word: "ready" | "drift" | "missing",
  totalMs?: number,
): CheckHistory => ({
  outcome,
  traces: [{ prober: "fra", word, totalMs }],
});
function sum(...lines: CheckHistory[]): Figures {
  const figures = emptyFigures();
  for (const one of lines) addSlot(figures, one, MINUTE);
  return figures;
}

describe("level", () => {
  test.each<[string, Figures["seconds"], Partial<ReturnType<typeof serviceLevel>>]>([
    ["nothing was judged", {}, { availability: null, goodSeconds: 0, badSeconds: 0 }],
    ["only pending: no figure, not 0 and not 1", { pending: 60 }, {
      availability: null,
      unjudgedSeconds: 60,
    }],
    ["half a day of drift", { ready: 43_200, drift: 43_200 }, { availability: 0.5, driftSeconds: 43_200 }],
    ["an outage is bad and no drift", { ready: 90, down: 10 }, { availability: 0.9, driftSeconds: 0 }],
    ["what serves is good, whatever it says", { underclaim: 60, unreported: 60, degraded: 60 }, {
      availability: 1,
    }],
    ["a split judges nothing", { ready: 60, split: 540 }, { availability: 1, unjudgedSeconds: 540 }],
    ["every failed word is bad", { drift: 1, not_ready: 1, down: 1, failing: 1 }, {
      availability: 0,
      badSeconds: 4,
    }],
  ])("%s", (_name, seconds, expected) => {
    expect(serviceLevel({ seconds, probers: {} })).toMatchObject(expected);
  });
});

test("a slot stands for its gap, and a missing round has no duration", () => {
  expect(
    sum(
      line("ready", "ready", 100),
      line("ready", "ready", 100),
      line("drift", "drift", 8),
      line("split", "missing"),
    ),
  )
    .toEqual({
      seconds: { ready: 120, drift: 60, split: 60 },
      probers: {
        fra: { words: { ready: 2, drift: 1, missing: 1 }, latency: { [bucketOf(100)]: 2, [bucketOf(8)]: 1 } },
      },
    });
});

describe("percentile", () => {
  const all = (...ms: number[]) =>
    sum(...ms.map((totalMs) => line("ready", "ready", totalMs))).probers.fra!.latency;

  test("of nothing is none", () => expect(percentile({}, 0.5)).toBeNull());

  test.each<[number, number]>([[0.5, 64], [0.9, 64], [0.95, 1024], [1, 1024]])("p%d", (share, ms) => {
    expect(percentile(all(64, 64, 64, 64, 64, 64, 64, 64, 64, 1024), share)).toBe(ms);
  });

  test("is within 9 % (and the rounding to 1 ms) of the exact one", () => {
    const durations = fc.array(fc.double({ min: 1, max: 900_000, noNaN: true }), {
      minLength: 1,
      maxLength: 50,
    });
    fc.assert(fc.property(durations, fc.constantFrom(0.5, 0.9, 0.99), (values, share) => {
      const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
      expect(Math.abs(percentile(all(...values), share)! - exact)).toBeLessThanOrEqual(exact * 0.0906 + 0.5);
    }));
  });

  test.each([0, 0.2, 1])("%d ms falls into the first bucket", (ms) => expect(middleOf(bucketOf(ms))).toBe(1));
});

describe("books", () => {
  const outcomes = fc.dictionary(fc.constantFrom("ready", "drift", "split"), fc.nat(1_000));
  const figures: fc.Arbitrary<Figures> = fc.record({
    seconds: outcomes,
    probers: fc.dictionary(
      fc.constantFrom("fra", "iad"),
      fc.record({
        words: fc.dictionary(fc.constantFrom("ready", "missing"), fc.nat(9)),
        latency: fc.dictionary(fc.nat(80).map(String), fc.integer({ min: 1, max: 9 })),
      }),
    ),
  });
  const checks = fc.dictionary(fc.constantFrom("shop/read", "shop/write", "blog/read"), figures);
  const same = (a: object, b: object) =>
    expect(JSON.parse(JSON.stringify(a))).toEqual(JSON.parse(JSON.stringify(b)));

  test("are read as they were written", () => {
    fc.assert(fc.property(checks, (checks) => {
      same(decodeRollup(encodeRollup({ hours: 5, checks }), "row"), { hours: 5, checks });
    }));
  });

  test("in any order of merging the figures are the same", () => {
    fc.assert(fc.property(figures, figures, figures, (a, b, c) => {
      same(mergeFigures(mergeFigures(a, b), c), mergeFigures(c, mergeFigures(b, a)));
    }));
  });

  test("an hour counts once, however often it is put in", () => {
    const hour = { hours: 4, checks: { "shop/read": sum(line("ready", "ready", 5)) } };
    const day = mergeRows({ hours: 3, checks: { "shop/read": sum(line("drift", "drift", 5)) } }, hour);
    expect(day).toMatchObject({ hours: 7, checks: { "shop/read": { seconds: { ready: 60, drift: 60 } } } });
    expect(mergeRows(day, hour)).toEqual(day);
  });

  test("only the wanted checks are read, and a name of Object's own is none", () => {
    const text = encodeRollup({ hours: 1, checks: { a: emptyFigures(), b: emptyFigures() } });
    expect(decodeRollup(text, "row", ["b", "constructor"]).checks).toEqual({ b: emptyFigures() });
  });

  test.each(["", "{}", '{"h":1,"c":{"a":{"s":{"ready":"x"},"p":{}}}}', '{"h":1,"c":{"a":{"s":{}}}}'])(
    "what is no book is an error that names the row: %s",
    (text) => expect(() => decodeRollup(text, "hour 5/0")).toThrow(/hour 5\/0.* from the store/),
  );
});
