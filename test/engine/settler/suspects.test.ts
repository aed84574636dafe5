import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Check, Region } from "../../../src/config/config.ts";
import { believer } from "../../../src/engine/settler/suspects.ts";
import { assess } from "../../../src/judgement/assess.ts";
import type { Arrival } from "../../../src/judgement/round.ts";
import type { CheckState } from "../../../src/judgement/state.ts";
import { broughtFor, checkOf, PERIOD_MS } from "../../judgement/generators.ts";
import type { SeenWord } from "../../judgement/naive.ts";
import {
  replaySuspicion,
  type SeenBatch,
  type SuspectedCheck,
  type SuspicionHistory,
  type Word,
} from "../../judgement/naive_suspicion.ts";

const START = 1_700_000_040_000;
const BROUGHT: Record<Word, SeenWord> = {
  pass: "ready",
  fail: "down",
  error: "inconclusive",
  announced: "announced",
  misplaced: "misplaced",
};

/** How things are for some batches: for all, for each prober, and for each check. */
const spell = fc.record({
  gaps: fc.array(fc.constantFrom(20, 20, 20, 5, 40, 60, 200), { minLength: 1, maxLength: 5 }),
  isOutage: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  /** The probers that fail, and how many checks they see well nevertheless. */
  cut: fc.record({
    probers: fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 2 }),
    spared: fc.constantFrom(0, 0, 0, 1, 2),
  }),
  silent: fc.integer({ min: 0, max: 15 }),
  failing: fc.integer({ min: 0, max: 15 }),
  word: fc.constantFrom<Word>("fail", "fail", "fail", "error"),
  /** The others of the probers that fail say so of everything; half of the time that they are well. */
  other: fc.constantFrom<Word>("pass", "pass", "pass", "announced"),
  /** The prober that is in the wrong place. */
  misplaced: fc.integer({ min: 0, max: 31 }),
  /** Whose turn it is is of so many; 1: all walk. */
  turns: fc.constantFrom(1, 3),
});

const histories = fc.record({
  probers: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 3, maxLength: 4 }),
  thresholds: fc.array(fc.constantFrom(1, 2, 2, 3), { minLength: 5, maxLength: 7 }),
  hosts: fc.integer({ min: 3, max: 5 }),
  spells: fc.array(spell, { minLength: 2, maxLength: 7 }),
}).map(({ probers, thresholds, hosts, spells }): SuspicionHistory => {
  const regions = Object.fromEntries(
    probers.map((count, r) => [`r${r}`, Array.from({ length: count }, (_, p) => `r${r}p${p}`)]),
  );
  const checks = thresholds.map((failureThreshold, i): SuspectedCheck => ({
    key: `t${i}/read`,
    target: `t${i}`,
    host: `h${i % hosts}`,
    failureThreshold,
  }));
  const history = { checks, regions, periodMs: PERIOD_MS, batches: batchesOf(checks, regions, spells) };
  return Object.defineProperty(history, fc.toStringMethod, { value: () => textOf(history) });
});

type Spell = typeof spell extends fc.Arbitrary<infer T> ? T : never;

function batchesOf(
  checks: readonly SuspectedCheck[],
  regions: SuspicionHistory["regions"],
  spells: readonly Spell[],
): SeenBatch[] {
  const ids = Object.values(regions).flat();
  let at = START;
  let turn = 0;
  const batchOf = ({ isOutage, cut, silent, failing, word, other, misplaced, turns }: Spell): SeenBatch => {
    turn++;
    const walking = ids.filter((_, p) => p % turns === turn % turns && p !== silent);
    const said = (prober: string, i: number): Word => {
      const p = ids.indexOf(prober);
      if (p === misplaced) return "misplaced";
      const isCut = cut.probers.includes(p) && i >= cut.spared;
      return isOutage || isCut ? word : i === failing ? "fail" : other;
    };
    return {
      at,
      seen: Object.fromEntries(walking.map((prober) => [
        prober,
        Object.fromEntries(checks.map(({ key }, i) => [key, said(prober, i)])),
      ])),
    };
  };
  const before = [0, 1, 2].map((i): Spell => ({
    ...{
      gaps: [20],
      isOutage: false,
      cut: { probers: [], spared: 0 },
      silent: 99,
      failing: 99,
      word: "fail",
      other: "pass",
      misplaced: 99,
    },
    turns: i === 0 ? 1 : 3,
  }));
  return [...before, ...spells].flatMap((one) =>
    one.gaps.map((gapS) => {
      at += gapS * 1_000;
      return batchOf(one);
    })
  ).filter(({ seen }) => Object.keys(seen).length > 0);
}

const textOf = ({ checks, regions, batches }: SuspicionHistory) =>
  [
    "",
    checks.map(({ key, host, failureThreshold }) => `${key}@${host} x${failureThreshold}`).join(" "),
    Object.values(regions).map((probers) => probers.join()).join(" | "),
    ...batches.map(({ at, seen }) =>
      `${(at - START) / 1_000}: ` +
      Object.entries(seen).map(([prober, words]) =>
        `${prober} ${Object.values(words).map((word) => word[0]).join("")}`
      ).join(", ")
    ),
    "",
  ].join("\n");

/** The suspects batch by batch, by the settler's own steps: who is believed, and what the states become of it. */
function play({ checks, regions, batches }: SuspicionHistory): string[][] {
  const voting = Object.entries(regions).map(([id, probers]): Region => ({
    id,
    quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    probers: probers.map((prober) => ({ id: prober, region: id, kind: "local" })),
  }));
  const all = checks.map(({ key, target, host, failureThreshold }): Check => {
    const check = checkOf({ key, failureThreshold });
    return { ...check, target: { ...check.target, id: target, url: `https://${host}.example/` } };
  });
  const believe = believer({ checks: all, regions: voting, controls: [] });
  const states = new Map<string, CheckState>();
  let turned = {};
  return batches.map(({ at, seen }) => {
    const brought = new Map(all.map((check) => [
      check,
      Object.entries(seen).map(([prober, words]): Arrival => ({
        prober,
        walk: { slot: at, at, kind: "turn" },
        ...broughtFor(BROUGHT[words[check.key]!]),
      })),
    ]));
    const step = believe(brought, turned, { at, stateOf: (key) => states.get(key) });
    turned = step.turned;
    for (const [check, arrivals] of step.arrivals) {
      const { state } = assess(check, voting, arrivals, { before: states.get(check.key), newId: () => "i" });
      states.set(check.key, state);
    }
    return step.suspects.toSorted();
  });
}

test("who is suspect without controls is so by the naive judgement as well, batch by batch", () => {
  let suspects = 0;
  fc.assert(
    fc.property(histories, (history) => {
      const ours = play(history);
      suspects += ours.flat().length;
      expect(ours).toEqual(replaySuspicion(history));
    }),
    { numRuns: 120 },
  );
  expect(suspects).toBeGreaterThan(50);
});
