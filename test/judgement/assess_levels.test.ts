import { describe, expect, test } from "vitest";
import { majority, told } from "./rows.ts";

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
