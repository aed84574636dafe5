import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_OWN, stepOwn } from "../../src/judgement/own.ts";
import type { OwnKind, OwnSighting } from "../../src/judgement/own_causes.ts";
import { type NaiveAsk, type NaiveCommit, replayOwn } from "./naive_own.ts";

const START = 1_700_000_040_000;
const SECOND = 1_000;
const PROBERS = ["fra", "iad", "sin"];
const KINDS: OwnKind[] = ["delivery", "capacity", "schedule"];

/** Who is silent, in spells: a letter each for `fra`, `iad`, `sin`; `x` has left the config. */
const spell = fc.record({
  commits: fc.integer({ min: 1, max: 9 }),
  gapS: fc.constantFrom(20, 20, 60, 60, 300),
  said: fc.array(fc.constantFrom("R", "R", "-", "-", "m", " ", "x"), { minLength: 3, maxLength: 3 }),
  causes: fc.array(fc.constantFrom("!", "!", ".", "both", " "), { minLength: 3, maxLength: 3 }),
});
/** How far a commit or an ask lies behind, s; now and then a commit says blind. */
const jitter = fc.record({
  commitS: fc.constantFrom(0, 0, 0, 20, 60),
  askS: fc.constantFrom(0, 0, 0, 20, 60, 180),
  blind: fc.integer({ min: 0, max: 11 }).map((n) => n === 0),
});

const histories = fc.array(spell, { minLength: 1, maxLength: 8 }).chain((spells) => {
  const total = spells.reduce((sum, { commits }) => sum + commits, 0);
  return fc.array(jitter, { minLength: total, maxLength: total })
    .map((jitters) => printable(commitsOf(spells, jitters)));
});

/** A history that fast-check prints as a short text when it fails: seconds, signs of asks and of causes. */
function printable(commits: NaiveCommit[]): NaiveCommit[] {
  const seconds = (at: number) => (at - START) / SECOND;
  const text = commits.map(({ at, probers, blind, asks, sightings }) =>
    [
      `${seconds(at)}${blind ? " blind" : ""}: ${probers.join()}`,
      ...asks.map(({ prober, at, brought }) => `${prober}${brought ? "+" : "-"}${seconds(at)}`),
      ...sightings.map(({ kind, at, cause }) => `${kind}${cause ? "!" : "."}${seconds(at)}`),
    ].join(" ")
  ).join("\n");
  return Object.defineProperty(commits, fc.toStringMethod, { value: () => `\n${text}\n` });
}

interface Spell {
  commits: number;
  gapS: number;
  said: string[];
  causes: string[];
}

function commitsOf(
  spells: Spell[],
  jitters: { commitS: number; askS: number; blind: boolean }[],
): NaiveCommit[] {
  let at = START;
  let count = 0;
  return spells.flatMap(({ commits, gapS, said, causes }) =>
    Array.from({ length: commits }, (): NaiveCommit => {
      at += gapS * SECOND;
      const { commitS, askS, blind } = jitters[count++]!;
      const slot = START + Math.floor((at - START) / 60_000) * 60_000;
      return {
        at: at - commitS * SECOND,
        probers: PROBERS.filter((_, p) => said[p] !== "x"),
        blind,
        asks: PROBERS.flatMap((prober, p) => asksOf(prober, said[p]!, at - askS * SECOND)),
        sightings: KINDS.flatMap((kind, i) => sightingsOf(kind, causes[i]!, slot)),
      };
    })
  );
}

/** `m`: of two checks one is missing. */
function asksOf(prober: string, said: string, at: number): NaiveAsk[] {
  const one = (brought: boolean): NaiveAsk => ({ prober, at, brought });
  if (said === "m") return [one(false), one(true)];
  return said === "R" || said === "-" ? [one(said === "R")] : [];
}

function sightingsOf(kind: OwnKind, said: string, at: number): OwnSighting[] {
  const [well, ails]: OwnSighting[] = [{ kind, at }, { kind, at, cause: "too slow" }];
  return { "!": [ails!], ".": [well!], both: [well!, ails!] }[said] ?? [];
}

/** The same by the real steps, commit by commit. */
function play(commits: readonly NaiveCommit[]): string[][] {
  let state = EMPTY_OWN;
  /** As the states of the checks know it; of who leaves the config they forget all. */
  let walked: Record<string, number> = {};
  return commits.map(({ at, probers, blind, asks, sightings }) => {
    walked = Object.fromEntries(Object.entries(walked).filter(([prober]) => probers.includes(prober)));
    const step = stepOwn(state, { asks, sightings: sightings as OwnSighting[] }, {
      ...{ at, probers, blind, newId: () => "i", walkedAt: (prober) => walked[prober] },
    });
    state = step.state;
    for (const { prober, at, brought } of asks) {
      if (brought) walked[prober] = Math.max(walked[prober] ?? -Infinity, at);
    }
    return step.transitions.map(({ change, incident: { check, episode, updatedAt, timeline } }) => {
      const reason = change === "resolved" ? ` ${timeline.at(-1)!.reason}` : "";
      return `${check} ${change} #${episode}${reason} @${updatedAt}`;
    }).sort();
  });
}

test("own incidents are those of the naive judgement, commit by commit", () => {
  let told = 0;
  fc.assert(
    fc.property(histories, (commits) => {
      const [ours, naive] = [play(commits), replayOwn(commits)];
      told += ours.flat().length;
      expect(ours).toEqual(naive);
    }),
    { numRuns: 250 },
  );
  expect(told).toBeGreaterThan(250);
});

test("a round of a walk before the first one that was asked for counts by its own instant", () => {
  const commit = (at: number, walk: number, brought: boolean): NaiveCommit => ({
    at: START + at * SECOND,
    probers: ["fra"],
    blind: true,
    asks: [{ prober: "fra", at: START + walk * SECOND, brought }],
    sightings: [],
  });
  const commits = [
    commit(20, 20, false),
    commit(40, 40, false),
    commit(60, -60, true),
    commit(180, 0, false),
    commit(240, 240, false),
  ];
  const told = [[], ["opened #1"], ["resolved #1 recovered"], [], ["opened #2"]];
  const expected = told.map((some, i) => some.map((one) => `prober-fra ${one} @${commits[i]!.at}`));
  expect(play(commits)).toEqual(expected);
  expect(replayOwn(commits)).toEqual(expected);
});

test("nothing is remembered of what is well for ten minutes", () => {
  fc.assert(
    fc.property(histories, (commits) => {
      const last = commits.at(-1)!.at;
      const well = Array.from({ length: 20 }, (_, i): NaiveCommit => {
        const at = last + (5 + i) * 60_000;
        return {
          at,
          probers: PROBERS,
          blind: false,
          asks: PROBERS.map((prober) => ({ prober, at, brought: true })),
          sightings: KINDS.map((kind) => ({ kind, at })),
        };
      });
      let state = EMPTY_OWN;
      for (const { at, probers, blind, asks, sightings } of [...commits, ...well]) {
        state = stepOwn(state, { asks, sightings: sightings as OwnSighting[] }, {
          ...{ at, probers, blind, newId: () => "i", walkedAt: () => undefined },
        }).state;
      }
      expect(state).toEqual(EMPTY_OWN);
    }),
    { numRuns: 50 },
  );
});
