import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Assessment, Trace } from "../../src/judgement/assess.ts";
import type { Transition } from "../../src/judgement/incident.ts";
import { type KeptSlot, replay } from "../../src/judgement/replay.ts";
import {
  describeThreshold,
  replayThreshold,
  type ThresholdReplay,
} from "../../src/judgement/threshold_replay.ts";
import type { Check } from "../../src/config/config.ts";
import { checkOf, type GeneratedHistory, PERIOD_MS, play } from "./generators.ts";
import { type SeenWord, walkedAt } from "./naive.ts";
import { unevenHistories } from "./uneven.ts";

vi.setConfig({ testTimeout: 60_000 });

const START = 1_700_000_040_000;

/** What judgements leave in history: a line a slot, the newest first, as a store may answer. */
function keptOf(assessments: readonly Assessment[]): KeptSlot[] {
  const traces = assessments.flatMap((one) => one.traces);
  return [...Map.groupBy(traces, ({ walk }) => walk.slot)].map(([slot, all]) => (
    { slot, traces: JSON.parse(JSON.stringify(all.map(({ trace }) => trace))) }
  )).toReversed();
}

/** The same where slow journeys took longer than others. */
const withTimes = ({ slot, traces }: KeptSlot): KeptSlot => ({
  slot,
  traces: traces.map((trace) => trace.word === "degraded" ? { ...trace, totalMs: 900 } : trace),
});

/** The episodes that were told, as text: when each opened and resolved, and what it was in the end. */
function episodes(told: readonly Transition[]): string[] {
  const known = new Map<string, { kind: string; openedAt: number; resolvedAt?: number }>();
  for (const { incident: { family, scope, id, episode, kind, openedAt, resolvedAt } } of told) {
    known.set(`${scope}/${family} ${id} #${episode}`, { kind, openedAt, resolvedAt });
  }
  return [...known].map(([name, { kind, openedAt, resolvedAt }]) =>
    `${name.replace(/ \S+ /, " ")} ${kind} ${openedAt}-${resolvedAt}`
  ).toSorted();
}

test("under the same config the same episodes are told, whatever was walked, and however slots are kept", () => {
  let told = 0;
  const inOrder = unevenHistories().map((story): GeneratedHistory => {
    let latest = -Infinity;
    return {
      ...story,
      // What comes late is judged late, and history does not keep when.
      lines: story.lines.filter((line) => walkedAt(line) > latest && (latest = walkedAt(line))),
    };
  });
  fc.assert(
    fc.property(inOrder, (story) => {
      const assessments = play(story);
      const check = { ...story.check, latencyBudgetMs: 500 };
      const found = replay(check, story.regions, keptOf(assessments).map(withTimes)).map((
        { family, scope, episode, kind, openedAt, resolvedAt },
      ) => `${scope}/${family} #${episode} ${kind} ${openedAt}-${resolvedAt}`);
      told += found.length;
      expect(found.toSorted()).toEqual(episodes(assessments.flatMap(({ transitions }) => transitions)));
    }),
    { numRuns: 150 },
  );
  expect(told).toBeGreaterThan(50);
});

const regions = [{
  id: "eu",
  quorum: { open: "majority", resolve: "majority", minReporting: 1 } as const,
  probers: [{ id: "fra", region: "eu", kind: "local" as const }],
}];
const CHECK = checkOf({ flapWindowMs: 0, confirmMs: 0 });

/** A history of one prober: each trace a minute after the one before. */
const slotsOf = (traces: Omit<Trace, "prober">[]): KeptSlot[] =>
  traces.map((trace, i) => ({ slot: START + i * PERIOD_MS, traces: [{ prober: "fra", ...trace }] }));

type Told = [kind: string, openedInMinute: number, resolvedInMinute?: number];
function toldOf(traces: Omit<Trace, "prober">[], chosen: Partial<Check> = {}): Told[] {
  const minute = (at: number) => (at - START) / PERIOD_MS;
  return replay({ ...CHECK, ...chosen }, regions, slotsOf(traces)).map(({ kind, openedAt, resolvedAt }) =>
    resolvedAt === undefined ? [kind, minute(openedAt)] : [kind, minute(openedAt), minute(resolvedAt)]
  );
}
const twice = (trace: Omit<Trace, "prober">) => [trace, trace];
const READY = { word: "ready", reported: "ready", totalMs: 10 } as const;
const ANNOUNCED = { word: "announced", reported: "draining", totalMs: 10 } as const;

describe("what one trace was made of", () => {
  test.each<[name: string, traces: Omit<Trace, "prober">[], chosen: Partial<Check>, told: Told[]]>([
    ["drift, and its end", [...twice({ word: "drift", reported: "ready" }), ...twice(READY)], {}, [
      ["drift", 1, 3],
    ]],
    [
      "a claim that moved",
      twice({ word: "not_ready", reason: "moved", claimed: "ready", reported: "not_ready" }),
      {},
      [
        ["outage", 1],
      ],
    ],
    [
      "a claim that moved within its row",
      twice({ word: "ready", reason: "moved", claimed: "not_ready", reported: "ready" }),
      {},
      [],
    ],
    ["without a report", twice({ word: "failing" }), {}, [["outage", 1]]],
    [
      "a liveness answer is no claim",
      twice({ word: "failing", reported: "ready", question: "liveness" }),
      {},
      [["outage", 1]],
    ],
    [
      "a slow journey",
      twice({ word: "degraded", reported: "ready", totalMs: 900 }),
      { latencyBudgetMs: 500 },
      [
        ["degraded", 1],
      ],
    ],
    ["which just fits another budget", twice({ word: "degraded", reported: "ready", totalMs: 900 }), {
      latencyBudgetMs: 900,
    }, []],
    ["and has none by now", twice({ word: "degraded", reported: "ready", totalMs: 900 }), {}, []],
    ["of which it is not known how long it took", twice({ word: "ready", reported: "ready" }), {
      latencyBudgetMs: 1,
    }, []],
    ["an underclaim", twice({ word: "underclaim", reported: "not_ready" }), {}, [["underclaim", 1]]],
    ["what was not reported", twice({ word: "unreported", reported: "unreachable" }), {}, [[
      "unreported",
      1,
    ]]],
    [
      "what was not reported twice",
      twice({ word: "inconclusive", reason: "unbracketed", reported: "ready" }),
      {},
      [],
    ],
    ["a prober's own fault", twice({ word: "inconclusive", reason: "bug", reported: "ready" }), {}, []],
    [
      "one that cannot be believed",
      twice({ word: "inconclusive", reason: "suspect", reported: "unreachable" }),
      {},
      [],
    ],
    ["silence", twice({ word: "missing" }), {}, []],
    ["a window that holds", twice({ ...ANNOUNCED, outcome: "fail" }), {}, []],
    ["a window that is over", twice({ ...ANNOUNCED, outcome: "fail" }), { drainWindowMs: 0 }, [[
      "outage",
      1,
    ]]],
    ["a window that is over, and the journey passed", twice({ ...ANNOUNCED, outcome: "pass" }), {
      drainWindowMs: 0,
    }, []],
    ["a window that is over, and it is not known how it went", twice(ANNOUNCED), { drainWindowMs: 0 }, [[
      "outage",
      1,
    ]]],
    [
      "a word that only history can tell, in its window",
      [
        READY,
        ...twice({ ...ANNOUNCED, reported: "not_ready", phase: "unclear", outcome: "fail" }),
      ],
      {},
      [],
    ],
    [
      "a word that only history can tell",
      [READY, ...twice({ ...ANNOUNCED, reported: "not_ready", phase: "unclear", outcome: "fail" })],
      { drainWindowMs: 0 },
      [["outage", 2]],
    ],
    ["a contradiction", twice({ ...READY, contradicts: true }), {}, [["contradiction", 1]]],
  ])("%s", (_name, traces, chosen, told) => expect(toldOf(traces, chosen)).toEqual(told));

  test.each<[Partial<Trace>, claimed: Trace["claimed"], kind: string]>([
    [{ word: "unreported", reported: "not_ready" }, "unreachable", "unreported"],
    [{ word: "failing", reported: "unknown" }, "ready", "outage"],
  ])("%j after a claim of %s is judged by both", (trace, claimed, kind) => {
    expect(toldOf(twice({ word: "ready", ...trace, reason: "moved", claimed }))).toEqual([[kind, 1]]);
  });

  test("silence does not end a suspicion", () => {
    const [eu] = regions;
    const two = {
      ...eu!,
      quorum: { ...eu!.quorum, open: "any" as const },
      probers: ["fra", "ham"].map((id) => ({ id })),
    };
    const words = ["degraded", "suspect", "missing", "missing"];
    const slots = words.map((said, i): KeptSlot => ({
      slot: START + i * PERIOD_MS,
      traces: [
        said === "suspect" ? { prober: "fra", word: "inconclusive", reason: "suspect", reported: "ready" } : {
          prober: "fra",
          word: said === "missing" ? "missing" : "degraded",
          reported: "ready",
          totalMs: 900,
        },
        { prober: "ham", ...READY },
      ],
    }));
    const found = replay({ ...CHECK, failureThreshold: 1, latencyBudgetMs: 500 }, [two], slots);
    expect(found).toMatchObject([{ kind: "degraded", openedAt: START, resolvedAt: START + 2 * PERIOD_MS }]);
  });

  test("no answer is no evidence for a share of requests", () => {
    const failing = (more: Partial<Trace>): Told[] =>
      toldOf(
        Array.from({ length: 20 }, (_, i) => i % 2 ? { word: "failing", ...more } : READY),
        { failureThreshold: 20 },
      );
    expect(failing({})[0]![0]).toBe("partial");
    expect(failing({ unanswered: true })).toEqual([]);
  });
});

describe("another threshold", () => {
  const WORDS: Record<string, SeenWord> = { R: "ready", U: "underclaim", D: "drift" };
  /** What the other threshold says of the last incident of a history, a letter a minute. */
  function other(said: string, chosen: Partial<Check> = {}, shiftMs = 0): ThresholdReplay | undefined {
    const check = { ...CHECK, ...chosen };
    const lines = [...said].map((letter, i) => (
      { slot: START + i * PERIOD_MS, seen: { fra: WORDS[letter]! } }
    ));
    const assessments = play({ check, regions, lines });
    const openedAt = assessments.flatMap(({ transitions }) => transitions)
      .findLast(({ change }) => change === "opened")!.incident.openedAt;
    const slots = keptOf(assessments).toReversed();
    return replayThreshold(check, regions, slots, { scope: "global", openedAt: openedAt + shiftMs });
  }
  const MINUTE = PERIOD_MS;

  test.each<[name: string, said: string, chosen: Partial<Check>, Partial<ThresholdReplay>]>([
    ["one less: sooner", "RRRDD", {}, {
      ...{ failureThreshold: 1, earlierMs: MINUTE, more: 0, fewer: 0, spanMs: 4 * MINUTE },
    }],
    ["one less: more often", "RDRRDRRDD", {}, { failureThreshold: 1, earlierMs: MINUTE, more: 2, fewer: 0 }],
    ["two where it is one: later", "RRRDD", { failureThreshold: 1 }, {
      ...{ failureThreshold: 2, earlierMs: -MINUTE, more: 0, fewer: 0, spanMs: 3 * MINUTE },
    }],
    ["two where it is one: less often", "RDRRDRRDD", { failureThreshold: 1 }, {
      earlierMs: -MINUTE,
      fewer: 2,
    }],
    ["two where it is one: not at all", "RRRDRR", { failureThreshold: 1 }, { fewer: 0, more: 0 }],
    ["an incident that another one begins in is the same", "RDRDDRR", { successThreshold: 3 }, {
      ...{ earlierMs: 3 * MINUTE, more: 0, fewer: 0 },
    }],
    ["each of two is the same one", "RDDRRDDRR", {}, { earlierMs: MINUTE, more: 0, fewer: 0 }],
    ["what is no outage is not counted", "RURRRDD", {}, { earlierMs: MINUTE, more: 0, fewer: 0 }],
    ["of the first slot, over one period", "D", { failureThreshold: 1 }, { fewer: 0, spanMs: MINUTE }],
  ])("%s", (_name, said, chosen, wanted) => {
    const found = other(said, chosen);
    expect(found).toMatchObject(wanted);
    expect(found!.earlierMs).toBe(wanted.earlierMs);
  });

  test.each<[shiftMs: number, isKnown: boolean]>([[MINUTE, true], [-MINUTE, true], [MINUTE + 1, false], [
    -MINUTE - 1,
    false,
  ]])("an incident %d ms beside what is judged again is told: %s", (shiftMs, isKnown) => {
    expect(other("RRRRDD", {}, shiftMs) !== undefined).toBe(isKnown);
  });

  test("of nothing that is kept, nothing is said", () => {
    expect(replayThreshold(CHECK, regions, [], { scope: "global", openedAt: START })).toBeUndefined();
  });

  const HOUR = 60 * MINUTE;
  test.each<[Partial<ThresholdReplay>, sentence: string]>([
    [
      { earlierMs: 58_000, more: 2 },
      "would have opened 58 s earlier. In the 2 d before, 2 more incidents would have opened.",
    ],
    [
      { earlierMs: -58_000, fewer: 1 },
      "would have opened 58 s later. In the 2 d before, 1 fewer incident would have opened.",
    ],
    [
      { earlierMs: 0 },
      "would have opened at the same time. In the 2 d before, nothing else would have changed.",
    ],
    [
      { more: 1, fewer: 3 },
      "would not have opened. In the 2 d before, 1 more incident and 3 fewer incidents would have opened.",
    ],
  ])("%j is said as %j", (found, sentence) => {
    const whole = { failureThreshold: 1, more: 0, fewer: 0, spanMs: 48 * HOUR, ...found };
    expect(describeThreshold(whole)).toBe(`With failureThreshold 1 it ${sentence}`);
  });
});
