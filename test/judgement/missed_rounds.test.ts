import { expect, test } from "vitest";
import { describeMissed, isForWantOfRoom, missedRounds } from "../../src/judgement/missed_rounds.ts";
import { MISSED_REASONS } from "../../src/judgement/missed_reasons.ts";
import type { CheckState, ProberState } from "../../src/judgement/state.ts";

const MINUTE = 60_000;
/** A prober that walked the slot of this minute, and brought nothing in that of another one. */
const prober = (
  walked: number | undefined,
  missed?: [minute: number, reason: string],
  more = {},
): ProberState => ({
  standing: { vote: "ready", recent: [], failed: [] },
  phases: { everReady: true },
  contradictions: 0,
  ...(walked !== undefined && {
    witness: { slot: walked * MINUTE, word: "ready", before: null, outcome: "pass", totalMs: 1 },
  }),
  ...(missed && { missed: { slot: missed[0] * MINUTE, reason: missed[1] } }),
  ...more,
});
const stateOf = (...probers: ProberState[]): CheckState => ({
  ...{ slot: 0, judgedAt: 0, outcome: "ready", since: 0, regions: {}, scopes: {}, incidents: [] },
  probers: Object.fromEntries(probers.map((one, i) => [`p${i}`, one])),
});

test("of the reasons why a prober brought nothing, two are want of room", () => {
  expect(Object.keys(MISSED_REASONS).filter(isForWantOfRoom).toSorted()).toEqual(["budget", "deadline"]);
});

test.each<[name: string, probers: ProberState[], missed: number, reasons: string[]]>([
  ["what was walked is not", [prober(2)], 0, []],
  ["nor what has been walked since", [prober(2, [1, "deadline"])], 0, []],
  ["nor a slot that came in the end", [prober(2, [2, "deadline"])], 0, []],
  ["the last slot is", [prober(1, [2, "deadline"])], 1, ["deadline"]],
  ["one that never walked as well", [prober(undefined, [2, "budget"])], 1, ["budget"]],
  ["silence is not: it is the prober's", [prober(1, [2, "timeout"])], 0, []],
  ["a check that hangs is left out on purpose", [prober(1, [2, "budget"], { timeouts: 5 })], 0, []],
  ["its deadline is not", [prober(1, [2, "deadline"], { timeouts: 5 })], 1, ["deadline"]],
  ["each prober by itself", [prober(1, [2, "deadline"]), prober(2), prober(1, [2, "budget"])], 2, [
    "budget",
    "deadline",
  ]],
])("rounds that were missed for want of room: %s", (_name, probers, missed, reasons) => {
  const others = stateOf(prober(2), prober(2));
  expect(missedRounds([stateOf(...probers), others])).toEqual({ missed, of: probers.length + 2, reasons });
});

test("in words", () => {
  expect(describeMissed({ missed: 590, of: 1_000, reasons: ["budget", "deadline"] }))
    .toBe("590 of 1,000 rounds were not walked (budget, deadline)");
});
