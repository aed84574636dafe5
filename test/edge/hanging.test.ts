import { expect, test } from "vitest";
import { targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture({ timersAtHome: true });

test.each([
  { plan: "free", sixth: "missing" },
  { plan: "paid", sixth: "down" },
])("on the $plan plan the sixth slot of a check that hangs is $sixth", async ({ plan, sixth }) => {
  const [target] = targets();
  const check = {
    ...(target!.checks as object[])[0],
    ...{ timeout: "1s", retry: 0, report: { path: "/readyz", timeout: "500ms" } },
  };
  world.setConfig({
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    targets: [{ ...target, url: world.shop.stall("shop"), checks: [check] }],
  });
  await world.setEnv(world.ledger, { ASSAY_PLAN: plan });
  await world.shop.be({ all: "serves", shop: "hangs" });
  for (let n = 0; n < 7; n++) await world.passTime(world.tick(n));
  const words = Object.values(await world.history()).map(({ weur }) => weur);
  expect(words).toEqual([...Array(5).fill("down"), sixth, "down"]);
});
