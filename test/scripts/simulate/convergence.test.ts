/** Rollouts in virtual time, with turns, confirmations, retries and lost requests: which are told, and when. */
import process from "node:process";
import { expect, test } from "vitest";
import { deal } from "../../../scripts/simulate/deal.ts";
import { START_MS } from "../../../scripts/simulate/run.ts";
import { CONVERGE_MS } from "../../../scripts/simulate/tape.ts";
import { verify } from "../../../scripts/simulate/violations.ts";

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const HOURS = Number(process.env.HOURS ?? 4);
const everyMs = 60_000;
const topology = { regions: 3, probers: 1 };

test("a rollout that leaves out a region is told within converge and a period of its first sight", async () => {
  const [tape] = deal({ hours: 4, seed: SEED, world: "rollout that leaves out a region", topology, everyMs });
  const { record, violations } = await verify(tape!);
  expect(violations, `seed ${SEED}`).toEqual([]);
  const told = record.changes.filter(({ kind }) => kind === "divergence");
  const rollouts = tape!.events.flatMap((event) =>
    event.kind === "rollout" && event.region === 1 ? [event] : []
  );
  expect(rollouts.length).toBeGreaterThan(2);
  expect(told.map(({ change }) => change)).toEqual(rollouts.flatMap(() => ["opened", "resolved"]));
  for (const [i, { revision, from }] of rollouts.entries()) {
    const seen = record.judgements.find(({ state: { probers } }) =>
      Object.values(probers).some(({ captured }) => captured?.revision?.value === String(revision))
    )!;
    const opened = told[2 * i]!.at;
    expect(opened - seen.at).toBeGreaterThanOrEqual(CONVERGE_MS);
    // What is judged waits a second for its neighbours.
    expect(opened - seen.at).toBeLessThanOrEqual(CONVERGE_MS + everyMs + 2_000);
    expect(opened - START_MS - from).toBeLessThanOrEqual(CONVERGE_MS + everyMs + 42_000);
  }
});

test(
  `honest rollouts, a new one every 5 min and 1 % of requests lost, are never told: ${HOURS} h`,
  async () => {
    let rollouts = 0;
    for (const tape of deal({ hours: HOURS, seed: SEED, world: "honest rollouts", topology, everyMs })) {
      const { record, violations } = await verify(tape);
      rollouts += tape.events.filter((event) => event.kind === "rollout" && event.region === 0).length;
      expect(violations, `seed ${SEED}`).toEqual([]);
      expect(record.changes.filter(({ kind }) => kind === "divergence"), `seed ${SEED}`).toEqual([]);
    }
    console.log(`seed ${SEED}: ${rollouts} rollouts`);
    expect(rollouts).toBeGreaterThanOrEqual(HOURS * 11);
  },
  1_800_000,
);
