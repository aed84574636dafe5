import { env, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { type Driver, EVENTS, playScenario, WORDS } from "../scenario.ts";
import { shopClient } from "./shop_client.ts";
import { workerFixture } from "./worker_fixture.ts";

const FAULTS = {
  "throws": () => Promise.reject(new Error("out of memory")),
  "is silent": () => new Promise<Response>(() => {}),
};

const world = workerFixture();

/** The Worker's scheduled handler, with the very config of `config.json`. */
function inWorkerd(): Driver {
  world.useShop(shopClient(env.SHOP_URL, "story"));
  return {
    async tick({ shop, prober }, slot, nowMs) {
      if (!shop) return;
      await world.shop.be(shop);
      await runInDurableObject(world.prober("oc"), (instance) => {
        Reflect.deleteProperty(instance, "fetch");
        if (prober) instance.fetch = FAULTS[prober.does];
      });
      const fire = () => world.fire(slot, nowMs);
      if (prober?.does === "is silent") return await world.passTime(fire());
      // A round without an answer is walked again a second later.
      await (shop.all === "refuses" ? world.withTimers(fire) : fire());
    },
    status: () => world.status(),
    received: async () => (await world.shop.seen()).posts.map(({ body }) => body),
  };
}

test("the story, in workerd: the same stream of events as on Deno", async () => {
  const { words, events } = await playScenario(inWorkerd());
  expect(words).toEqual(WORDS);
  expect(events).toEqual(EVENTS);
});
