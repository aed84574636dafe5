import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assess } from "../../src/judgement/assess.ts";
import { roundsOf } from "../../src/judgement/kept.ts";
import type { Arrival } from "../../src/judgement/round.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { roundOf } from "../world/scripted_probers.ts";
import { threeRegions } from "../world/settler_fixture.ts";
import { START, testEnv } from "../world/test_env.ts";

const MINUTE = 60_000;
const { config } = await testEnv(threeRegions());
const check = config.checks[0]!;
const PROBERS = ["fra", "iad", "sin"];

/** What each letter of a script is: a good round, a failed one, one that says nothing. */
const WORDS = { g: "ready", f: "drift", i: "inconclusive" } as const;
type Letter = keyof typeof WORDS;

/** States after each minute, in which all probers see the same. */
function play(script: readonly Letter[]): CheckState[] {
  let state: CheckState | undefined;
  return script.map((letter, minute) => {
    const slot = START + minute * MINUTE;
    const arrivals = PROBERS.map((prober): Arrival => ({
      prober,
      walk: { slot, at: slot, kind: "turn" },
      round: roundOf(WORDS[letter], slot),
    }));
    state = assess(check, config.regions, arrivals, { before: state, newId: () => `i${minute}` }).state;
    return state;
  });
}

const minutesOf = (state: CheckState) => {
  const { lastGood, firstFailed, latestFailed } = roundsOf(state.probers.fra!);
  const minute = (round: typeof lastGood) => round && (round.slot - START) / MINUTE;
  return [minute(lastGood), minute(firstFailed), minute(latestFailed)];
};

describe("the rounds that are kept of a prober", () => {
  test.each<
    [script: string, good: number | undefined, first: number | undefined, latest: number | undefined]
  >([
    ["g", 0, undefined, undefined],
    ["ggg", 2, undefined, undefined],
    ["ggf", 1, 2, 2],
    ["ggff", 1, 2, 3],
    ["ggfffff", 1, 2, 6],
    ["ggfg", 3, undefined, undefined],
    ["ggffi", 1, 2, 3],
    ["ggffig", 5, 2, 3],
    ["ggfffgg", 6, undefined, undefined],
    ["ggffgf", 4, 2, 5],
    ["fi", undefined, 0, 0],
    ["fif", undefined, 0, 2],
  ])("after %s: last good, first failed, latest failed", (script, ...minutes) => {
    expect(minutesOf(play([...script] as Letter[]).at(-1)!)).toEqual(minutes);
  });

  test("are what a list of all rounds says, and no round stands twice", () => {
    const letters = fc.array(fc.constantFrom<Letter>("g", "f", "i"), { minLength: 1, maxLength: 30 });
    fc.assert(fc.property(letters, (script) => {
      const states = play(script);
      // Where a round is good and nothing is open, all failures before are forgotten.
      const since = states.findLastIndex(({ incidents }, i) =>
        script[i] === "g" && !incidents.some(({ state, family }) =>
          state === "open" && ["service", "advisory"].includes(family)
        )
      ) + 1;
      const failed = script.flatMap((letter, i) =>
        letter === "f" && i >= since ? [i] : []
      );
      const good = script.lastIndexOf("g");
      const expected = [good < 0 ? undefined : good, failed[0], failed.at(-1)];
      expect(minutesOf(states.at(-1)!)).toEqual(expected);
      const { witness, kept = {} } = states.at(-1)!.probers.fra!;
      const slots = [witness, ...Object.values(kept)].map((round) => round!.slot);
      expect(new Set(slots).size).toBe(slots.length);
    }));
  });
});
