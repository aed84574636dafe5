import { env, evictDurableObject, SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { minute, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

const push = async (state: string, n: number) => {
  const answer = await SELF.fetch("https://assay.example/v1/targets/shop/checks/orders/reports/unit", {
    method: "PUT",
    headers: { authorization: `Bearer ${env.ASSAY_TOKEN}` },
    body: JSON.stringify({ state, seq: n + 1, at: minute(n) }),
  });
  await answer.text();
  return answer.status;
};

test("a pushed claim, in workerd: it is held against every place's journey, and goes stale", async () => {
  const [shop] = targets();
  const report = { name: "unit", push: { ttl: "90s" } };
  const check = { ...(shop!.checks as object[])[0], report };
  world.setConfig({ targets: [{ ...shop, url: world.shop.stall(), checks: [check] }] });
  expect(await push("ready", 0)).toBe(200);
  expect(await push("ready", 0)).toBe(409);
  await world.tick(0);
  await world.shop.be({ all: "lies" });
  world.setClock(minute(1));
  expect(await push("ready", 1)).toBe(200);
  // It stands in the store, not in memory.
  await evictDurableObject(world.ledger);
  await world.tick(1);
  await world.tick(2);
  await world.tick(3);
  const all = (word: string) => ({ weur: word, enam: word, oc: word });
  expect(await world.history()).toEqual({
    0: all("ready"),
    1: all("drift"),
    2: all("drift"),
    3: all("failing"),
  });
  expect((await world.notices()).map(({ says }) => says)[0]).toBe("opened drift #1");
  expect(await world.probers()).toMatchObject({
    weur: { reported: { state: "unknown", reason: "stale", question: "push" } },
  });
});
