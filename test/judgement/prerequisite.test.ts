import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import type { Check } from "../../src/config/config.ts";
import { assess } from "../../src/judgement/assess.ts";
import { holdsFor, inOrder, withPrerequisite } from "../../src/judgement/prerequisite.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import {
  arrivalsOf,
  broughtFor,
  checkOf,
  comparable,
  type GeneratedHistory,
  PERIOD_MS,
  play,
  settings,
} from "./generators.ts";
import { type Line, type SeenWord, walkedAt } from "./naive.ts";
import { replay } from "./naive_incidents.ts";
import { holdsNaively } from "./naive_prerequisite.ts";
import { unevenHistories } from "./uneven.ts";

vi.setConfig({ testTimeout: 60_000 });

const START = 1_700_000_040_000;
const regions = ["eu", "us", "ap"].map((id) => ({
  id,
  quorum: { open: "majority", resolve: "majority", minReporting: 1 } as const,
  probers: [{ id: `${id}0`, region: id, kind: "local" as const }],
}));

/** What the three probers saw of a check, a letter a minute; and its state after that. */
function stateAfter(check: Check, ...rows: [string, string, string]): CheckState {
  const WORDS: Record<string, SeenWord> = {
    ...{ R: "ready", S: "degraded", X: "down", i: "inconclusive", a: "announced", "-": "missing" },
  };
  const lines = [...rows[0]].map((_, i): Line => ({
    slot: START + i * PERIOD_MS,
    seen: Object.fromEntries(regions.map(({ id }, r) => [`${id}0`, WORDS[rows[r]![i]!]!])),
  }));
  return play({ check, regions, lines }).at(-1)!.state;
}

describe("the first check holds for eu0", () => {
  const holds = (check: Check, rows: [string, string, string], minutes = 1) =>
    holdsFor("eu0", {
      check,
      state: stateAfter(check, ...rows),
      regions,
      at: START + (rows[0].length - 1 + minutes) * PERIOD_MS,
    });

  test.each<[name: string, rows: [string, string, string], scope: Check["scope"], holds: boolean]>([
    ["all pass", ["RR", "RR", "RR"], "global", true],
    ["it passes slowly", ["SS", "SS", "SS"], "global", true],
    ["one other fails", ["RR", "RR", "XX"], "global", true],
    ["it is alone", ["RR", "XX", "XX"], "global", false],
    ["it is alone, and each region counts by itself", ["RR", "XX", "XX"], "region", true],
    ["it fails, the others do not", ["XX", "RR", "RR"], "global", false],
    ["it fails, and each region counts by itself", ["XX", "RR", "RR"], "region", false],
    ["its last walk failed, its vote has not turned", ["RX", "RR", "RR"], "global", false],
    ["its last walk proved nothing", ["Ri", "RR", "RR"], "global", true],
    ["it was never heard", ["--", "RR", "RR"], "global", true],
    ["it was never heard, and each region counts by itself", ["--", "RR", "RR"], "region", false],
    ["nobody has passed yet", ["aa", "aa", "aa"], "global", false],
  ])("%s", (_name, rows, scope, wanted) => expect(holds(checkOf({ scope }), rows)).toBe(wanted));

  test.each<[minutes: number, holds: boolean]>([[2.5, true], [2.6, false]])(
    "%d periods after the newest evidence: %s",
    (minutes, wanted) => expect(holds(checkOf({}), ["RR", "R-", "R-"], minutes)).toBe(wanted),
  );

  test.each(["global", "region"] as const)("never, if it was never judged: scope %s", (scope) => {
    const first = { check: checkOf({ scope }), state: undefined, regions, at: START };
    expect(holdsFor("eu0", first)).toBe(false);
  });

  test("for nobody who is in no region that decides", () => {
    const check = checkOf({ scope: "region" });
    const state = stateAfter(check, "RR", "RR", "RR");
    expect(holdsFor("gone", { check, state, regions, at: START + PERIOD_MS })).toBe(false);
  });
});

test("what does not hold is said of what was brought, unless that cannot be believed anyhow", () => {
  const walk = { slot: START, at: START, kind: "turn" } as const;
  const brought = (["ready", "suspect", "missing"] as const).map((word, i) => (
    { prober: `${["eu", "us", "ap"][i]}0`, walk, ...broughtFor(word) }
  ));
  const [ready, suspect, missing] = brought;
  const never = { check: checkOf({}), state: undefined, regions };
  expect(withPrerequisite(brought, never)).toEqual([{ ...ready, fault: "prerequisite" }, suspect, missing]);
  const state = stateAfter(never.check, "RR", "RR", "RR");
  expect(withPrerequisite(brought, { ...never, state })).toEqual(brought);
});

test.each<[order: string, wanted: string]>([
  ["a b c", "a b c"],
  ["c>b b>a a", "a b c"],
  ["c>a b a", "a c b"],
  ["b>a c>a a", "a b c"],
  // What it comes after is not asked now.
  ["b>a c", "b c"],
  ["", ""],
])("checks in the order %j are judged in the order %j", (order, wanted) => {
  const checks = order.split(" ").filter(Boolean).map((text) => {
    const [key, after] = text.split(">");
    return checkOf({ key, ...(after && { after }) });
  });
  expect(inOrder(checks).map(({ key }) => key).join(" ")).toBe(wanted);
});

/** What becomes of each walk: judged for both checks, for the first alone, or for the second alone. */
type Whose = "both" | "first" | "second";

/** Two checks of the same probers, and the walks of both in the order in which they are judged. */
interface Pair {
  first: GeneratedHistory;
  second: GeneratedHistory;
  /** For each line of `second`: the last line of `first` that was judged before; below 0: none. */
  known: number[];
}

const words = fc.constantFrom<SeenWord>("ready", "ready", "ready", "degraded", "down", "drift", "missing");
const pairs = unevenHistories({ probers: [1, 2] }).chain((first) =>
  fc.record({
    setting: settings({ regions: [1, 1] }),
    whose: fc.array(fc.constantFrom<Whose>("both", "both", "both", "first", "second"), {
      minLength: 4,
      maxLength: 20,
    }),
    said: fc.array(words, { minLength: 8, maxLength: 40 }),
  }).map(({ setting, whose, said }): Pair => {
    const is = (i: number) => whose[i % whose.length]!;
    const isFirst = first.lines.map((_, i) => is(i) !== "second");
    const walks = first.lines.map((line, i) => ({
      line,
      place: isFirst.slice(0, i + 1).filter(Boolean).length - 1,
    }))
      .filter((_, i) => is(i) !== "first");
    const { quorum } = first.check;
    const check = { ...setting.check, quorum, schedule: first.check.schedule, turns: first.check.turns };
    const lines = walks.map(({ line }, i): Line => ({
      ...line,
      seen: Object.fromEntries(
        Object.keys(line.seen).map((id, p) => [id, said[(Math.floor(i / 4) * 3 + p) % said.length]!]),
      ),
    }));
    return {
      first: { ...first, lines: first.lines.filter((_, i) => isFirst[i]) },
      second: { ...first, check: { ...check, key: "shop/second", maxAgeMs: undefined }, lines },
      known: walks.map(({ place }) => place),
    };
  })
);

test("a check that comes after another is judged as the naive judgement does it, line by line", () => {
  let [waiting, judged] = [0, 0];
  fc.assert(
    fc.property(pairs, ({ first, second, known }) => {
      const states = play(first).map(({ state }) => state);
      let before: CheckState | undefined;
      const ours = second.lines.map((line, i) => {
        const { check, regions } = first;
        const arrivals = withPrerequisite(arrivalsOf(line), { check, regions, state: states[known[i]!] });
        const made = assess(second.check, second.regions, arrivals, { before, newId: () => "i" });
        before = made.state;
        return comparable(made);
      });
      const lines = second.lines.map((line, i): Line => ({
        ...line,
        seen: Object.fromEntries(
          Object.entries(line.seen).map(([prober, word]) => {
            const holds = holdsNaively(first, known[i]!, prober, walkedAt(line));
            if (!holds && word !== "missing") waiting++;
            judged++;
            return [prober, holds || word === "missing" ? word : "waiting"];
          }),
        ),
      }));
      expect(ours).toEqual(replay({ ...second, lines }));
    }),
    { numRuns: 120 },
  );
  expect(waiting).toBeGreaterThan(100);
  expect(judged - waiting).toBeGreaterThan(100);
});
