import { describe, expect, test } from "vitest";
import type { Check, Region } from "../../src/config/config.ts";
import { assess } from "../../src/judgement/assess.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { arrivalsOf, checkOf } from "./generators.ts";
import type { Line, SeenWord } from "./naive.ts";

const START = 1_700_000_040_000;
const WORDS: Record<string, SeenWord> = {
  R: "ready",
  X: "down",
  a: "announced",
  i: "inconclusive",
  s: "suspect",
  "-": "missing",
};

/** A walk: when it began (s after the first slot), what the probers `a`, `b`, `c` brought, and the confirmation that is pending after it. */
type Row = [at: number, said: string, pending: string];
interface Walked {
  confirmation?: boolean;
  now?: number;
  /** A regular walk that shares the judgement. */
  also?: [at: number, said: string];
}

function walk(rows: (Row | [...Row, Walked])[], chosen: Partial<Check> = {}) {
  const regions = ["a", "b", "c"].map((id): Region => ({
    id,
    quorum: { open: "majority", resolve: "majority", minReporting: 1 },
    probers: [{ id, region: id, kind: "local" }],
  }));
  const check = checkOf({ quorum: { open: "majority", resolve: "majority", minReporting: 2 }, ...chosen });
  let before: CheckState | undefined;
  let ids = 0;
  const told: string[] = [];
  const lineOf = (at: number, said: string): Line => ({
    slot: START,
    at: START + at * 1_000,
    seen: Object.fromEntries(
      [...said].flatMap((letter, i) => letter === " " ? [] : [["abc"[i]!, WORDS[letter]!]]),
    ),
  });
  const pending = rows.map(([at, said, _pending, { confirmation, now, also } = {}]) => {
    const line = lineOf(at, said);
    if (confirmation) Object.assign(line, { slot: line.at, confirmation });
    const { state, transitions } = assess(
      check,
      regions,
      [line, ...also ? [lineOf(...also)] : []].flatMap(arrivalsOf),
      {
        before,
        now: now === undefined ? undefined : START + now * 1_000,
        newId: () => `i${ids++}`,
      },
    );
    before = state;
    for (const { change, incident: { kind, timeline } } of transitions) {
      const reason = timeline.at(-1)!.reason;
      told.push(`${at}: ${kind} ${change}${reason ? `, ${reason}` : ""}`);
    }
    return Object.entries(state.scopes).flatMap(([scope, { confirmation: one }]) =>
      one ? [`${scope === "global" ? "" : `${scope} `}${one.direction} ${(one.at - START) / 1_000}`] : []
    ).join(", ");
  });
  return { pending, told, state: before! };
}
const C: Walked = { confirmation: true };

describe("what calls for one", () => {
  test.each<[name: string, rows: (Row | [...Row, Walked])[]]>([
    ["a first failure, 25 s after its walk began", [[0, "XRR", "down 25"]]],
    ["in a later turn as well", [[0, "R  ", ""], [20, " X ", "down 45"]]],
    ["of a prober that was never heard as well", [[20, " X ", "down 45"]]],
    ["announced, inconclusive, suspect and missing call for none", [
      [0, "RRR", ""],
      [60, "ais", ""],
      [120, "-RR", ""],
    ]],
    ["a vote that is bad already calls for none", [[0, "XRR", "down 25"], [25, "XRR", "", C], [
      60,
      "XRR",
      "",
    ]]],
    ["a confirmation calls for none", [[0, "RRR", ""], [25, "XRR", "", C]]],
    ["a walk that comes late calls for none", [[0, " R ", ""], [40, "R  ", ""], [20, "X  ", ""]]],
    ["at once if that is past", [[0, "XRR", "down 40", { now: 40 }]]],
    ["not before it, whatever the clock", [[0, "XRR", "down 25", { now: 3 }]]],
    ["one is pending at a time", [[0, "X  ", "down 25"], [20, " X ", "down 25"]]],
    ["it is pending until all have walked it, or a later walk", [
      [0, "X  ", "down 25"],
      [25, "R  ", "down 25", C],
      [25, " R ", "down 25", C],
      [40, "  R", ""],
    ]],
    ["or are missing", [[0, "X  ", "down 25"], [25, "R- ", "down 25", C], [25, "  -", "", C]]],
    ["or a period is over", [[0, "X  ", "down 25"], [60, "R  ", "down 25"], [85, " R ", ""]]],
    ["the next begins a period after the last of its kind at the soonest", [
      [0, "XRR", "down 25"],
      [25, "RRR", "", C],
      [59, "XRR", ""],
      [60, "RXR", "down 85"],
    ]],
    ["a first recovery while an incident is open", [
      [0, "XXX", "down 25"],
      [25, "XXX", "", C],
      [60, "RXX", "up 85"],
      [85, "RRR", "", C],
    ]],
    ["no failure while one is open", [[0, "XXR", "down 25"], [25, "XXR", "", C], [60, "XXX", ""]]],
    ["up soon after down: they are of two kinds", [
      [0, "XXX", "down 25"],
      [25, "XXX", "", C],
      [40, "R  ", "up 65"],
    ]],
  ])("%s", (_name, rows) => expect(walk(rows).pending).toEqual(rows.map(([, , pending]) => pending)));

  test("none with confirm: 0", () => {
    expect(walk([[0, "XXX", ""]], { confirmMs: 0 }).pending).toEqual([""]);
  });

  test("with scope: region each region by itself, whose probers alone walk it", () => {
    const rows: (Row | [...Row, Walked])[] = [
      [0, "X R", "a down 25"],
      [20, " X ", "a down 25, b down 45"],
      [25, "R  ", "b down 45", C],
    ];
    expect(walk(rows, { scope: "region" }).pending).toEqual(rows.map(([, , pending]) => pending));
  });
});

test("an outage is told by its confirmation, and says so; its end likewise", () => {
  const { told, state } = walk([
    [0, "X  ", ""],
    [20, " X ", ""],
    [25, "XXR", "", C],
    [40, "  X", ""],
    [60, "R  ", ""],
    [80, " R ", ""],
    [85, "RRR", "", C],
  ]);
  expect(told).toEqual([
    "25: outage opened, confirmed 25 s later by 2 of 3",
    "85: outage resolved, recovered",
  ]);
  expect(state.incidents[0]!.openedAt).toBe(START + 25_000);
});

test("nothing is kept of a scope that is well", () => {
  expect(walk([[0, "RRR", ""]]).state.scopes).toEqual({ global: {} });
});

test("a check of which a confirmation is judged first has its instant as slot", () => {
  expect(walk([[25, "RRR", "", C]]).state.slot).toBe(START + 25_000);
});

test("nobody holds an incident open that is not over", () => {
  const { state } = walk([[0, "XXX", ""], [25, "XXX", "", C]]);
  expect(state.scopes.global).not.toHaveProperty("heldBy");
});

test("what a regular walk opens is not called confirmed, though a confirmation was called for", () => {
  const { told } = walk([[0, "X  ", ""], [20, " X ", ""], [60, "X  ", ""], [80, " X ", ""]]);
  expect(told).toEqual(["80: outage opened"]);
});

test("nor is what a regular walk opens at the instant of a confirmation", () => {
  const { told } = walk([[0, "X  ", ""], [20, " X ", ""], [25, "XX ", ""]]);
  expect(told).toEqual(["25: outage opened"]);
});

test("a confirmation that shares its judgement with a regular walk is told as one", () => {
  const { told } = walk([[0, "X  ", ""], [20, " X ", ""], [25, "XX ", "", { ...C, also: [40, "  R"] }]]);
  expect(told).toEqual(["25: outage opened, confirmed 25 s later by 2 of 2"]);
});

test("who holds an incident open stands in the state, with when it fell silent", () => {
  const { state } = walk([
    [0, "XXX", ""],
    [60, "XXX", ""],
    [120, "R  ", ""],
    [180, "R  ", ""],
    [240, "R  ", ""],
    [300, "R  ", ""],
  ], { quorum: { open: "majority", resolve: "majority", minReporting: 1 } });
  expect(state.scopes.global!.heldBy).toEqual([
    { id: "b", silentSince: START + 60_000 },
    { id: "c", silentSince: START + 60_000 },
  ]);
});
