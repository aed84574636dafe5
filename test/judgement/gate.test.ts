import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Quorum, Region } from "../../src/config/config.ts";
import {
  decide,
  type DecideOptions,
  type GateRun,
  isWhole,
  narrowQuorum,
  type RunOutcome,
  type RunTally,
  tallyRun,
  votesNeeded,
  worstDecision,
} from "../../src/judgement/gate.ts";

const MAJORITY: Quorum = { open: "majority", resolve: "majority", minReporting: 2 };
const ONE: Quorum = { open: "majority", resolve: "majority", minReporting: 1 };
const region = (id: string, ...probers: string[]): Region => ({
  id,
  quorum: ONE,
  probers: probers.map((prober) => ({ id: prober, region: id, kind: "local" })),
});
const REGIONS = [region("eu", "fra", "ams"), region("us", "iad"), region("ap", "sin")];
const PROBERS = ["fra", "ams", "iad", "sin"];

type Said = GateRun["verdicts"][string];
/** Words of fra, ams, iad, sin. */
const run = (words: Said[], slot = 0): GateRun => ({
  slot,
  verdicts: Object.fromEntries(PROBERS.map((id, i) => [id, words[i] ?? "missing"])),
});

const MINUTE = 60_000;
const TERMS: DecideOptions = {
  nowMs: 10 * MINUTE,
  sinceMs: 0,
  maxAgeMs: 2.5 * MINUTE,
  minRuns: 2,
  failureThreshold: 2,
  degraded: "pass",
  silenced: false,
  versionProven: true,
};
/** Tallies of these words, the last one in the slot that just began. */
const history = (...words: RunOutcome[]): RunTally[] =>
  words.map((word, i) => ({ slot: (10 - (words.length - 1 - i)) * MINUTE, outcome: word, regions: {} }))
    .reverse();

describe("tallied: the words of one slot by the rules of the outcome", () => {
  test.each<[string, Said[], RunOutcome, Record<string, RunOutcome>]>([
    ["all ready", ["ready", "ready", "ready", "ready"], "ready", { eu: "ready", us: "ready", ap: "ready" }],
    [
      "a region of two that contradict each other is split and says no",
      ["ready", "drift", "ready", "ready"],
      "ready",
      { eu: "split" },
    ],
    ["two of three regions drift", ["drift", "drift", "drift", "ready"], "drift", { ap: "ready" }],
    ["different failures are failing", ["down", "down", "not_ready", "ready"], "failing", {}],
    ["one of three degraded is ready", ["ready", "ready", "degraded", "ready"], "ready", {}],
    ["two of three degraded", ["degraded", "degraded", "degraded", "ready"], "degraded", {}],
    ["underclaim of two", ["underclaim", "underclaim", "underclaim", "ready"], "underclaim", {}],
    ["unreported beside underclaim", ["unreported", "unreported", "underclaim", "ready"], "unreported", {}],
    ["one ready and one drift, the third silent", ["ready", "ready", "drift", "missing"], "split", {
      ap: "pending",
    }],
    ["one region alone is too few", ["ready", "ready", "missing", "missing"], "pending", { us: "pending" }],
    [
      "the prober's own fault is no vote",
      ["inconclusive", "inconclusive", "inconclusive", "ready"],
      "pending",
      {},
    ],
    [
      "starting somewhere, too little elsewhere",
      ["announced", "announced", "announced", "ready"],
      "announced",
      { eu: "announced" },
    ],
    ["nobody was heard", [], "pending", {}],
  ])("%s", (_, words, word, regions) => {
    const found = tallyRun(run(words), REGIONS, MAJORITY);
    expect(found.outcome).toBe(word);
    expect(found.regions).toMatchObject(regions);
  });
});

test.each<[name: string, words: GateRun["verdicts"], probers: string[], whole: boolean]>([
  ["when every prober has brought something", { fra: "ready", iad: "down" }, ["fra", "iad"], true],
  ["when one is said to have brought nothing", { fra: "ready", iad: "missing" }, ["fra", "iad"], true],
  ["not while a turn is still to come", { fra: "ready" }, ["fra", "iad"], false],
  ["whoever has left the config", { fra: "ready", sin: "ready" }, ["fra"], true],
])("a run is whole %s", (_name, verdicts, probers, whole) => {
  expect(isWhole({ slot: 0, verdicts }, probers)).toBe(whole);
});

describe("decide: the table", () => {
  test.each<[string, RunOutcome[], Partial<DecideOptions>, string, string]>([
    ["two ready", ["ready", "ready"], {}, "pass", "good"],
    ["ready and degraded", ["ready", "degraded"], {}, "pass", "good"],
    ["one ready of two", ["ready"], {}, "inconclusive", "few"],
    ["one ready, one is asked for", ["ready"], { minRuns: 1 }, "pass", "good"],
    ["only the last ones count", ["drift", "ready", "ready"], {}, "pass", "good"],
    ["five are asked for", ["ready", "ready", "ready", "ready"], { minRuns: 5 }, "inconclusive", "few"],
    ["a bad one among them", ["ready", "drift", "ready"], { minRuns: 3 }, "inconclusive", "mixed"],
    ...(["drift", "not_ready", "down", "failing"] as const).map((word) =>
      [`two ${word}`, [word, word], {}, "fail", "bad"] as [
        string,
        RunOutcome[],
        Partial<DecideOptions>,
        string,
        string,
      ]
    ),
    ["two bad of different words", ["down", "drift"], {}, "fail", "bad"],
    ["one bad of two", ["ready", "drift"], {}, "inconclusive", "mixed"],
    ["bad, then pending", ["drift", "drift", "pending"], {}, "inconclusive", "mixed"],
    ["one bad, the threshold is one", ["ready", "drift"], { failureThreshold: 1 }, "fail", "bad"],
    ["two bad, the threshold is three", ["drift", "drift"], { failureThreshold: 3 }, "inconclusive", "mixed"],
    ...(["underclaim", "unreported", "split", "pending", "announced"] as const).map((word) =>
      [`two ${word}`, [word, word], {}, "inconclusive", "mixed"] as [
        string,
        RunOutcome[],
        Partial<DecideOptions>,
        string,
        string,
      ]
    ),
    ["degraded may fail", ["degraded", "degraded"], { degraded: "fail" }, "fail", "bad"],
    ["degraded may be nothing", ["ready", "degraded"], { degraded: "inconclusive" }, "inconclusive", "mixed"],
    ["silenced, though ready", ["ready", "ready"], { silenced: true }, "inconclusive", "silenced"],
    ["silenced, though down", ["down", "down"], { silenced: true }, "inconclusive", "silenced"],
    ["nothing was settled", [], {}, "inconclusive", "no_runs"],
    ["all before the anchor", ["ready", "ready"], { sinceMs: 10 * MINUTE + 1 }, "inconclusive", "no_runs"],
    ["one of two since the anchor", ["ready", "ready"], { sinceMs: 10 * MINUTE }, "inconclusive", "few"],
    ["as old as may be", ["ready", "ready"], { nowMs: 12.5 * MINUTE }, "pass", "good"],
    ["stale, though ready", ["ready", "ready"], { nowMs: 12.5 * MINUTE + 1 }, "inconclusive", "stale"],
    ["stale, though down", ["down", "down"], { nowMs: 12.5 * MINUTE + 1 }, "inconclusive", "stale"],
    [
      "slots of a clock that stepped back",
      ["ready", "ready"],
      { nowMs: 8 * MINUTE },
      "inconclusive",
      "no_runs",
    ],
    [
      "ready, but of another version",
      ["ready", "ready"],
      { versionProven: false },
      "inconclusive",
      "version",
    ],
    ["down, of whatever version", ["down", "down"], { versionProven: false }, "fail", "bad"],
  ])("%s", (_, words, terms, decision, cause) => {
    expect(decide(history(...words), { ...TERMS, ...terms })).toMatchObject({ decision, cause });
  });

  test.each(
    [
      [["pass", "inconclusive", "fail"], 2],
      [["pass", "inconclusive", "pass"], 1],
      [["fail", "pass", "fail"], 0],
      [["pass"], 0],
    ] as const,
  )("the worst of %j is number %i", (decisions, at) => {
    const judged = decisions.map((decision, at) => ({ decision, at }));
    expect(worstDecision(judged as [typeof judged[0], ...typeof judged]).at).toBe(at);
  });
});

describe("fewer regions than the check has", () => {
  test.each<[string, Quorum, number, Quorum]>([
    ["more than half of those that are left", MAJORITY, 1, { ...MAJORITY, minReporting: 1 }],
    ["never less than was asked for", { ...MAJORITY, minReporting: 1 }, 3, { ...MAJORITY, minReporting: 1 }],
    ["atLeast no more than there are", { open: { atLeast: 3 }, resolve: "all", minReporting: 2 }, 2, {
      open: { atLeast: 2 },
      resolve: "all",
      minReporting: 2,
    }],
  ])("%s", (_, quorum, voters, expected) => {
    expect(narrowQuorum(quorum, voters)).toEqual(expected);
  });

  test.each(
    [
      ["majority", 3, 2],
      ["majority", 4, 3],
      ["all", 3, 3],
      ["any", 3, 1],
      [{ atLeast: 2 }, 5, 2],
      [{ fraction: 0.5 }, 5, 3],
    ] as const,
  )("%j of %i needs %i", (rule, fresh, least) => {
    expect(votesNeeded(rule, fresh)).toBe(least);
  });
});

const FAILED = ["drift", "not_ready", "down", "failing"] as const;
const SILENT = ["missing", "inconclusive", "announced"] as const;
const SAID = [...FAILED, ...SILENT, "ready", "degraded", "underclaim", "unreported"] as const;
const words = (from: readonly Said[]) => fc.array(fc.constantFrom(...from), { minLength: 4, maxLength: 4 });
const runs = (from: readonly Said[] = SAID) => fc.array(words(from), { minLength: 0, maxLength: 6 });
const thresholds = fc.record({
  minRuns: fc.integer({ min: 1, max: 4 }),
  failureThreshold: fc.integer({ min: 1, max: 4 }),
  degraded: fc.constantFrom("pass", "fail", "inconclusive" as const),
});
/** Newest first, a minute apart, the newest in the slot that just began. */
const told = (slots: Said[][]) =>
  slots.map((words, i) => tallyRun(run(words, (10 - i) * MINUTE), REGIONS, MAJORITY));

describe("properties, for any history", () => {
  test("where nobody is conclusive, nothing passes and nothing fails", () => {
    fc.assert(fc.property(runs(SILENT), thresholds, (slots, terms) => {
      expect(decide(told(slots), { ...TERMS, ...terms }).decision).toBe("inconclusive");
    }));
  });

  test("missing evidence never passes: in each slot that counted enough regions spoke", () => {
    fc.assert(fc.property(runs(), thresholds, (slots, terms) => {
      const { decision, runs } = decide(told(slots), { ...TERMS, ...terms });
      if (decision !== "pass") return;
      // Each slot that counted has at least two regions with a voice of their own: missing evidence is never green.
      for (const { regions } of runs.slice(0, terms.minRuns)) {
        const voices = Object.values(regions).filter((word) => word !== "pending" && word !== "announced");
        expect(voices.length).toBeGreaterThanOrEqual(2);
      }
    }));
  });

  test("a fault of the prober never fails: without a failed journey nothing does", () => {
    fc.assert(fc.property(runs(["ready", "degraded", ...SILENT]), thresholds, (slots, terms) => {
      expect(decide(told(slots), { ...TERMS, ...terms, degraded: "pass" }).decision).not.toBe("fail");
    }));
  });

  test("one more bad slot never makes a failing gate pass", () => {
    fc.assert(fc.property(runs(), words(FAILED), thresholds, (slots, bad, terms) => {
      const later = { ...TERMS, ...terms, nowMs: TERMS.nowMs + MINUTE };
      const newer = tallyRun(run(bad, 11 * MINUTE), REGIONS, MAJORITY);
      const before = decide(told(slots), { ...TERMS, ...terms }).decision;
      const after = decide([newer, ...told(slots)], later).decision;
      expect(after).not.toBe("pass");
      if (before === "fail") expect(after).toBe("fail");
    }));
  });

  test("what was before the anchor changes nothing", () => {
    fc.assert(fc.property(runs(), runs(), runs(), thresholds, (since, a, b, terms) => {
      const sinceMs = (10 - since.length + 1) * MINUTE;
      const older = (slots: Said[][]) =>
        slots.map((words, i) => tallyRun(run(words, sinceMs - (i + 1) * MINUTE), REGIONS, MAJORITY));
      const decided = (slots: Said[][]) =>
        decide([...told(since), ...older(slots)], { ...TERMS, ...terms, sinceMs });
      expect(decided(a)).toEqual(decided(b));
    }));
  });

  test("stale evidence decides nothing, whatever it says", () => {
    fc.assert(fc.property(runs(), thresholds, (slots, terms) => {
      const late = { ...TERMS, ...terms, nowMs: 12.5 * MINUTE + 1 };
      expect(decide(told(slots), late).decision).toBe("inconclusive");
    }));
  });
});
