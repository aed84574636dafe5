import { describe, expect, test } from "vitest";
import type { Check, Quorum, Region } from "../../src/config/config.ts";
import { checkOf, comparable, PERIOD_MS, play } from "./generators.ts";
import type { SeenWord } from "./naive.ts";
import { type NaiveResult, replay } from "./naive_incidents.ts";

const START = 1_700_000_040_000;
const LETTERS: Record<string, SeenWord> = {
  R: "ready",
  U: "underclaim",
  D: "drift",
  X: "down",
  i: "inconclusive",
  a: "announced",
  s: "suspect",
  m: "misplaced",
  "-": "missing",
};

/**
 * Judges a history twice and wants both to say the same. Regions are parted by `/`, probers by a blank; each prober's
 * text has one letter for each slot. Regions are `r0`, `r1` ...; a number before a region is its `minReporting`.
 */
function told(text: string, quorum: Quorum, chosen: Partial<Check> = {}): string[] {
  const rows = text.split("/").map((region) => region.trim().split(/\s+/));
  const regions = rows.map((row, r): Region => {
    const minReporting = /^\d$/.test(row[0]!) ? Number(row.shift()) : 1;
    return {
      id: `r${r}`,
      quorum: { open: "majority", resolve: "majority", minReporting },
      probers: row.map((_, p) => ({ id: `r${r}p${p}`, region: `r${r}`, kind: "local" })),
    };
  });
  const lines = [...rows[0]![0]!].map((_, i) => ({
    slot: START + i * PERIOD_MS,
    seen: Object.fromEntries(
      rows.flatMap((row, r) => row.map((said, p) => [`r${r}p${p}`, LETTERS[said[i]!]!])),
    ),
  }));
  const story = { check: checkOf({ quorum, ...chosen }), regions, lines };
  const numbered = (slots: NaiveResult[]) =>
    slots.flatMap(({ told }, i) => told.map((line) => `${i}: ${line}`));
  const ours = numbered(play(story).map(comparable));
  expect(ours).toEqual(numbered(replay(story)));
  return ours;
}

const majority = (minReporting: number): Quorum => ({ open: "majority", resolve: "majority", minReporting });
const OUTAGE = "global/service outage";
const DRIFT = "global/service drift";
const PARTIAL = "global/advisory partial";
const BLIND = "global/evidence blind";

describe("across regions", () => {
  test.each<[name: string, regions: string, minReporting: number, told: string[]]>([
    ["drift in one region, in two, in three, and back", "RDDDDDRRRR / RRDDDDRRRR / RRRDDDRRRR", 2, [
      `3: ${DRIFT} opened #1`,
      `7: ${DRIFT} resolved #1`,
    ]],
    ["two of four are a tie, of which only an advisory tells", "XXXX / XXXX / RRRR / RRRR", 3, [
      `3: ${PARTIAL} opened #1`,
    ]],
    ["two drift and two down of five are an outage", "DD / DD / XX / XX / RR", 3, [`1: ${OUTAGE} opened #1`]],
    ["one region is not heard over its own quorum", "XX RR RR / RR / RR", 2, []],
    ["a region that is split accuses nobody", "XX / XX RR / XX RR", 2, [`1: ${PARTIAL} opened #1`]],
    ["a silent region does not vote", "XXX--- / RRRRRR / RRRRRR", 2, []],
    ["the silence of all resolves nothing", "XX---- / XX---- / XX----", 2, [
      `1: ${OUTAGE} opened #1`,
    ]],
    ["silence of the accusers does not recover, their passes do", "XX-----RR / XX-----RR / RRRRRRRRR", 2, [
      `1: ${OUTAGE} opened #1`,
      `6: ${BLIND} opened #1`,
      `7: ${BLIND} resolved #1`,
      `8: ${OUTAGE} resolved #1`,
    ]],
    [
      "a bad prober that fell silent counts, when its region falls silent too",
      "XXX----- XXRRR--- / XXXXXXXX / XXRRRRRR / XXRRRRRR",
      3,
      [`1: ${OUTAGE} opened #1`],
    ],
    [
      "a region that was bad when last heard counts, though its probers have changed",
      "2 XXssssRR XXRR---- / XXXXXXXX / XXRRRRRR / XXRRRRRR",
      3,
      [`1: ${OUTAGE} opened #1`],
    ],
    ["a suspect prober's bad vote is set aside, not withdrawn", "XXss / XXss / RRRR", 2, [
      `1: ${OUTAGE} opened #1`,
    ]],
    ["a suspicion outlasts a silent slot", "XXs- / RRXX / RRRR", 2, []],
  ])("%s", (_name, regions, minReporting, expected) => {
    expect(told(regions, majority(minReporting))).toEqual(expected);
  });
});

describe("blind", () => {
  test.each<[name: string, regions: string, minReporting: number, told: string[]]>([
    ["five periods after the last evidence, until there is some", "R-----R", 1, [
      `5: ${BLIND} opened #1`,
      `6: ${BLIND} resolved #1`,
    ]],
    ["nothing was ever heard", "------", 1, [`5: ${BLIND} opened #1`]],
    ["nothing but a prober's own faults", "isisis", 1, [`5: ${BLIND} opened #1`]],
    ["not while votes are still forming", "XiXi", 1, []],
    ["not in an announced deploy", "aaaaaaaa", 1, []],
    ["not while split", "XXXXXX / RRRRRR", 2, []],
    ["not while enough regions are heard", "RRRRRR / RRRRRR / ------", 2, []],
    ["one region of three is not enough", "RRRRRR / ------ / ------", 2, [`5: ${BLIND} opened #1`]],
  ])("%s", (_name, regions, minReporting, expected) => {
    expect(told(regions, majority(minReporting), { failureThreshold: 3 })).toEqual(expected);
  });
});

test("each region stands for itself in the scope of regions", () => {
  expect(told("DDRR / RRUU / XXXX RRRR", majority(2), { scope: "region" })).toEqual([
    "1: r0/service drift opened #1",
    "3: r0/service drift resolved #1",
    "3: r1/quality underclaim opened #1",
    "3: r2/advisory partial opened #1",
  ]);
});
