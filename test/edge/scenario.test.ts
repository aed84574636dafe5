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
      // A silent prober is given up, and a round without an answer is walked again, after a while.
      const needsTime = prober?.does === "is silent" || shop.all === "refuses";
      await (needsTime ? world.withTimers(fire) : fire());
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
