import { expect, test } from "vitest";
import { Collector, type Landed } from "../../../src/engine/settler/collect.ts";
import type { ProberAsk } from "../../../src/engine/settler/gather.ts";
import { steppingClock } from "../../world/clock.ts";
import { testEnv } from "../../world/test_env.ts";
import { roundOf } from "../../world/scripted_probers.ts";

const MANY = `version: 1\ntargets:${
  Array.from({ length: 50 }, (_, i) => `
  - { id: t${i}, url: https://t.example, checks: [{ journey: [{ expect: status == 200 }] }] }`).join("")
}`;

/** One prober, asked for fifty checks, that is waited for so long; and what is judged together. */
async function one(waitMs: (n: number) => number | undefined) {
  const { config: { checks } } = await testEnv(MANY);
  const clock = steppingClock();
  const ask: ProberAsk = { prober: "p", walk: { slot: 0, at: 0, kind: "turn" }, checks };
  const judged: Landed[][] = [];
  let asked = 0;
  const collector = new Collector({
    clock,
    asks: [ask],
    waitMs: () => waitMs(asked++),
    judge: (landed) => judged.push(landed),
  });
  const bring = (i: number) => collector.arrive(ask, checks[i]!, { round: roundOf("ready", 0) });
  return {
    clock,
    judged,
    bring,
    end: () => collector.end(),
    sizes: () => judged.map(({ length }) => length),
  };
}

test("what comes within a second of each other is judged together", async () => {
  const { clock, bring, sizes } = await one(() => undefined);
  for (let i = 0; i < 10; i++) {
    bring(i);
    await clock.advance(100);
  }
  await clock.advance(1_000);
  expect(sizes()).toEqual([10]);
});

test("and so is what comes after it was given up", async () => {
  const { clock, bring, sizes } = await one(() => 5_000);
  await clock.advance(5_000);
  expect(sizes()).toEqual([50]);
  for (let i = 0; i < 40; i++) {
    bring(i);
    await clock.advance(10);
  }
  await clock.advance(1_000);
  expect(sizes()).toEqual([50, 40]);
});

test("everybody is given up in time, however uneven the times are", async () => {
  const { clock, judged, sizes } = await one((n) => 5_000 + 7 * n);
  await clock.advance(6_000);
  expect(sizes().reduce((sum, size) => sum + size, 0)).toBe(50);
  expect(judged.flat().every(({ brought }) => "missed" in brought && brought.missed === "timeout")).toBe(
    true,
  );
});

test("the last that comes is judged at once", async () => {
  const { clock, bring, sizes } = await one(() => undefined);
  for (let i = 0; i < 50; i++) bring(i);
  await clock.advance(0);
  expect(sizes()).toEqual([50]);
});
