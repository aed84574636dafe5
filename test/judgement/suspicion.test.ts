import { expect, test } from "vitest";
import type { Check, Region } from "../../src/config/config.ts";
import { canSuspect, type Seen, stepSuspicion, type Turned } from "../../src/judgement/suspicion.ts";
import { checkOf, PERIOD_MS, play } from "./generators.ts";
import type { SeenWord } from "./naive.ts";

const START = 1_700_000_040_000;
const PROBERS = ["a0", "b0", "c0", "a1", "b1"];
const WORDS: Record<string, SeenWord> = {
  R: "ready",
  X: "down",
  a: "announced",
  "-": "missing",
  s: "suspect",
};
const regions = ["a", "b", "c"].map((id): Region => ({
  id,
  quorum: { open: "majority", resolve: "majority", minReporting: 1 },
  probers: PROBERS.filter((prober) => prober.startsWith(id)).map((prober) => (
    { id: prober, region: id, kind: "local" }
  )),
}));

/** So many checks, each of a target of its own, on so many hosts; one failure turns a vote. */
const checksOf = (count: number, hosts = 3, targets = count, failureThreshold = 1): Check[] =>
  Array.from({ length: count }, (_, i) => {
    const check = checkOf({ failureThreshold });
    const target = { ...check.target, id: `t${i % targets}`, url: `https://h${i % hosts}.example/${i}` };
    return { ...check, key: `t${i}/read`, target };
  });

interface Case {
  checks?: Check[];
  /** Minute by minute what each of `a0`, `b0`, `c0`, and perhaps `a1`, saw of every check before. */
  before?: string[];
  /** So many of them fail at `a0` now. */
  failing?: number;
  /** So many more checks, which nobody walks in this commit. */
  unseen?: number;
  /** Of these nothing is known. */
  unknown?: true;
  /** What it comes to at `a0` now if it fails. */
  word?: "down" | "inconclusive";
  /** What `b0` and `c0` see of all now, in this commit. */
  others?: string;
  minutes?: number;
  turned?: Turned;
}

/** Whether `a0` is suspect a minute after these lines. */
function isSuspect(
  { checks = checksOf(5), before = ["RRR"], word = "down", others = "", minutes = 1, turned = {}, ...more }:
    Case,
): boolean {
  const { failing = checks.length, unseen = 0, unknown } = more;
  const lines = before.map((line, i) => ({
    slot: START + i * PERIOD_MS,
    seen: Object.fromEntries([...line.padEnd(5, "-")].map((letter, p) => [PROBERS[p], WORDS[letter]!])),
  }));
  const state = play({ check: checkOf({}), regions, lines }).at(-1)?.state;
  const at = START + (before.length - 1 + minutes) * PERIOD_MS;
  const seen = checks.flatMap((check, i): Seen[] => [
    { prober: "a0", check, at, word: i < failing ? word : "ready" },
    ...[...others].map((letter, p): Seen => (
      { prober: PROBERS[p + 1]!, check, at, word: letter === "R" ? "ready" : "down" }
    )),
  ]);
  const all = [...checks, ...checksOf(checks.length + unseen).slice(checks.length)];
  const isKnown = (key: string) => !unknown || checks.some((check) => check.key === key);
  const stateOf = (key: string) => isKnown(key) ? state : undefined;
  const { suspects } = stepSuspicion(turned, seen, { checks: all, regions, stateOf, at });
  return suspects.includes("a0");
}

const five = (minute: number) => Array.from({ length: 5 }, () => minute);
/** Five checks whose votes two failures turn. */
const patient = checksOf(5, 3, 5, 2);

const allAt = (minutes: number[]): Turned => ({
  a0: Object.fromEntries(minutes.map((minute, i) => [`t${i}/read`, START + minute * PERIOD_MS])),
});

test.each<[name: string, seen: Case, suspect: boolean]>([
  ["five targets on three hosts, all of them", {}, true],
  ["four targets are too few", { checks: checksOf(4) }, false],
  ["two hosts are too few", { checks: checksOf(6, 2) }, false],
  ["several checks of one target are one", { checks: checksOf(8, 3, 4) }, false],
  ["eight of ten are enough", { checks: checksOf(10), failing: 8 }, true],
  ["eight of eleven are not", { checks: checksOf(11), failing: 8 }, false],
  ["what it failed before as well has not turned", { before: ["XRR"] }, false],
  ["what was never judged has turned nowhere", { before: ["---"] }, false],
  ["a region that fails denies nothing", { before: ["RXR"] }, false],
  ["one that is suspect neither", { before: ["RRR", "RsR"] }, false],
  ["one that was never heard neither", { before: ["RR-"] }, false],
  ["its own region denies nothing", { before: ["RR-R"] }, false],
  ["evidence counts for two and a half periods", { minutes: 2.5 }, true],
  ["evidence that is too old is none", { minutes: 3 }, false],
  ["what others see in the same commit is newer", { others: "XR" }, false],
  ["also if it is better", { before: ["RXX"], others: "RR" }, true],
  ["what turned a period ago turned together", { turned: allAt([0, 0]) }, true],
  ["what turned before that did not", { turned: allAt([-1, -1]) }, false],
  ["but it stays what it was, once they have", { turned: allAt([-9, -9, -8, -8, -8]) }, true],
  ["what others saw last counts", { before: ["RXX", "RRR"] }, true],
  ["one prober of a region is enough to deny", { before: ["RRR-X"] }, true],
  ["what it walked lately counts: five of seven are too few", { unseen: 2, minutes: 2.5 }, false],
  [
    "not what it has not walked for long",
    { unseen: 2, minutes: 3, others: "RR", turned: allAt(five(3)) },
    true,
  ],
  ["nor what it never walked", { unseen: 2, before: ["-RR"], turned: allAt(five(1)) }, true],
  ["nor what is new to all", { unseen: 2, unknown: true }, true],
  ["but what it walks now", {
    checks: checksOf(7),
    failing: 5,
    before: ["-RR"],
    turned: allAt(five(1)),
  }, false],
  ["a first failure of two is believed: what others saw before may be over", { checks: patient }, false],
  ["not if they still pass in the same commit", { checks: patient, others: "RR" }, true],
  [
    "nor once they have passed after it",
    { checks: patient, before: ["RRR", "-RR"], turned: allAt(five(1)) },
    true,
  ],
  [
    "who has only announced since then has not passed",
    { checks: patient, before: ["RRR", "-aa"], turned: allAt(five(1)) },
    false,
  ],
  ["one of them is too few", { checks: patient, before: ["RRR", "-R-"], turned: allAt(five(1)) }, false],
  ["the second is not: it would turn the vote", {
    checks: patient,
    before: ["RRR", "X--"],
    turned: allAt(five(1)),
  }, true],
  ["but an inconclusive walk is no failure", {
    checks: patient,
    before: ["RRR", "X--"],
    turned: allAt(five(1)),
    word: "inconclusive",
  }, false],
])("a prober is suspect: %s", (_name, seen, suspect) => expect(isSuspect(seen)).toBe(suspect));

test("what turned is remembered for a period, while the prober is suspect for as long as it fails", () => {
  const checks = checksOf(6);
  const state = play({
    check: checkOf({}),
    regions,
    lines: [{ slot: START, seen: { a0: "ready", b0: "ready", c0: "ready" } }],
  })
    .at(-1)!.state;
  const step = (turned: Turned, minute: number, failing: number) => {
    const at = START + minute * PERIOD_MS;
    const seen = checks.map((check, i): Seen => ({
      prober: "a0",
      check,
      at,
      word: i < failing ? "down" : "ready",
    }));
    return stepSuspicion(turned, seen, { checks, regions, stateOf: () => state, at }).turned;
  };
  const few = step({}, 1, 3);
  expect(few).toEqual({ a0: Object.fromEntries([0, 1, 2].map((i) => [`t${i}/read`, START + PERIOD_MS])) });
  expect(step(few, 2, 3)).toEqual(few);
  expect(step(few, 1.5, 0)).toEqual({});
  const all = step({}, 1, 6);
  expect(step(all, 2.5, 6)).toEqual(all);
});

test.each<[name: string, checks: Check[], regions: Region[], can: boolean]>([
  ["five targets on three hosts from three regions", checksOf(5), regions, true],
  ["fewer regions", checksOf(5), regions.slice(1), false],
  ["fewer targets", checksOf(4), regions, false],
  ["fewer hosts", checksOf(5, 2), regions, false],
])(
  "nobody can be suspect with less: %s",
  (_name, checks, regions, can) => expect(canSuspect(checks, regions)).toBe(can),
);
