import { env } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { proberApp } from "../../functions/cloudflare/prober.ts";
import worker from "../../functions/worker.ts";
import { workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

test("a pinned Worker behind the binding PROBER_<ID> is asked by it, and its vote decides the quorum", async () => {
  const asked: string[] = [];
  const pinned = {
    fetch(request: Request): Promise<Response> {
      asked.push(new URL(request.url).pathname);
      return worker.fetch(request, { ...env, ASSAY_PROBER: "us-east" });
    },
  };
  // Nothing answers at the public address.
  const remote = { id: "us-east", url: "https://prober.invalid", token: "${env:ASSAY_TOKEN}" };
  world.setConfig({
    regions: [
      ...["weur", "oc"].map((id) => ({ id, probers: [{ id, place: id }] })),
      { id: "us", probers: [remote] },
    ],
  });
  await world.setEnv(world.ledger, { PROBER_US_EAST: pinned });

  await world.tick(0);
  expect(await world.history()).toEqual({ 0: { weur: "ready", oc: "ready", "us-east": "ready" } });
  expect(asked).toEqual(["/v1/rounds"]);

  await world.shop.be({ "all": "serves", "weur": "lies", "us-east": "lies" });
  await world.tick(1);
  await world.tick(2);
  expect((await world.history())[2]).toEqual({ weur: "drift", oc: "ready", "us-east": "drift" });
  // Two of three regions; without the pinned one it would be one of two, which is no majority.
  expect((await world.notices()).map(({ says }) => says)).toEqual(["opened drift #1"]);
});

describe("a Worker that is one prober", () => {
  beforeEach(() =>
    world.setConfig({
      regions: [
        { id: "eu", probers: [{ id: "weur", place: "weur" }] },
        { id: "us", probers: [{ id: "east", url: "https://prober.invalid", token: "${env:PROBER_TOKEN}" }] },
      ],
    })
  );
  const pinned = (id: string) =>
    proberApp({ SHOP_URL: env.SHOP_URL, PROBER_TOKEN: "tok-of-the-prober", ASSAY_PROBER: id }, id)();

  test.each([["tok-of-the-prober", 400], ["tok-of-another", 401], ["inside", 401]])(
    "needs only its own secrets, and answers %s with %d",
    async (token, status) => {
      const headers = { authorization: `Bearer ${token}` };
      const request = new Request("https://prober.example/v1/rounds", {
        method: "POST",
        headers,
        body: "{}",
      });
      expect((await (await pinned("east")).fetch(request)).status).toBe(status);
    },
  );

  test("is none that has a place: the name by which the ledger asks that one is no secret", async () => {
    await expect(pinned("weur")).rejects.toThrow("no prober weur with a url and token");
  });
});
