/** Objects sleep after ten idle seconds, so between two ticks they forget. */
import { env, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { minute, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const CHECKS = 20;

test("checks that were not admitted go first in the next slot, though nobody was awake in between", async () => {
  const [target] = targets();
  world.setConfig({
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    targets: Array.from({ length: CHECKS }, (_, n) => ({ ...target, id: `t${n}`, url: world.shop.stall() })),
  });
  world.setProberEnv({ ASSAY_PLAN: "free" });
  const left: string[][] = [];
  for (const n of [0, 1]) {
    await world.tick(n);
    await evictDurableObject(world.ledger);
    const slot = new Date(minute(n)).toISOString();
    const views = (await world.status()).targets;
    left.push(
      views.filter(({ checks: [check] }) => check!.regions[0]!.probers[0]!.missed?.slot === slot)
        .map(({ id }) => id),
    );
    await evictDurableObject(world.ledger);
  }
  expect(left.map(({ length }) => length)).toEqual([8, 8]);
  expect(left[1]!.filter((id) => left[0]!.includes(id))).toEqual([]);
});

test("another generation is another object, and the old one is not asked any more", async () => {
  const bump = (generation: number) =>
    world.setConfig({
      regions: [{ id: "eu", probers: [{ id: "weur", place: "weur", generation }] }],
    });
  const measuredAt = (generation: number) =>
    runInDurableObject(
      env.PROBER.getByName(`prober:weur:${generation}:0`),
      async (_, { storage }) => (await storage.get<{ at: number }>("place"))?.at,
    );
  bump(1);
  await world.tick(0);
  expect([await measuredAt(1), await measuredAt(2)]).toEqual([minute(0), undefined]);
  await evictDurableObject(world.ledger);
  bump(2);
  await world.tick(2);
  expect([await measuredAt(1), await measuredAt(2)]).toEqual([minute(0), minute(2)]);
});
