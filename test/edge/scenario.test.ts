import { env, evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { expect, test } from "vitest";
import {
  BY_TURNS,
  type Driver,
  EVENTS,
  MINUTE,
  playScenario,
  playTurns,
  TURNS_EVENTS,
  type TurnsDriver,
  WORDS,
} from "../scenario.ts";
import { shopClient } from "./shop_client.ts";
import { network, targets, workerFixture } from "./worker_fixture.ts";

const FAULTS = {
  "throws": () => Promise.reject(new Error("out of memory")),
  "is silent": () => new Promise<never>(() => {}),
};

const world = workerFixture({ timersAtHome: true });

/** The Worker's scheduled handler, with the very config of `config.json`. */
function inWorkerd(): Driver {
  world.useShop(shopClient(env.SHOP_URL, "story"));
  return {
    async tick({ shop, prober }, slot, nowMs) {
      if (!shop) return;
      await world.shop.be(shop);
      network.walk = ({ prober: id }, ask) => id === "oc" && prober ? FAULTS[prober.does]() : ask();
      const fire = () => world.fire(slot, nowMs);
      // A silent prober is given up, and a round without an answer is walked again, after a while.
      const needsTime = prober?.does === "is silent" || shop.all === "refuses";
      await (needsTime ? world.passTime(fire()) : fire());
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

/** Cron begins a minute, the ledger's alarm does the rest. */
function turnsInWorkerd(): TurnsDriver {
  world.useShop(shopClient(env.SHOP_URL, "turns"));
  const [target] = targets();
  const checks = (target!.checks as object[]).map((check) => ({ ...check, ...BY_TURNS }));
  world.setConfig({ targets: [{ ...target, url: world.shop.stall(), checks }] });
  const settle = async (nowMs: number) => {
    if (nowMs % MINUTE === 0) return await world.fire(nowMs, nowMs);
    world.setClock(nowMs);
    await runDurableObjectAlarm(world.ledger);
  };
  return {
    async settle(shop, nowMs) {
      await world.shop.be(shop);
      const work = () => settle(nowMs);
      await (shop.all === "lies to the second walk" ? world.passTime(work()) : work());
    },
    die: () => evictDurableObject(world.ledger),
    received: async () => (await world.shop.seen()).posts.map(({ body }) => body),
  };
}

test("the story by turns, in workerd: the same stream of events as on Deno", async () => {
  expect(await playTurns(turnsInWorkerd())).toEqual(TURNS_EVENTS);
});
