/**
 * Hundreds of simulated hours, from a fresh seed each time, and what once went wrong again. `HOURS=` and `SEED=` repeat a run;
 * what fails is printed as a tape, small enough to be kept in kept.json.
 */
import process from "node:process";
import { describe, expect, test } from "vitest";
import type { Wanted } from "../../../scripts/simulate/deal.ts";
import { simulate } from "../../../scripts/simulate/simulate.ts";
import { parseTopology, type Tape } from "../../../scripts/simulate/tape.ts";
import { verify } from "../../../scripts/simulate/violations.ts";
import { WORLDS } from "../../../scripts/simulate/worlds.ts";
import kept from "./kept.json" with { type: "json" };

/** In CI 500 in all, with those of the bars. */
const HOURS = Number(process.env.HOURS ?? (process.env.CI ? 380 : 30));
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

async function dealt(wanted: Wanted) {
  const result = await simulate(wanted);
  const { seed, hours, judgements, compared, failing, bars, violations } = result;
  console.log(`seed ${seed}: ${hours} h, ${judgements} judgements, ${compared} made again by the oracle`);
  for (const { tape, violations } of failing) console.log(violations.join("\n"), JSON.stringify(tape));
  for (const { what, value, most, over } of bars) console.log(`${what}: ${value} of ${most}, over ${over}`);
  expect({ violations, failing }).toEqual({ violations: 0, failing: [] });
  return result;
}

test(`${HOURS} hours over worlds, topologies and periods`, async () => {
  const { judgements, compared, bars } = await dealt({ hours: HOURS, seed: SEED });
  // Walks of two instants in one judgement end the comparison of their run; there are few.
  expect(compared).toBeGreaterThan(judgements * 0.8);
  expect(bars.filter(({ holds, over, least }) => over >= least && !holds)).toEqual([]);
}, 1_800_000);

describe("the bars, where they are known within a few hours", () => {
  test.each<[world: string, topology: string, hours: number]>([
    ["drift", "3x1", 24],
    ["drift", "2x1", 16],
    ["hanging drift", "3x1", 24],
    ["hung prober", "3x1", 24],
    ["healthy, 1 % lost", "1x1", 32],
    ["probers that fall silent", "3x1", 8],
  ])("%s, %s", async (world, topology, hours) => {
    const wanted = { world, topology: parseTopology(topology), everyMs: 60_000 };
    const { bars } = await dealt({ ...wanted, hours, seed: SEED });
    expect(bars.length).toBeGreaterThan(0);
    expect(bars.filter(({ holds }) => !holds)).toEqual([]);
  }, 600_000);
});

describe("what is set otherwise: a region's own incidents, cron, and leases that change hands in the midst of a minute", () => {
  test.each<[world: string, topology: string]>([
    ["each region by itself", "3x1"],
    ["each region by itself", "2x2"],
    ["each region by itself, with its machinery", "3x1"],
    ["by cron", "3x1"],
    ["leases that change hands", "3x1"],
  ])("%s, %s", async (world, topology) => {
    const wanted = { world, topology: parseTopology(topology), everyMs: 60_000 };
    const { judgements, compared } = await dealt({ ...wanted, hours: 4, seed: SEED });
    expect(judgements).toBeGreaterThan(150);
    expect(compared).toBeGreaterThan(0);
  }, 600_000);
});

test.each(
  (kept as Tape[]).map((tape) =>
    [`${tape.world}, ${tape.seed}, ${tape.events.length} events`, tape] as const
  ),
)(
  "kept: %s",
  async (_name, tape) => expect((await verify(tape)).violations).toEqual([]),
);

test("a seed says the same twice", async () => {
  const wanted = { hours: 4, seed: SEED, everyMs: 60_000, world: "machinery" };
  expect(await simulate(wanted)).toEqual(await simulate(wanted));
}, 300_000);

test.each(Object.keys(WORLDS))("the world %s has something in it", (name) => {
  const draw = { lastMs: 4 * 3_600_000, topology: { regions: 3, probers: 1 } };
  let count = 0;
  const events = WORLDS[name]!.events({ ...draw, chance: () => (count += 0.618) % 1 });
  expect(events.length).toBeGreaterThan(0);
  for (const { from, until } of events) expect(until).toBeGreaterThan(from);
});
