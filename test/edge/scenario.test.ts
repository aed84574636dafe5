import { env, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { type Driver, EVENTS, play, WORDS } from "../scenario.ts";
import { room } from "./shop_client.ts";
import { worlds } from "./worker_fixture.ts";

const FAULTS = {
  "throws": () => Promise.reject(new Error("out of memory")),
  "is silent": () => new Promise<Response>(() => {}),
};

const world = worlds();

/** The Worker's scheduled handler, with the very config of `config.json`. */
function inWorkerd(): Driver {
  world.enter(room(env.SHOP_URL, "story"));
  return {
    async tick({ shop, prober }, slot, nowMs) {
      if (!shop) return;
      await world.room.be(shop);
      await runInDurableObject(world.prober("oc"), (instance) => {
        Reflect.deleteProperty(instance, "fetch");
        if (prober) instance.fetch = FAULTS[prober.does];
      });
      await world.fire(slot, nowMs);
    },
    status: () => world.status(),
    received: async () => (await world.room.seen()).posts.map(({ body }) => body),
  };
}

test("the story, in workerd: the same stream of events as on Deno", async () => {
  const { words, events } = await play(inWorkerd());
  expect(words).toEqual(WORDS);
  expect(events).toEqual(EVENTS);
});
