import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { assess } from "../../src/judgement/assess.ts";
import { valuesNow } from "../../src/judgement/convergence.ts";
import type { Arrival, Brought } from "../../src/judgement/round.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { broughtFor, checkOf, PERIOD_MS } from "./generators.ts";
import { naiveSigns, type SeenLine } from "./naive_convergence.ts";

vi.setConfig({ testTimeout: 60_000 });

const START = 1_700_000_040_000;
const [CONVERGE_MS, MAX_AGE_MS] = [60_000, 2.5 * PERIOD_MS];
const CHECK = checkOf({ converge: { revision: CONVERGE_MS }, flapWindowMs: 0 });

const regionsOf = (...names: string[]) =>
  names.map((id) => ({
    id,
    quorum: { open: "majority", resolve: "majority", minReporting: 1 } as const,
    probers: [{ id: `${id}0`, region: id, kind: "local" as const }],
  }));
const THREE = regionsOf("eu", "us", "ap");

/** What a prober brings: this value, nothing (null), or a failed journey that got no value ("!"). */
function broughtOf(value: string | null, fault?: "suspect"): Brought {
  if (value === null) return { missed: "timeout" };
  const made = broughtFor(value === "!" ? "drift" : "ready");
  if (value === "!" || !("round" in made)) return made;
  const observation = { ...made.round.observation, captured: { revision: value } };
  return { ...made, round: { ...made.round, observation }, ...(fault && { fault }) };
}

interface Line {
  at: number;
  now?: number;
  seen: Record<string, string | null>;
  fault?: "suspect";
}

/** What became of the incident in each line, and the last state. */
function play(lines: readonly Line[], { check = CHECK, regions = THREE } = {}) {
  let state: CheckState | undefined;
  let ids = 0;
  const changes = lines.map(({ at, now = at, seen, fault }) => {
    const arrivals = Object.entries(seen).map(([prober, value]): Arrival => ({
      prober,
      walk: { slot: START + at, at: START + at, kind: "turn" },
      ...broughtOf(value, fault),
    }));
    const options = { before: state, now: START + now, newId: () => `i${ids++}` };
    const made = assess(check, regions, arrivals, options);
    // As it comes back from a store.
    state = JSON.parse(JSON.stringify(made.state));
    return made.transitions.filter(({ incident }) => incident.family === "agreement");
  });
  const words = changes.map((of) => of.map(({ change }) => change).join());
  return { changes, words, state: state!, told: words.filter((word) => word !== "") };
}

/** One row a region, one letter a minute: each region is walked at its turn. `-`: silent, `!`: no value. */
function minutes(rows: Record<string, string>, more: Partial<Line> = {}): Line[] {
  const turnMs = PERIOD_MS / Object.keys(rows).length;
  const count = Math.max(...Object.values(rows).map((row) => row.length));
  return Array.from({ length: count }, (_, minute) =>
    Object.entries(rows).map(([region, row], turn) => ({
      at: minute * PERIOD_MS + turn * turnMs,
      seen: { [`${region}0`]: row[minute] === "-" ? null : row[minute]! },
      ...more,
    }))).flat();
}

describe("values that must agree", () => {
  test.each<[name: string, rows: Record<string, string>, told: string[]]>([
    ["all the same", { eu: "aaaa", us: "aaaa", ap: "aaaa" }, []],
    ["a change that is everywhere within a minute", { eu: "aabb", us: "aabb", ap: "aabb" }, []],
    ["and one that takes a region longer", { eu: "abbbb", us: "abbbb", ap: "aaaaa" }, ["opened"]],
    ["until it is there", { eu: "abbbbb", us: "abbbbb", ap: "aaaabb" }, ["opened", "resolved"]],
    ["a region that is new and says otherwise", { eu: "aaaa", us: "aaaa", ap: "-bbb" }, ["opened"]],
    ["a silent region proves nothing", { eu: "abbbbb", us: "abbbbb", ap: "a-----" }, []],
    ["nor does one without a value", { eu: "abbbbb", us: "abbbbb", ap: "a!!!!!" }, []],
    ["and neither ends what it began", { eu: "abbbbbbbb", us: "abbbbbbbb", ap: "aaaa-----" }, ["opened"]],
    ["all silent but one", { eu: "abbbbbbbb", us: "abb------", ap: "aaaa-----" }, ["opened"]],
    ["a rollback that is everywhere in time", { eu: "abbaaa", us: "abbaaa", ap: "abbaaa" }, []],
    ["a change again and again", { eu: "abcdef", us: "abcdef", ap: "abcdef" }, []],
    ["behind while others change again and again", { eu: "abcdef", us: "abcdef", ap: "aaaaaa" }, ["opened"]],
    ["two of three regions behind", { eu: "abbbb", us: "aaaaa", ap: "aaaaa" }, ["opened"]],
    ["a region that goes to and fro beside a stale one", { eu: "aababab", us: "aaaaaaa", ap: "aabbbbb" }, [
      "opened",
    ]],
  ])("%s", (_, rows, told) => expect(play(minutes(rows)).told).toEqual(told));

  test("are told within their time and one period of the first sight of the new one", () => {
    const { words, changes } = play(minutes({ eu: "abbb", us: "abbb", ap: "aaaa" }));
    const first = 3;
    const at = words.indexOf("opened") * PERIOD_MS / 3;
    expect(at - first * PERIOD_MS / 3).toBeLessThanOrEqual(CONVERGE_MS + PERIOD_MS);
    expect(changes.flat()[0]!.incident).toMatchObject({
      family: "agreement",
      kind: "divergence",
      severity: "warning",
      scope: "global",
      timeline: [{ change: "opened", reason: "revision is a in ap but b in eu, us" }],
    });
  });

  test.each<[seconds: number, words: string[]]>([[270, ["", "", "", "opened"]], [271, ["", "", "", ""]]])(
    "are evidence for two and a half periods: of second 120 in second %d",
    (seconds, words) => {
      const walks: [at: number, seen: Line["seen"]][] = [
        [0, { eu0: "a", us0: "a", ap0: "a" }],
        [60, { eu0: "b", us0: "b" }],
        [120, { ap0: "a" }],
        [seconds, { eu0: "b", us0: "b" }],
      ];
      expect(play(walks.map(([at, seen]): Line => ({ at: at * 1_000, seen }))).words).toEqual(words);
    },
  );

  test("nothing is over because all are silent, however long", () => {
    const silent = "-".repeat(70);
    const rows = { eu: `abbbb${silent}`, us: `abbbb${silent}`, ap: `aaaaa${silent}` };
    expect(play(minutes(rows)).told).toEqual(["opened"]);
  });

  test.each([
    [4, "revision is a in r0 but b in r1 but c in r2 but d in r3"],
    [5, "revision is a in r0 but b in r1 but c in r2 but d in r3, and 1 more"],
  ])("of %d values four are named", (count, reason) => {
    const letters = [..."abcde"].slice(0, count);
    const rows = Object.fromEntries(letters.map((letter, i) => [`r${i}`, letter.repeat(4)]));
    const { changes } = play(minutes(rows), { regions: regionsOf(...Object.keys(rows)) });
    expect(changes.flat().at(-1)!.incident.timeline).toMatchObject([{ reason }]);
  });

  test("are part of no outcome", () => {
    const { state } = play(minutes({ eu: "abbbb", us: "abbbb", ap: "aaaaa" }));
    expect(state.outcome).toBe("ready");
    expect(state.incidents.map(({ kind }) => kind)).toEqual(["divergence"]);
  });

  test("what a suspect prober saw does not count", () => {
    const lines = minutes({ eu: "abbbb", us: "abbbb", ap: "aaaaa" });
    const doubted = lines.map((line): Line => "ap0" in line.seen ? { ...line, fault: "suspect" } : line);
    expect(play(doubted).told).toEqual([]);
  });

  test("a slow judgement takes nothing from the time", () => {
    const late = minutes({ eu: "abb", us: "abb", ap: "aaa" }).map((line) => ({
      ...line,
      now: line.at + 45_000,
    }));
    expect(play(late).told).toEqual([]);
  });

  test("a silence holds for an hour and no longer", () => {
    const quiet = (count: number) => "b".repeat(count);
    const rows = (count: number) => ({ eu: `abbb${quiet(count)}`, us: `abbb${quiet(count)}`, ap: "aaaa" });
    const padded = (count: number) => ({ ...rows(count), ap: `aaaa${"-".repeat(count)}` });
    expect(play(minutes(padded(58))).told).toEqual(["opened"]);
    expect(play(minutes(padded(62))).told).toEqual(["opened", "resolved"]);
  });

  test("it ends when the config asks for none any more", () => {
    const opened = play(minutes({ eu: "abbbb", us: "abbbb", ap: "aaaaa" }));
    const walk = { slot: START + 600_000, at: START + 600_000, kind: "turn" as const };
    const { state, transitions } = assess(checkOf({}), THREE, [{ prober: "eu0", walk, ...broughtOf("b") }], {
      before: opened.state,
      newId: () => "new",
    });
    expect(transitions.map(({ change }) => change)).toEqual(["resolved"]);
    expect(state).not.toHaveProperty("agreement");
  });

  test("who says what, of regions and of probers that differ within one", () => {
    const [eu, us] = regionsOf("eu", "us");
    const pair = { ...eu!, probers: [...eu!.probers, { ...eu!.probers[0]!, id: "eu1" }] };
    const regions = [pair, us!, ...regionsOf("ap")];
    const { state } = play([{ at: 0, seen: { eu0: "a", eu1: "b", us0: "b" } }], { regions });
    expect(valuesNow(CHECK, regions, state, START)).toEqual([{
      capture: "revision",
      withinMs: CONVERGE_MS,
      values: [{ value: "a", since: START, by: ["eu0"] }, { value: "b", since: START, by: ["eu1", "us"] }],
      unknown: ["ap"],
    }]);
    expect(valuesNow(CHECK, regions, state, START + MAX_AGE_MS + 1)[0]).toMatchObject({
      values: [],
      unknown: ["eu", "us", "ap"],
    });
  });
});

const ids = THREE.flatMap(({ probers }) => probers.map(({ id }) => id));

/** Random sights: some probers, some values, at instants that may be far apart. */
const sights = fc.array(
  fc.record({
    afterMs: fc.constantFrom(1_000, 20_000, 20_000, 30_000, 60_000, 60_000, 151_000, 1_000_000, 3_700_000),
    lateMs: fc.constantFrom(0, 0, 400, 10_000),
    seen: fc.dictionary(fc.constantFrom(...ids), fc.constantFrom("a", "b", "c", "d"), { minKeys: 1 }),
  }),
  { minLength: 1, maxLength: 40 },
).map((all) => {
  let at = 0;
  return all.map(({ afterMs, lateMs, seen }): SeenLine => {
    at += afterMs;
    return { at, now: at + lateMs, seen: { ...seen } };
  });
});

/** The changes that signs make: open while wanted, until over. */
function changesOf(signs: readonly (string | undefined)[]): string[] {
  let isOpen = false;
  return signs.map((sign) => {
    const change = sign === "wanted" && !isOpen ? "opened" : sign === "over" && isOpen ? "resolved" : "";
    isOpen = change === "" ? isOpen : change === "opened";
    return change;
  });
}

test("assess and the naive judgement agree in every line", () => {
  const rules = {
    maxAgeMs: MAX_AGE_MS,
    releaseAfterMs: CHECK.releaseAfterMs,
    convergeMs: CONVERGE_MS,
  };
  let opened = 0;
  fc.assert(
    fc.property(sights, (lines) => {
      const { words } = play(lines);
      opened += words.filter((word) => word === "opened").length;
      expect(words).toEqual(changesOf(naiveSigns(lines, rules)));
    }),
    { numRuns: 400 },
  );
  expect(opened).toBeGreaterThan(50);
});

/** Changes that each region takes up within the time, whenever it does, and walks that may be lost. */
const rollouts = fc.record({
  changes: fc.array(
    fc.record({
      afterMs: fc.integer({ min: 1_000, max: 400_000 }),
      delays: fc.array(fc.integer({ min: 0, max: CONVERGE_MS }), { minLength: 3, maxLength: 3 }),
    }),
    { maxLength: 12 },
  ),
  lost: fc.array(fc.boolean(), { minLength: 50, maxLength: 50 }),
  lateMs: fc.integer({ min: 0, max: 9_000 }),
});

test("a change that every region takes up in time is never told, however many come and whatever is lost", () => {
  fc.assert(
    fc.property(rollouts, ({ changes, lost, lateMs }) => {
      let startsAt = 0;
      const takenUp = changes.map(({ afterMs, delays }) => {
        startsAt += afterMs;
        return delays.map((delay) => startsAt + delay);
      });
      const valueAt = (region: number, at: number) =>
        `v${takenUp.findLastIndex((times) => times[region]! <= at)}`;
      const lines = Array.from({ length: 120 }, (_, i): Line => {
        const [at, region] = [i * PERIOD_MS / 3, i % 3];
        // The value is captured some time after the walk began.
        const value = lost[i % lost.length]! ? null : valueAt(region, at + lateMs / 2);
        return { at, now: at + lateMs, seen: { [ids[region]!]: value } };
      });
      expect(play(lines).told).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("a region that stays behind is told within the time and one period of the first sight", () => {
  const behind = fc.record({
    region: fc.integer({ min: 0, max: 2 }),
    changesAt: fc.integer({ min: 120_000, max: 300_000 }),
    convergeMs: fc.integer({ min: 1_000, max: 300_000 }),
  });
  fc.assert(
    fc.property(behind, ({ region, changesAt, convergeMs }) => {
      const lines = Array.from({ length: 90 }, (_, i): Line => {
        const at = i * PERIOD_MS / 3;
        return { at, seen: { [ids[i % 3]!]: i % 3 !== region && at >= changesAt ? "new" : "old" } };
      });
      const { words } = play(lines, { check: checkOf({ converge: { revision: convergeMs } }) });
      const first = lines.find(({ seen }) => Object.values(seen)[0] === "new")!.at;
      const told = lines[words.indexOf("opened")]!.at;
      expect(told - first).toBeGreaterThanOrEqual(convergeMs);
      expect(told - first).toBeLessThanOrEqual(convergeMs + PERIOD_MS);
    }),
    { numRuns: 60 },
  );
});
