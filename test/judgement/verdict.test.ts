import { describe, expect, test } from "vitest";
import type { JourneyOutcome } from "../../src/evidence/probe/observation.ts";
import type { ReportState } from "../../src/evidence/report/report.ts";
import {
  compare,
  isUnclaimed,
  judge,
  needsSecondReport,
  type Phases,
  type ReportClaim,
} from "../../src/judgement/verdict.ts";

const claim = (state: ReportState, more: Partial<ReportClaim> = {}): ReportClaim => ({
  state,
  question: "readiness",
  ...more,
});
const alive = (state: ReportState) => claim(state, { question: "liveness" });
const OUTCOMES: JourneyOutcome[] = ["pass", "slow", "fail", "error"];

describe("the table, when the claim stands", () => {
  const claimed = "ready degraded drift inconclusive";
  const withheld = "underclaim underclaim not_ready inconclusive";
  const unreachable = "unreported unreported down inconclusive";
  const unreadable = "unreported unreported failing inconclusive";
  const nothing = "ready degraded failing inconclusive";

  test.each<[name: string, claim: ReportClaim | null, words: string]>([
    ["ready", claim("ready"), claimed],
    ["degraded", claim("degraded"), claimed],
    ["starting", claim("starting"), withheld],
    ["draining", claim("draining"), withheld],
    ["not_ready", claim("not_ready"), withheld],
    ["unreachable", claim("unreachable"), unreachable],
    ["unreadable", claim("unreadable"), unreadable],
    ["unknown", claim("unknown"), unreadable],
    ["no report", null, nothing],
    ["a liveness answer that is good", alive("ready"), nothing],
    ["a liveness answer that is bad", alive("not_ready"), nothing],
    ["a liveness answer that never came", alive("unreachable"), nothing],
    ["a start-up question", claim("ready", { question: "startup" }), claimed],
    ["an aggregate", claim("ready", { question: "aggregate" }), claimed],
  ])("%s", (_name, claim, words) => {
    expect(OUTCOMES.map((outcome) => compare(claim, outcome, claim))).toEqual(
      words.split(" ").map((word) => ({ word })),
    );
  });
});

test.each<[before: ReportClaim | null, outcomes: JourneyOutcome[]]>([
  [claim("ready"), ["fail"]],
  [claim("degraded"), ["fail"]],
  [claim("starting"), ["pass", "slow"]],
  [claim("draining"), ["pass", "slow"]],
  [claim("not_ready"), ["pass", "slow"]],
  [claim("unreachable"), ["pass", "slow"]],
  [claim("unreadable"), ["pass", "slow"]],
  [claim("unknown"), ["pass", "slow"]],
  [alive("ready"), []],
  [null, []],
])("the report is read again only where the first cell accuses: %j wants it at %j", (before, outcomes) => {
  expect(OUTCOMES.filter((outcome) => needsSecondReport(before, outcome))).toEqual(outcomes);
});

describe("bracketing", () => {
  test.each<
    [before: ReportState, outcome: JourneyOutcome, after: ReportState, word: string, reason?: string]
  >([
    ["ready", "fail", "degraded", "drift"],
    ["degraded", "fail", "ready", "drift"],
    ["starting", "pass", "not_ready", "underclaim"],
    ["unreadable", "pass", "unknown", "unreported"],
    ["ready", "fail", "not_ready", "not_ready", "moved"],
    ["ready", "fail", "draining", "not_ready", "moved"],
    ["degraded", "fail", "unreachable", "down", "moved"],
    ["ready", "fail", "unreadable", "failing", "moved"],
    ["ready", "fail", "unknown", "failing", "moved"],
    ["not_ready", "pass", "ready", "ready", "moved"],
    ["not_ready", "slow", "ready", "degraded", "moved"],
    ["unreachable", "pass", "degraded", "ready", "moved"],
    ["unknown", "slow", "ready", "degraded", "moved"],
    ["not_ready", "pass", "unreachable", "unreported", "moved"],
    ["not_ready", "slow", "unknown", "unreported", "moved"],
    ["unreachable", "pass", "not_ready", "unreported", "moved"],
    ["unreachable", "pass", "unreadable", "unreported", "moved"],
    ["unreadable", "slow", "starting", "unreported", "moved"],
  ])("%s, %s, then %s: %s", (before, outcome, after, word, reason) => {
    expect(compare(claim(before), outcome, claim(after))).toEqual({ word, ...(reason && { reason }) });
  });

  test.each<[before: ReportState, outcome: JourneyOutcome]>([
    ["ready", "fail"],
    ["not_ready", "pass"],
    ["unreachable", "slow"],
  ])("%s, %s and no second look accuses nobody", (before, outcome) => {
    expect(compare(claim(before), outcome)).toEqual({ word: "inconclusive", reason: "unbracketed" });
  });

  test.each<[before: ReportState, outcome: JourneyOutcome, word: string]>([
    ["ready", "pass", "ready"],
    ["not_ready", "fail", "not_ready"],
    ["unreachable", "fail", "down"],
  ])("%s, %s needs no second look", (before, outcome, word) => {
    expect(compare(claim(before), outcome)).toEqual({ word });
  });
});

test.each<[name: string, claim: ReportClaim | null, no: boolean]>([
  ["no report", null, true],
  ["a liveness answer", alive("ready"), true],
  ["a readiness answer", claim("ready"), false],
  ["an answer that never came", claim("unreachable"), false],
])("unclaimed: %s", (_name, claim, no) => expect(isUnclaimed(claim)).toBe(no));

/** One slot, `at` seconds after the first: claims around a journey, and the word with its reason. */
type Slot = [at: number, claims: string, outcome: JourneyOutcome, word: string];

const WINDOWS = { startupBudgetMs: 300_000, drainWindowMs: 150_000, schedule: { everyMs: 60_000 } };
const START = 1_700_000_000_000;

/** `unclear` is a `not_ready` in a word that means starting or draining. */
function claimOf(word: string): ReportClaim {
  if (word === "unclear") return claim("not_ready", { phase: "unclear" });
  if (word.startsWith("alive:")) return alive(word.slice(6) as ReportState);
  return claim(word as ReportState);
}

function words(slots: Slot[]): string[] {
  let phases: Phases = { everReady: false };
  return slots.map(([at, claims, outcome]) => {
    const [before, after] = claims.split(" ");
    const evidence = {
      at: START + at * 1_000,
      kind: "turn" as const,
      before: claimOf(before!),
      after: after ? claimOf(after) : undefined,
      outcome,
    };
    const judged = judge(evidence, phases, WINDOWS);
    phases = judged.phases;
    return [judged.verdict.word, judged.verdict.reason].filter(Boolean).join(" ");
  });
}

describe("announced", () => {
  test.each<[name: string, slots: Slot[]]>([
    ["starting is not judged within its budget, whatever the journey saw", [
      [0, "starting", "fail", "announced"],
      [60, "starting starting", "pass", "announced"],
      [120, "starting starting", "slow", "announced"],
      [180, "starting", "error", "announced"],
      [301, "starting", "fail", "not_ready startup_budget"],
      [360, "starting starting", "pass", "underclaim startup_budget"],
    ]],
    ["draining is not judged within its window", [
      [0, "draining", "fail", "announced"],
      [149, "draining draining", "pass", "announced"],
      [151, "draining", "fail", "not_ready drain_window"],
    ]],
    ["the last claim of the slot decides", [
      [0, "ready starting", "fail", "announced"],
      [60, "ready draining", "fail", "announced"],
      [120, "starting ready", "pass", "ready moved"],
      [180, "not_ready starting", "pass", "announced"],
      [240, "starting not_ready", "pass", "underclaim"],
    ]],
    ["a clock is cleared by a last claim of ready", [
      [0, "starting", "fail", "announced"],
      [240, "ready", "pass", "ready"],
      [400, "starting", "fail", "announced"],
      [699, "starting", "fail", "announced"],
      [701, "starting", "fail", "not_ready startup_budget"],
    ]],
    ["a clock is cleared by a last claim of degraded", [
      [0, "draining", "fail", "announced"],
      [60, "degraded", "slow", "degraded"],
      [200, "draining", "fail", "announced"],
    ]],
    ["a clock is not cleared by a claim of ready that did not last", [
      [0, "starting", "fail", "announced"],
      [60, "ready starting", "fail", "announced"],
      [301, "starting", "fail", "not_ready startup_budget"],
    ]],
    ["a clock is not cleared by any other claim", [
      [0, "starting", "fail", "announced"],
      [60, "not_ready", "fail", "not_ready"],
      [120, "unreachable", "fail", "down"],
      [180, "unknown", "fail", "failing"],
      [240, "draining", "fail", "announced"],
      [301, "starting", "fail", "not_ready startup_budget"],
      [389, "draining", "fail", "announced"],
      [391, "draining", "fail", "not_ready drain_window"],
    ]],
    ["not_ready is never announced", [
      [0, "not_ready", "fail", "not_ready"],
      [60, "not_ready not_ready", "pass", "underclaim"],
    ]],
    ["a liveness answer announces nothing", [
      [0, "alive:starting", "fail", "failing"],
      [60, "alive:starting", "pass", "ready"],
    ]],
    ["a window that has passed does not withhold a moved claim", [
      [0, "starting", "fail", "announced"],
      [301, "ready starting", "fail", "not_ready moved"],
    ]],
  ])("%s", (_name, slots) => {
    expect(words(slots)).toEqual(slots.map(([, , , word]) => word));
  });
});

describe("a word that means starting or draining", () => {
  test.each<[name: string, slots: Slot[]]>([
    ["is starting for a service never seen ready", [
      [0, "unclear", "fail", "announced"],
      [299, "unclear", "fail", "announced"],
      [301, "unclear", "fail", "not_ready startup_budget"],
    ]],
    ["is draining for one that was", [
      [0, "ready", "pass", "ready"],
      [60, "unclear", "fail", "announced"],
      [209, "unclear", "fail", "announced"],
      [211, "unclear", "fail", "not_ready drain_window"],
    ]],
    ["is draining for one that has started", [
      [0, "starting", "fail", "announced"],
      [60, "ready", "pass", "ready"],
      [120, "unclear", "fail", "announced"],
      [271, "unclear", "fail", "not_ready drain_window"],
    ]],
    ["is draining after a ready claim in the same slot", [
      [0, "ready unclear", "fail", "announced"],
      [151, "unclear", "fail", "not_ready drain_window"],
    ]],
  ])("%s", (_name, slots) => {
    expect(words(slots)).toEqual(slots.map(([, , , word]) => word));
  });
});

test.each(["suspect", "misplaced"] as const)("a %s prober says nothing and moves no clock", (fault) => {
  const phases = { everReady: false, startingAt: START };
  const evidence = {
    at: START + 60_000,
    kind: "turn",
    before: claim("ready"),
    outcome: "pass",
    fault,
  } as const;
  expect(judge(evidence, phases, WINDOWS)).toEqual({
    verdict: { word: "inconclusive", reason: fault },
    phases,
  });
});

describe("starting is believed", () => {
  const SECOND = 1_000;
  const MINUTE = 60 * SECOND;

  /** The words of regular slots at this period: `s` starting with a failing journey, `R` ready with a passing one, `r` ready with a failing one. */
  function slots(said: string, everyMs: number, startupBudgetMs = 5 * MINUTE): string {
    let phases: Phases = { everReady: true };
    return [...said].map((letter, i) => {
      const judged = judge(
        {
          at: START + i * everyMs,
          kind: "turn",
          before: claim(letter === "s" ? "starting" : "ready"),
          outcome: letter === "R" ? "pass" : "fail",
          after: letter === "r" ? claim("ready") : undefined,
        },
        phases,
        { startupBudgetMs, drainWindowMs: 0, schedule: { everyMs } },
      );
      phases = judged.phases;
      return { announced: "a", ready: "R", drift: "d" }[judged.verdict.word as string] ?? "x";
    }).join("");
  }

  test.each([10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE])("for an honest start, at %d ms", (everyMs) => {
    for (const startMs of [90 * SECOND, 240 * SECOND]) {
      const count = Math.ceil(startMs / everyMs);
      expect(slots("R" + "s".repeat(count) + "RR", everyMs)).toBe("R" + "a".repeat(count) + "RR");
    }
  });

  test.each<[name: string, said: string, words: string]>([
    ["for its budget and no longer", "sssssss", "aaaaaxx"],
    ["in 5 of 15 slots, however often it begins anew", "sRsRsRsRsRsRs", "aRaRaRaRaRxRx"],
    [
      "again when the first of them are older",
      "ssRssRs" + "R".repeat(8) + "ssR",
      "aaRaaRa" + "R".repeat(8) + "aaR",
    ],
    ["up to as many as have passed", "sssssRRRRRRRRRRssssss", "aaaaaRRRRRRRRRRaaaaax"],
  ])("%s", (_name, said, words) => expect(slots(said, MINUTE)).toBe(words));

  test("in 30 of 90 at ten seconds", () => {
    expect(slots("sR".repeat(35), 10 * SECOND)).toBe("aR".repeat(30) + "xR".repeat(5));
  });

  test("in one at least, where the budget is shorter than the period", () => {
    expect(slots("sR".repeat(3), MINUTE, 30 * SECOND)).toBe("aRaRaR");
    expect(slots("ss", MINUTE, 30 * SECOND)).toBe("ax");
    expect(slots("sRs", MINUTE, 50 * SECOND)).toBe("aRx");
  });

  const starting = (at: number, kind: "turn" | "confirmation") => (
    { at: START + at, kind, before: claim("starting"), outcome: "fail" } as const
  );
  const check = { startupBudgetMs: 5 * MINUTE, drainWindowMs: 0, schedule: { everyMs: MINUTE } };

  type Run = [from: number, to: number];
  test.each<[name: string, known: Run[], at: number, after: Run[] | undefined]>([
    ["the next slot makes its run longer", [[0, 1], [4, 5]], 6, [[0, 1], [4, 6]]],
    ["any other begins one", [[0, 1], [5, 5]], 7, [[0, 1], [5, 5], [7, 7]]],
    ["a run that is over is dropped", [[0, 4]], 19, [[19, 19]]],
    ["of a run that began before, the rest counts", [[0, 4]], 15, [[0, 4], [15, 15]]],
    ["to the slot", [[0, 4], [15, 15]], 15.5, undefined],
  ])("runs of slots that were believed, in minutes: %s", (_name, known, at, after) => {
    const before = { everReady: true, startingAt: START + (at - 1) * MINUTE };
    const inMs = (runs: Run[]) => runs.map((run) => run.map((minute) => START + minute * MINUTE) as Run);
    const { verdict, phases } = judge(
      starting(at * MINUTE, "turn"),
      { ...before, believed: inMs(known) },
      check,
    );
    expect(verdict.word).toBe(after ? "announced" : "not_ready");
    expect(phases.believed).toEqual(inMs(after ?? known));
  });

  test("in a confirmation as in the regular slot before it, and it counts for none", () => {
    const runs = (from: number, to: number): Phases => (
      { everReady: true, startingAt: START, believed: [[START + from, START + to]] }
    );
    const full = judge(starting(4 * MINUTE + 25_000, "confirmation"), runs(0, 4 * MINUTE), check);
    expect([full.verdict.word, full.phases.believed]).toEqual(["announced", runs(0, 4 * MINUTE).believed]);
    const nextSlot = judge(starting(5 * MINUTE, "confirmation"), {
      ...runs(0, 4 * MINUTE),
      startingAt: START + 1,
    }, check);
    expect(nextSlot.verdict.word).toBe("announced");
    const restarted = { ...runs(0, 4 * MINUTE), startingAt: START + 6 * MINUTE };
    expect(judge(starting(6 * MINUTE, "turn"), restarted, check).verdict.word).toBe("not_ready");
    expect(judge(starting(6 * MINUTE + 25_000, "confirmation"), restarted, check).verdict).toEqual({
      word: "not_ready",
      reason: "startup_budget",
    });
  });
});
