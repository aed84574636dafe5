import process from "node:process";
import * as fc from "fast-check";
import { expect, test, vi } from "vitest";
import { assess, type Assessment } from "../../src/judgement/assess.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { arrivalsOf, comparable, FAILED_WORDS, type GeneratedHistory, play } from "./generators.ts";
import { isBad, isLate, scopeAt, walkedAt } from "./naive.ts";
import { type NaiveResult, replay } from "./naive_incidents.ts";
import { unevenHistories } from "./uneven.ts";

/** How many histories, and from which seed: `HISTORIES=100000 deno task test --project deno test/judgement/uneven.test.ts` is the long run. */
const HISTORIES = Number(process.env.HISTORIES ?? 300);
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

vi.setConfig({ testTimeout: Math.max(60_000, HISTORIES * 200) });

const text = (results: NaiveResult[]) =>
  results.map(({ outcome, regions, votes, told, confirmations, held }) =>
    [outcome, ...Object.entries({ ...regions, ...votes }).flat(), ...told, ...confirmations, ...held].join(
      " ",
    )
  ).join("\n");

const DAY_MS = 86_400_000;

/** Every number in a value that could be an instant; those in reports are of other clocks. */
function instants(value: unknown): number[] {
  if (typeof value === "number") return value > DAY_MS * 365 ? [value] : [];
  if (typeof value !== "object" || value === null || "dialect" in value) return [];
  return Object.values(value).flatMap(instants);
}

function forAll(numRuns: number, holds: (story: GeneratedHistory) => void): void {
  console.log(`seed ${SEED}, ${numRuns} histories`);
  fc.assert(fc.property(unevenHistories(), (story) => void holds(story)), { numRuns, seed: SEED });
}

const changes = ({ transitions }: Assessment, family: string, change: string) =>
  transitions.filter((one) => one.change === change && one.incident.family === family)
    .filter(({ incident: { reason } }) => reason !== "removed").map(({ incident: { scope } }) => scope);

test("with turns, confirmations, late, doubled and lost walks, assess and the naive judgement agree, and no rule is broken", () => {
  let [opened, resolved, called, held] = [0, 0, 0, 0];
  forAll(HISTORIES, (story) => {
    const assessments = play(story);
    const [ours, naive] = [assessments.map(comparable), replay(story)];
    if (text(ours) !== text(naive)) expect(ours).toEqual(naive);
    for (const [i, now] of assessments.entries()) {
      for (const scope of changes(now, "service", "opened")) {
        opened++;
        const seen = Object.entries(story.lines[i]!.seen).filter(([id]) => !isLate(story, id, i));
        // Nothing opens while nobody's latest verdict is bad: it is this judgement in which one failed.
        expect(seen.filter(([, word]) => isBad(word))).not.toEqual([]);
        expect(FAILED_WORDS).toContain(scopeAt(story, scope, i).outcome);
      }
      for (const scope of changes(now, "service", "resolved")) {
        resolved++;
        const it = scopeAt(story, scope, i);
        // No recovery is told while the latest verdicts would open, nor while too few say anything.
        expect([it.outcome === "pending", isBad(it.outcome), it.resolves]).toEqual([false, false, true]);
      }
      called += ours[i]!.confirmations.length;
      held += ours[i]!.held.length;
    }
  });
  console.log(
    `${opened} opened, ${resolved} resolved, ${called} judgements with a confirmation pending, ${held} holders`,
  );
  for (const count of [opened, resolved, called]) expect(count).toBeGreaterThan(HISTORIES / 30);
  // One history in thirty has some.
  expect(held).toBeGreaterThan(0);
});

test("walks that share a judgement make the votes that they make one by one", () => {
  forAll(Math.min(HISTORIES, 200), (story) => {
    const { check, regions, lines } = story;
    const at = lines.findIndex((line, i) => i > 0 && walkedAt(line) > walkedAt(lines[i - 1]!));
    if (at < 1) return;
    const oneByOne = play({ ...story, lines: lines.slice(0, at + 1) }).at(-1)!.state;
    const before = play({ ...story, lines: lines.slice(0, at - 1) }).at(-1)?.state;
    const both = [...arrivalsOf(lines[at]!), ...arrivalsOf(lines[at - 1]!)];
    const { state } = assess(check, regions, both, { before, newId: () => "i" });
    const votes = ({ probers }: CheckState) => Object.values(probers).map(({ standing }) => standing);
    expect(votes(state)).toEqual(votes(oneByOne));
  });
});

test("after a clock that stepped back by a day nothing stands in the future, and what is walked then counts", () => {
  forAll(Math.min(HISTORIES, 200), (story) => {
    const { check, regions, lines } = story;
    const before = play(story).at(-1)?.state;
    if (!before) return;
    const at = Math.max(...lines.map(walkedAt)) - DAY_MS;
    const seen = Object.fromEntries(
      regions.flatMap(({ probers }) => probers.map(({ id }) => [id, "ready" as const])),
    );
    const { state } = assess(check, regions, arrivalsOf({ slot: at, seen }), { before, newId: () => "i" });
    const { incidents: _incidents, scopes, ...rest } = state;
    const confirmations = Object.values(scopes).map(({ confirmation: _one, begun: _all, ...other }) => other);
    expect(instants([rest, confirmations]).filter((instant) => instant > at)).toEqual([]);
    expect(state.judgedAt).toBe(at);
    expect(Object.values(state.probers).map(({ witness }) => witness!.slot)).toEqual(
      Object.keys(seen).map(() => at),
    );
  });
});
