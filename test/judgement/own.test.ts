import { describe, expect, test } from "vitest";
import { type Ask, ownSubject, type ProberWatch, stepProbers } from "../../src/judgement/own.ts";

const START = 1_700_000_040_000;
const MINUTE = 60_000;

/**
 * What is told of prober `sin`, minute by minute: `R` it brought a round, `-` nothing, ` ` it was not asked, `b` nothing in a commit that
 * says blind, `x` it has left the config.
 */
function told(minutes: string, stepMs = MINUTE): string[] {
  let watches: Record<string, ProberWatch> = {};
  let ids = 0;
  return [...minutes].flatMap((said, i) => {
    const at = START + i * stepMs;
    const asks: Ask[] = said === " " ? [] : [{ prober: "sin", at, brought: said === "R" }];
    const probers = said === "x" ? [] : ["sin"];
    const step = stepProbers(watches, asks, { probers, at, blind: said === "b", newId: () => `i${ids++}` });
    watches = step.watches;
    return step.transitions.map(({ change, incident: { id, episode, timeline } }) =>
      `${i}: ${id} ${change} #${episode} ${timeline.at(-1)!.reason}`
    );
  });
}

describe("a prober that brings nothing", () => {
  test.each<[name: string, minutes: string, told: string[]]>([
    ["is told after three minutes", "R--" + "-", ["3: i0 opened #1 3 min"]],
    ["not before", "R--", []],
    ["not if it was asked only once", "R    -", []],
    ["at the second ask, where those are rare", "R    -    -", ["10: i0 opened #1 10 min"]],
    ["once", "R-------", ["3: i0 opened #1 3 min"]],
    ["until the first round", "R---R", ["3: i0 opened #1 3 min", "4: i0 resolved #1 recovered"]],
    ["again within ten minutes under the same id", "R---R---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "7: i0 opened #2 3 min",
    ]],
    ["after exactly ten minutes too", "R---RRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "14: i0 opened #2 3 min",
    ]],
    ["after more as a new one", "R---RRRRRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "17: i1 opened #1 3 min",
    ]],
    ["a minute later as a new one", "R---RRRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "15: i1 opened #1 3 min",
    ]],
    ["that was never heard counts from the first ask", "----", ["3: i0 opened #1 3 min"]],
    ["in the commit that says blind, however soon", "R-b", ["2: i0 opened #1 2 min"]],
    ["but not for one ask", "Rb", []],
    ["until it leaves the config", "R---x", ["3: i0 opened #1 3 min", "4: i0 resolved #1 removed"]],
  ])("%s", (_name, minutes, expected) => expect(told(minutes)).toEqual(expected));
});

test("a resolved incident is kept for exactly the ten minutes in which it may flap", () => {
  const options = { probers: ["sin"], blind: false, newId: () => "i" };
  const step = (before: Record<string, ProberWatch>, minute: number, brought: boolean) => {
    const at = START + minute * MINUTE;
    return stepProbers(before, [{ prober: "sin", at, brought }], { ...options, at }).watches;
  };
  const silent = [0, 1, 2, 3].reduce((watches, minute) => step(watches, minute, false), {});
  const resolved = step(silent, 4, true);
  expect([14, 14.001].map((minute) => step(resolved, minute, true).sin!.incident?.state)).toEqual([
    "resolved",
    undefined,
  ]);
});

test("its incident is Assay's own: a warning that is about no target", () => {
  const asks = [0, 1].map((i) => ({ prober: "sin", at: START + i * 3 * MINUTE, brought: false }));
  const { transitions, watches } = stepProbers({}, asks, {
    probers: ["fra", "sin"],
    at: START + 3 * MINUTE,
    blind: false,
    newId: () => "i",
  });
  const { incident } = transitions[0]!;
  expect(incident).toMatchObject({
    target: "_assay",
    check: "prober-sin",
    scope: "global",
    family: "advisory",
    kind: "prober",
    severity: "warning",
  });
  expect([ownSubject(incident), ownSubject({ target: "shop", check: "prober-sin" })]).toEqual([
    "prober sin",
    undefined,
  ]);
  expect(Object.keys(watches)).toEqual(["sin"]);
});
