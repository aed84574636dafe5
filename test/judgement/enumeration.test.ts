import { expect, test } from "vitest";
import type { Quorum, Region, Rule } from "../../src/config/config.ts";
import { type Ballot, isRecovered, tally } from "../../src/judgement/quorum.ts";
import { CONCLUSIVE } from "../../src/judgement/words.ts";
import { checkOf, comparable, play } from "./generators.ts";
import { mayResolve, outcomeOf, type SeenWord } from "./naive.ts";
import { replay } from "./naive_incidents.ts";

const RULES: Rule[] = [
  ...(["majority", "all", "any"] as const),
  ...[1, 2, 3].map((atLeast) => ({ atLeast })),
  ...[0.25, 0.5, 0.6, 0.75, 1].map((fraction) => ({ fraction })),
];

/** Every multiset of so many items. */
function multisets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => multisets(items.slice(i), size - 1).map((rest) => [item, ...rest]));
}

const quorums = RULES.flatMap((open) =>
  RULES.flatMap((resolve) => [1, 2, 3].map((minReporting): Quorum => ({ open, resolve, minReporting })))
);

// A region is nothing but its outcome to the check, so that these are also all of three regions, whatever their probers said.
test("every multiset of up to three ballots has the outcome of the naive tally under every rule, and recovers when that does", () => {
  const ballots = [0, 1, 2, 3].flatMap((size) => multisets<Ballot>([...CONCLUSIVE, "split"], size));
  expect(ballots).toHaveLength(1 + 9 + 45 + 165);
  let compared = 0;
  for (const quorum of quorums) {
    for (const votes of ballots) {
      const same = tally(votes, quorum) === outcomeOf(votes, quorum);
      if (!same) {
        expect([votes, quorum, tally(votes, quorum)]).toEqual([votes, quorum, outcomeOf(votes, quorum)]);
      }
      for (const silent of [0, 1, 2, 3]) {
        const [ours, naive] = [isRecovered(votes, silent, quorum), mayResolve(votes, silent, quorum)];
        if (ours !== naive) expect([votes, silent, quorum, ours]).toEqual([votes, silent, quorum, naive]);
        compared++;
      }
    }
  }
  expect(compared).toBe(quorums.length * ballots.length * 4);
});

const WORDS: SeenWord[] = ["ready", "drift", "down", "missing"];
const START = 1_700_000_040_000;

test("every multiset of verdicts over up to three regions of three probers is judged as the naive judgement does", () => {
  const inRegion = [1, 2, 3].flatMap((size) => multisets(WORDS, size));
  const lines = [1, 2, 3].flatMap((count) => multisets(inRegion.filter((one) => one.length === 3), count))
    .concat(multisets(inRegion, 2));
  const rules: Rule[] = ["majority", "all", "any", { atLeast: 2 }, { fraction: 0.6 }];
  for (const [i, regionsSaid] of lines.entries()) {
    const rule = rules[i % rules.length]!;
    const quorum: Quorum = { open: rule, resolve: rule, minReporting: 1 };
    const regions = regionsSaid.map((said, r): Region => ({
      id: `r${r}`,
      quorum,
      probers: said.map((_, p) => ({ id: `r${r}p${p}`, region: `r${r}`, kind: "local" })),
    }));
    const seen = Object.fromEntries(
      regionsSaid.flatMap((said, r) => said.map((word, p) => [`r${r}p${p}`, word] as const)),
    );
    const check = checkOf({ quorum, failureThreshold: 1, successThreshold: 1 });
    const story = { check, regions, lines: [{ slot: START, seen }] };
    const [ours, naive] = [play(story).map(comparable), replay(story)];
    if (JSON.stringify(ours) !== JSON.stringify(naive)) expect(ours).toEqual(naive);
  }
  expect(lines.length).toBeGreaterThan(2_000);
});
