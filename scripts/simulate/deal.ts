/** Distributes simulated hours over worlds, topologies and periods, by seed. */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import { chanceOf, sequence } from "./chance.ts";
import type { Tape, Topology } from "./tape.ts";
import { WORLDS } from "./worlds.ts";

/** A topology and its share of the hours. */
const TOPOLOGIES: readonly [Topology, weight: number][] = [
  [{ regions: 3, probers: 1 }, 80],
  [{ regions: 1, probers: 1 }, 5],
  [{ regions: 2, probers: 1 }, 5],
  [{ regions: 5, probers: 1 }, 5],
  [{ regions: 3, probers: 3 }, 5],
];

/**
 * A period with its run length, and its share of the runs. Runs are sized to a similar number of judgements.
 */
const PERIODS: readonly [{ everyMs: number; hours: number }, weight: number][] = [
  [{ everyMs: MINUTE_MS, hours: 4 }, 75],
  [{ everyMs: 30 * SECOND_MS, hours: 2 }, 10],
  [{ everyMs: 5 * MINUTE_MS, hours: 12 }, 10],
  [{ everyMs: 10 * SECOND_MS, hours: 2 }, 5],
];

/** Worlds that need more hours, because they count rare events. Default: one share. */
const SHARES: Readonly<Record<string, number>> = {
  "dependency blip": 5,
  "healthy, 5 % lost": 4,
  "healthy, loss in bursts": 4,
  "deploy that overclaims": 3,
  "machinery": 3,
};

/** The hours and seed to deal; a world, topology or period left out is drawn. */
export interface Wanted {
  hours: number;
  seed: number;
  world?: string;
  topology?: Topology;
  everyMs?: number;
}

function pick<T>(rows: readonly (readonly [T, number])[], chance: number): T {
  let left = chance * rows.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of rows) {
    left -= weight;
    if (left < 0) return value;
  }
  return rows.at(-1)![0];
}

/** Draws the tape of one run. */
export function tapeOf(
  { world, topology, everyMs, minutes, seed }: Omit<Tape, "events">,
): Tape {
  const draw = { chance: sequence(seed), lastMs: minutes * MINUTE_MS, topology };
  return { world, topology, everyMs, minutes, seed, events: WORLDS[world]!.events(draw) };
}

/** Draws tapes until all hours are used up. */
export function deal({ hours, seed, ...fixed }: Wanted): Tape[] {
  const worlds = Object.keys(WORLDS).map((name) => [name, SHARES[name] ?? 1] as const);
  const tapes: Tape[] = [];
  for (let left = hours * HOUR_MS; left > 0;) {
    const chance = (salt: number) => chanceOf(seed, tapes.length, salt);
    const period = PERIODS.find(([{ everyMs }]) => everyMs === fixed.everyMs)?.[0] ??
      pick(PERIODS, chance(1));
    const tape = tapeOf({
      world: fixed.world ?? pick(worlds, chance(2)),
      topology: fixed.topology ?? pick(TOPOLOGIES, chance(3)),
      everyMs: fixed.everyMs ?? period.everyMs,
      minutes: period.hours * 60,
      seed: Math.floor(chance(4) * 2 ** 31),
    });
    tapes.push(tape);
    left -= tape.minutes * MINUTE_MS;
  }
  return tapes;
}
