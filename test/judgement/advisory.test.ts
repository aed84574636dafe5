import { describe, expect, test } from "vitest";
import { addVerdicts, partialSign, shareText } from "../../src/judgement/advisory.ts";
import type { PartialState } from "../../src/judgement/state.ts";

/** Verdicts as letters of one region each: capital failed, small passed. */
const verdictsOf = (letters: string) =>
  [...letters].map((letter) => ({ region: letter.toLowerCase(), failed: letter !== letter.toLowerCase() }));

describe("the sums after verdicts", () => {
  test.each<[name: string, regions: string, letters: string, after: PartialState]>([
    ["nothing came", "a", "", { sums: { none: 0 }, passes: 0, counted: 0, failed: 0 }],
    ["a first failure counts from itself", "a", "A", {
      sums: { none: 2_303 },
      passes: 0,
      counted: 1,
      failed: 1,
    }],
    ["passes before it count for nothing", "a", "aaaA", {
      sums: { none: 2_303 },
      passes: 0,
      counted: 1,
      failed: 1,
    }],
    ["passes after it count while a sum is above zero", "a", "Aaa", {
      sums: { none: 2_113 },
      passes: 2,
      counted: 3,
      failed: 1,
    }],
    ["when all sums are back at zero, counting begins anew", "a", "A" + "a".repeat(25), {
      sums: { none: 0 },
      passes: 25,
      counted: 0,
      failed: 0,
    }],
    ["a region's own verdicts are left out of its sum", "abc", "AAb", {
      sums: { a: 0, b: 4_606, c: 4_511 },
      passes: 1,
      counted: 3,
      failed: 2,
    }],
    ["no sum is above 14", "a", "AAAAAAAA", { sums: { none: 14_000 }, passes: 0, counted: 8, failed: 8 }],
  ])("%s", (_name, regions, letters, after) => {
    expect(addVerdicts(undefined, verdictsOf(letters), [...regions])).toEqual(after);
  });

  test("go on from those before, in one judgement or in several", () => {
    const regions = ["a", "b"];
    const once = addVerdicts(undefined, verdictsOf("AbBaA"), regions);
    const steps = [..."AbBaA"].reduce<PartialState | undefined>(
      (before, letter) => addVerdicts(before, verdictsOf(letter), regions),
      undefined,
    );
    expect(steps).toEqual(once);
  });
});

test.each<[name: string, sums: number[], passes: number, sign: string | undefined]>([
  ["every sum is 7", [7_000, 7_000], 0, "wanted"],
  ["one is just below", [7_000, 6_999], 0, undefined],
  ["89 passes in a row", [7_000], 89, "wanted"],
  ["90 end it", [7_000], 90, "over"],
])("partial: %s", (_name, sums, passes, sign) => {
  const state = {
    sums: Object.fromEntries(sums.map((sum, i) => [`r${i}`, sum])),
    passes,
    counted: 0,
    failed: 0,
  };
  expect(partialSign(state)).toBe(sign);
});

test.each([[10, 2, "about 1 in 5"], [3, 3, "about 1 in 1"], [7, 2, "about 1 in 4"], [5, 0, "about 1 in 5"]])(
  "the share of %i verdicts of which %i failed",
  (counted, failed, text) => expect(shareText({ sums: {}, passes: 0, counted, failed })).toBe(text),
);
