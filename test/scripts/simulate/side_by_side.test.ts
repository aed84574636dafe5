import { describe, expect, test } from "vitest";
import { applyRule, OTHER_RULES } from "../../../scripts/simulate/other_rules.ts";
import { cumulative, plot } from "../../../scripts/simulate/plot.ts";
import { COMPARED, compareRules } from "../../../scripts/simulate/side_by_side.ts";
import { runOne } from "../../../scripts/simulate/simulate.ts";
import { tablesOf } from "../../../scripts/simulate/tables.ts";
import type { Event, Tape } from "../../../scripts/simulate/tape.ts";

const MINUTE = 60_000;
const tapeWith = (...events: Event[]): Tape => (
  { world: "some", topology: { regions: 3, probers: 1 }, everyMs: MINUTE, minutes: 40, seed: 1, events }
);
const bad = (from: number, until: number, more: Partial<Event> = {}): Event => (
  { kind: "service", mood: "lies", from: from * MINUTE, until: until * MINUTE, ...more } as Event
);

/** What a rule tells: minutes and changes. */
function told(name: string, ...events: Event[]): string[] {
  const rule = OTHER_RULES.find((one) => one.name === name)!;
  return applyRule(rule, tapeWith(...events)).notices.map(({ at, change }) => `${at / MINUTE} ${change}`);
}

describe("the other rules do what they say", () => {
  test.each<[rule: string, events: Event[], told: string[]]>([
    ["single vantage x 3", [bad(10, 20)], ["12 opened", "20 resolved"]],
    ["single vantage x 3", [bad(10, 12)], []],
    ["single vantage x 3", [bad(10, 20, { region: 1 })], []],
    ["single vantage x 3", [bad(10, 20), { kind: "hung", prober: 0, from: 0, until: 40 * MINUTE }], []],
    // The second of three regions, a third of a minute later.
    ["half of the last known", [bad(10, 20)], ["10.333333333333334 opened", "20.333333333333332 resolved"]],
    ["half of the last known", [bad(10, 20, { region: 0 })], []],
    ["percentage with retry", [bad(10, 20)], ["10.083333333333334 opened", "20 resolved"]],
    ["percentage with retry", [bad(10, 10.05)], []],
    ["percentage with retry", [bad(10, 20, { region: 0 })], []],
    ["any region", [bad(10, 20, { region: 2 })], ["10 opened", "20 resolved"]],
    ["oracle", [bad(10.1, 20)], ["10.333333333333334 opened", "20 resolved"]],
    ["oracle", [bad(10, 20, { share: 0.5 })], []],
  ])("%s", (rule, events, expected) => expect(told(rule, ...events)).toEqual(expected));

  test("a journey that hangs is known after its timeout", () => {
    expect(told("any region", bad(10, 20, { mood: "hangs" }))[0]).toBe(`${10 + 1 / 6} opened`);
  });

  test("all of them meet the same losses", () => {
    const lossy = tapeWith({ kind: "loss", share: 0.2, from: 0, until: 40 * MINUTE });
    const [first, again] = [1, 2].map(() => applyRule(OTHER_RULES[3]!, lossy));
    expect(first).toEqual(again);
    expect(first!.notices.length).toBeGreaterThan(2);
  });
});

test("every world is run under every rule, and stands in the tables", async () => {
  // One of each kind: whole, in part, nothing.
  const worlds = COMPARED.filter((world) => /^(drift|stale config in one region|honest starts)$/.test(world));
  expect(worlds).toHaveLength(3);
  const compared = await compareRules(
    { hours: 1, seed: 3, worlds },
    (tapes) => Promise.all(tapes.map(runOne)),
  );
  expect(compared.map(({ world }) => world)).toEqual(worlds);
  for (const { rules } of compared) {
    expect(rules.map(({ rule }) => rule)).toEqual(["Assay", ...OTHER_RULES.map(({ name }) => name)]);
    expect(new Set(rules.map(({ row }) => row.hours)).size).toBe(1);
  }
  const text = tablesOf(compared).join("\n");
  for (const world of worlds) expect(text.toLowerCase()).toContain(world.toLowerCase());
}, 600_000);

test("a plot has a line for each rule, and text that cannot break out", () => {
  const svg = plot([{ name: "a <b>", points: cumulative([10, 20, Infinity], 60) }], {
    title: "told & done",
    xLabel: "s",
    yLabel: "%",
    ...{ xMost: 60, yMost: 100, xStep: 30, yStep: 50 },
  });
  expect(svg).toContain("a &#60;b&#62;");
  expect(svg).toContain("told &#38; done");
  expect(svg.match(/<polyline/g)).toHaveLength(1);
  expect(cumulative([10, 20, Infinity, Infinity], 60)).toEqual([
    [0, 0],
    [10, 0],
    [10, 25],
    [20, 25],
    [20, 50],
    [60, 50],
  ]);
});
