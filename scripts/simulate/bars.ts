/**
 * The bars of the judgement: limits that its rules must meet with default settings, at one-minute checks
 * unless noted.
 */
import { SECOND_MS } from "../../src/base/time.ts";
import type { Wanted } from "./deal.ts";
import type { Row } from "./figures.ts";
import { parseTopology } from "./tape.ts";

/** One bar, with what a simulation measured. */
export interface Bar {
  what: string;
  /** Null: no finite value was measured. */
  value: number | null;
  most: number;
  /** Sample size, in episodes, runs or hours; below `least` it proves nothing. */
  over: number;
  least: number;
  holds: boolean;
}

type Reading = Pick<Bar, "value" | "over">;
interface Line {
  what: string;
  world: string;
  topology: string;
  everySeconds?: number;
  most: number;
  least: number;
  read(row: Row): Reading;
}

const p95 = ({ detectionP95: value, episodes: over }: Row): Reading => ({ value, over });
const recovery = ({ recoveryP95: value, episodes: over }: Row): Reading => ({ value, over });
const missedShare = ({ missed, episodes: over }: Row): Reading => ({ value: 100 * missed / over, over });
const noticedShare = ({ missed, episodes: over }: Row): Reading => ({
  value: 1_000 * (over - missed) / over,
  over,
});
const falseCritical = ({ falseCritical: value, hours: over }: Row): Reading => ({ value, over });
const notFound = ({ partials: over, partialsTold }: Row): Reading => ({ value: over - partialsTold, over });
const foundP50 = ({ partialP50: value, partials: over }: Row): Reading => ({ value, over });
const blindTooEarly = ({ blindsTooEarly: value, blinds: over }: Row): Reading => ({ value, over });
const wrongWord = ({ rightWord, missed, episodes: over }: Row): Reading => (
  { value: 100 * (1 - rightWord / Math.max(1, over - missed)), over }
);

const LINES: readonly Line[] = [
  { what: "drift p95, s", world: "drift", topology: "3x1", most: 47, least: 100, read: p95 },
  { what: "drift p95, s", world: "drift", topology: "2x1", most: 62, least: 20, read: p95 },
  { what: "drift, recovery p95, s", world: "drift", topology: "3x1", most: 50, least: 100, read: recovery },
  { what: "hanging drift p95, s", world: "hanging drift", topology: "3x1", most: 70, least: 100, read: p95 },
  {
    what: "drift with a hung prober p95, s",
    world: "hung prober",
    topology: "3x1",
    most: 68,
    least: 100,
    read: p95,
  },
  {
    what: "deploys of 20 to 180 s missed, %",
    world: "deploy that overclaims",
    topology: "3x1",
    most: 22,
    least: 700,
    read: missedShare,
  },
  {
    what: "blips of 2 to 20 s noticed, of 1,000",
    world: "dependency blip",
    topology: "3x1",
    most: 1,
    least: 2_000,
    read: noticedShare,
  },
  {
    what: "false critical at 5 % loss",
    world: "healthy, 5 % lost",
    topology: "3x1",
    most: 0,
    least: 600,
    read: falseCritical,
  },
  {
    what: "false critical in bursts of loss",
    world: "healthy, loss in bursts",
    topology: "3x1",
    most: 0,
    least: 600,
    read: falseCritical,
  },
  {
    what: "false critical with one prober at 1 % loss",
    world: "healthy, 1 % lost",
    topology: "1x1",
    most: 0,
    least: 24,
    read: falseCritical,
  },
  {
    what: "one bad replica of 5 not found",
    world: "one bad replica of 5",
    topology: "3x1",
    most: 0,
    least: 16,
    read: notFound,
  },
  {
    what: "one bad replica of 5, p50, min",
    world: "one bad replica of 5",
    topology: "3x1",
    most: 20,
    least: 16,
    read: foundP50,
  },
  {
    what: "one bad replica of 10 not found",
    world: "one bad replica of 10",
    topology: "3x1",
    most: 0,
    least: 16,
    read: notFound,
  },
  {
    what: "wrong word at the opening at 1 % loss, %",
    world: "drift, 1 % lost",
    topology: "3x1",
    most: 1,
    least: 100,
    read: wrongWord,
  },
  ...[60, 10].map((everySeconds): Line => ({
    what: `blind said before its silent probers at ${everySeconds} s`,
    world: "probers that fall silent",
    topology: "3x1",
    everySeconds,
    most: 0,
    least: everySeconds === 60 ? 50 : 8,
    read: blindTooEarly,
  })),
  ...["3x1", "1x1"].flatMap((topology) =>
    [10, 30, 60, 300].map((everySeconds): Line => ({
      what: `false critical in honest starts at ${everySeconds} s`,
      world: "honest starts",
      topology,
      everySeconds,
      most: 0,
      least: 4,
      read: falseCritical,
    }))
  ),
];

/** Hours of a world that give the sample size its bars need. */
const HOURS: Readonly<Record<string, number>> = {
  "drift": 60,
  "hanging drift": 60,
  "hung prober": 60,
  "deploy that overclaims": 312,
  "dependency blip": 728,
  "healthy, 5 % lost": 600,
  "healthy, loss in bursts": 600,
  "healthy, 1 % lost": 720,
  "one bad replica of 5": 64,
  "one bad replica of 10": 64,
  "drift, 1 % lost": 60,
  "honest starts": 48,
  "probers that fall silent": 48,
};

/** The simulations that give every bar its sample size. */
export const PROOFS: readonly Required<Omit<Wanted, "seed">>[] = [
  ...new Map(LINES.map(({ world, topology, everySeconds = 60 }) => [
    `${world} ${topology} ${everySeconds}`,
    {
      world,
      topology: parseTopology(topology)!,
      everyMs: everySeconds * SECOND_MS,
      hours: everySeconds < 60 ? 8 : HOURS[world]!,
    },
  ])).values(),
];

/** The bars that these rows measure. */
export function barsOf(rows: readonly Row[]): Bar[] {
  return LINES.flatMap(({ what, world, topology, everySeconds = 60, most, least, read }) => {
    const row = rows.find((one) =>
      one.world === world && one.topology === topology && one.everySeconds === everySeconds
    );
    if (!row) return [];
    const { value, over } = read(row);
    const rounded = value === null ? null : Math.round(value * 100) / 100;
    const holds = rounded !== null && rounded <= most;
    return [{ what: `${what}, ${topology}`, value: rounded, most, over, least, holds }];
  });
}
