import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { CheckState, ProberState } from "../../src/state.ts";
import {
  arrivalsOf,
  ending,
  FAILED_WORDS,
  FAULT_WORDS,
  lines,
  PASSED_WORDS,
  plain,
  play,
  settings,
  stories,
} from "./history.ts";
import { replay, type Seen } from "./naive.ts";

test("assess and the naive judgement agree in every slot", () => {
  fc.assert(
    fc.property(stories(), (story) => {
      expect(play(story).map(plain)).toEqual(replay(story));
    }),
    { numRuns: 300 },
  );
});
