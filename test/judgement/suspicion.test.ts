import { describe, expect, test } from "vitest";
import type { Region } from "../../src/config/config.ts";
import { isSuspect, type Sight, sightOf } from "../../src/judgement/suspicion.ts";
import { checkOf, PERIOD_MS, play } from "./generators.ts";
import type { SeenWord } from "./naive.ts";

/** So many targets on so many hosts, all of which turned and are denied by two regions, and some that did not. */
function sights(targets: number, hosts: number, well = 0, deniedBy = 2): Sight[] {
  const of = (i: number, turned: boolean): Sight => (
    { target: `t${i}`, host: `h${i % hosts}`, turned, deniedBy }
  );
  return [
    ...Array.from({ length: targets }, (_, i) => of(i, true)),
    ...Array.from({ length: well }, (_, i) => of(targets + i, false)),
  ];
}

describe("a prober is suspect", () => {
  test.each<[name: string, seen: Sight[], suspect: boolean]>([
    ["five targets on three hosts, all of them", sights(5, 3), true],
    ["four targets are too few", sights(4, 3), false],
    ["two hosts are too few", sights(6, 2), false],
    ["eight of ten are enough", sights(8, 3, 2), true],
    ["eight of eleven are not", sights(8, 3, 3), false],
    ["one denying region is too few", sights(5, 3, 0, 1), false],
    ["several checks of one target are one", sights(5, 3).map((one) => ({ ...one, target: "shop" })), false],
    ["of nothing", [], false],
  ])("%s", (_name, seen, suspect) => expect(isSuspect(seen)).toBe(suspect));
});

const START = 1_700_000_040_000;
const PROBERS = ["a0", "b0", "c0", "a1"];
const regions = ["a", "b", "c"].map((id): Region => ({
  id,
  quorum: { open: "majority", resolve: "majority", minReporting: 1 },
  probers: PROBERS.filter((prober) => prober.startsWith(id)).map((prober) => (
    { id: prober, region: id, kind: "local" }
  )),
}));

/** The sight of `a0`, that fails (or not) a minute after these lines: a letter for each of `a0`, `b0`, `c0`, and perhaps `a1`. */
function seen(failed: boolean, lines: string[], minutes = 1): [turned: boolean, deniedBy: number] {
  const words: Record<string, SeenWord> = { R: "ready", X: "down", "-": "missing", s: "suspect" };
  const story = lines.map((line, i) => ({
    slot: START + i * PERIOD_MS,
    seen: Object.fromEntries([...line.padEnd(4, "-")].map((letter, p) => [PROBERS[p], words[letter]!])),
  }));
  const check = checkOf({});
  const state = play({ check, regions, lines: story }).at(-1)?.state;
  const at = START + (lines.length - 1 + minutes) * PERIOD_MS;
  const { turned, deniedBy } = sightOf(check, state, { regions, prober: "a0", host: "h", failed, at });
  return [turned, deniedBy];
}

test.each<[name: string, failed: boolean, lines: string[], minutes: number, sight: [boolean, number]]>([
  ["turned, and two deny it", true, ["RRR"], 1, [true, 2]],
  ["passes", false, ["RRR"], 1, [false, 2]],
  ["failed before as well", true, ["XRR"], 1, [false, 2]],
  ["a region that fails denies nothing", true, ["RXR"], 1, [true, 1]],
  ["one that is suspect neither", true, ["RRR", "RsR"], 1, [true, 1]],
  ["one that was never heard neither", true, ["RR-"], 1, [true, 1]],
  ["its own region denies nothing", true, ["RR-R"], 1, [true, 1]],
  ["evidence counts for two and a half periods", true, ["RRR"], 2.5, [true, 2]],
  ["evidence that is too old is none", true, ["RRR"], 3, [false, 0]],
  ["a check that was never judged has turned nowhere", true, [], 1, [false, 0]],
])(
  "a sight: %s",
  (_name, failed, lines, minutes, sight) => expect(seen(failed, lines, minutes)).toEqual(sight),
);
