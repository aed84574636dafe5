/** Histories as rows of letters, judged twice: by `assess` and by the naive judgement. */
import { expect } from "vitest";
import type { Check, Quorum, Region } from "../../src/config/config.ts";
import { checkOf, comparable, play } from "./generators.ts";
import { periodOf, type SeenWord } from "./naive.ts";
import { type NaiveResult, replay } from "./naive_incidents.ts";

const START = 1_700_000_040_000;
/** Each letter is what a prober brought in one slot; `_` for all of them: nobody judged that slot. */
const LETTERS: Record<string, SeenWord> = {
  R: "ready",
  U: "underclaim",
  D: "drift",
  X: "down",
  S: "degraded",
  N: "not_ready",
  c: "cut",
  i: "inconclusive",
  a: "announced",
  s: "suspect",
  m: "misplaced",
  w: "waiting",
  "-": "missing",
};

/**
 * Judges a history twice and wants both to say the same. Regions are parted by `/`, probers by a blank; each prober's
 * text has one letter for each slot. Regions are `r0`, `r1` ...; a number before a region is its `minReporting`, `ofRegion` its other rules.
 */
export function told(
  text: string,
  quorum: Quorum,
  chosen: Partial<Check> = {},
  ofRegion: Partial<Quorum> = {},
): string[] {
  const rows = text.split("/").map((region) => region.trim().split(/\s+/));
  const regions = rows.map((row, r): Region => {
    const minReporting = /^\d$/.test(row[0]!) ? Number(row.shift()) : 1;
    return {
      id: `r${r}`,
      quorum: { open: "majority", resolve: "majority", minReporting, ...ofRegion },
      probers: row.map((_, p) => ({ id: `r${r}p${p}`, region: `r${r}`, kind: "local" })),
    };
  });
  const check = checkOf({ quorum, ...chosen });
  const everyMs = periodOf(check);
  const lines = [...rows[0]![0]!].flatMap((first, i) =>
    first === "_" ? [] : [{
      slot: START + i * everyMs,
      seen: Object.fromEntries(
        rows.flatMap((row, r) => row.map((said, p) => [`r${r}p${p}`, LETTERS[said[i]!]!])),
      ),
    }]
  );
  const story = { check, regions, lines };
  const numbered = (slots: NaiveResult[]) =>
    slots.flatMap(({ told }, i) => told.map((line) => `${(lines[i]!.slot - START) / everyMs}: ${line}`));
  const [ours, naive] = [play(story).map(comparable), replay(story)];
  expect(numbered(ours)).toEqual(numbered(naive));
  // Votes, confirmations and who holds what open, as well.
  expect(ours).toEqual(naive);
  return numbered(ours);
}

/** More than half of both regions and probers, of which so many must report. */
export const majority = (minReporting: number): Quorum => ({
  open: "majority",
  resolve: "majority",
  minReporting,
});
