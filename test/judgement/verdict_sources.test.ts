import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ClaimRule } from "../../src/config/config.ts";
import { combineSources, type Report, type ReportState, withSource } from "../../src/evidence/report/mod.ts";
import type { JourneyOutcome } from "../../src/evidence/probe/observation.ts";
import { judge, needsSecondReport } from "../../src/judgement/verdict.ts";
import { checkOf, reportOf } from "./generators.ts";

const SLOT = 1_700_000_040_000;
const STATES: ReportState[] = [
  "ready",
  "degraded",
  "starting",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
];
const GREEN = new Set(["ready", "degraded"]);

function whole(rule: ClaimRule, states: ReportState[]): Report {
  const [first, ...rest] = states.map((state, i) => withSource(`s${i}`, reportOf(state)));
  return combineSources(rule, [first!, ...rest]);
}

const states = fc.array(fc.constantFrom(...STATES), { minLength: 2, maxLength: 5 });
const looks = fc.record({
  rule: fc.constantFrom<ClaimRule>("worst", "all", "any"),
  before: states,
  after: states,
  outcome: fc.constantFrom<JourneyOutcome>("pass", "slow", "fail", "error"),
});

/** The word of one slot, judged as a prober and the settler would: the second look only where it is wanted. */
function wordOf(
  rule: ClaimRule,
  before: ReportState[],
  outcome: JourneyOutcome,
  after: ReportState[],
): string {
  const first = whole(rule, before);
  const second = needsSecondReport(first, outcome) ? whole(rule, after) : undefined;
  const evidence = { at: SLOT, kind: "turn" as const, before: first, after: second, outcome };
  return judge(evidence, { everReady: true }, checkOf({})).verdict.word;
}

test("no combination of sources is green without a source that can be read and says ready", () => {
  let green = 0;
  fc.assert(
    fc.property(looks, ({ rule, before, after, outcome }) => {
      const word = wordOf(rule, before, outcome, after);
      if (!GREEN.has(word)) return;
      green++;
      expect([...before, ...after].some((state) => GREEN.has(state))).toBe(true);
      expect(["pass", "slow"]).toContain(outcome);
    }),
    { numRuns: 2_000 },
  );
  expect(green).toBeGreaterThan(50);
});

test("drift needs a claim, too: sources that are all silent accuse nobody of a lie", () => {
  const silent = fc.array(fc.constantFrom<ReportState>("unreachable", "unreadable", "unknown"), {
    minLength: 2,
    maxLength: 5,
  });
  fc.assert(fc.property(silent, looks, (states, { rule, outcome }) => {
    expect(["down", "failing", "unreported", "inconclusive"]).toContain(
      wordOf(rule, states, outcome, states),
    );
  }));
});

// By the table of verdicts over the table of sources.
test.each<[sources: string, outcome: JourneyOutcome, worst: string, all: string, any: string]>([
  ["ready ready", "fail", "drift", "drift", "drift"],
  ["ready not_ready", "fail", "not_ready", "not_ready", "drift"],
  ["ready not_ready", "pass", "underclaim", "underclaim", "ready"],
  ["ready unreachable", "fail", "drift", "failing", "drift"],
  ["ready unreachable", "pass", "ready", "unreported", "ready"],
  ["ready starting", "fail", "announced", "announced", "drift"],
  ["unreachable unreachable", "fail", "down", "down", "down"],
  ["unreachable unreadable", "fail", "failing", "failing", "failing"],
  ["not_ready unreachable", "fail", "not_ready", "not_ready", "not_ready"],
])("%s and a journey that is %s: worst %s, all %s, any %s", (sources, outcome, ...words) => {
  const list = sources.split(" ") as ReportState[];
  const rules = ["worst", "all", "any"] as const;
  expect(rules.map((rule) => wordOf(rule, list, outcome, list))).toEqual(words);
});
