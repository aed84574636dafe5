import { KINDS } from "../functions/deno/kinds.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connector } from "../functions/deno/client/mod.ts";
import { openSqlite } from "../functions/deno/sqlite.ts";
import { clock } from "../functions/clock.ts";
import { api } from "../src/web/app.ts";
import { loadValue } from "../src/config/mod.ts";
import { deliver } from "../src/engine/notify/mod.ts";
import { SINKS } from "../src/engine/notify/sinks/mod.ts";
import type { Ports } from "../src/base/ports.ts";
import { DIALECTS } from "../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../src/evidence/probe/steps/mod.ts";
import { localProber } from "../src/engine/prober/local.ts";
import { settler } from "../src/engine/settler/settler.ts";
import { references, secretsOf } from "../src/base/secrets.ts";
import bundled from "./edge/config.json" with { type: "json" };
import { shopClient } from "./edge/shop_client.ts";
import { openShop } from "./edge/shop_server.ts";
import {
  BY_TURNS,
  type Driver,
  EVENTS,
  MINUTE,
  type Minute,
  playScenario,
  playTurns,
  START,
  TURNS_EVENTS,
  type TurnsDriver,
  WORDS,
} from "./scenario.ts";
import type { Prober } from "../src/judgement/round.ts";

const TOKEN = "operator";
let shop: Awaited<ReturnType<typeof openShop>>;
beforeAll(async () => void (shop = await openShop()));
afterAll(() => shop.close());

const fails = (faults: Map<string, string>, prober: Prober): Prober => ({
  id: prober.id,
  ask(request) {
    const fault = faults.get(prober.id);
    if (fault === "throws") return Promise.reject(new Error("out of memory"));
    return fault ? new Promise(() => {}) : prober.ask(request);
  },
});

/** Settlers, local probers and a store, over a real network; `check` are more settings of the check. */
async function onDeno(check: object = {}) {
  const story = shopClient(shop.url, "turns" in check ? "turns" : "story");
  const env: Record<string, string> = {
    ASSAY_TOKEN: TOKEN,
    SHOP_URL: shop.url,
    ONCALL_URL: story.hook,
    ONCALL_SECRET: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
  };
  const [target] = bundled.targets;
  const checks = target!.checks.map((one) => ({ ...one, ...check }));
  const targets = [{ ...target, url: story.stall(), checks }];
  const { config } = await loadValue({ ...bundled, targets }, {
    kinds: KINDS,
    runtime: "cloudflare",
    turns: 1,
    env: (name) => env[name],
  });
  let nowMs = START;
  const quiet = () => {};
  const ports: Ports = {
    clock: { ...clock, now: () => nowMs, elapsed: () => clock.elapsed() + nowMs - START },
    fetch: connector({ allowPrivate: true }),
    random: () => 0.5,
    log: { info: quiet, warn: quiet, error: quiet },
    secrets: secretsOf(references(JSON.stringify(bundled)), (name) => env[name]),
  };
  const store = openSqlite(":memory:");
  const faults = new Map<string, string>();
  const { concurrency, controls } = config;
  const probers = config.regions.flatMap((region) => region.probers).map(({ id, region }) =>
    fails(
      faults,
      localProber(ports, { id, region, dialects: DIALECTS, steps: STEP_KINDS, concurrency, controls }),
    )
  );
  const app = api({ ports, config, store });
  return {
    ...{ story, faults, app },
    setClock: (now: number) => nowMs = now,
    newSettler: (owner: string) => settler({ ports, store, config, probers, owner }),
    deliver: () => deliver(ports, store, config, { sinks: SINKS }),
    received: async () => (await story.seen()).posts.map(({ body }) => body),
  };
}

async function slotsOnDeno(): Promise<Driver> {
  const { story, faults, app, setClock, newSettler, deliver, received } = await onDeno();
  const settling = newSettler("here");
  return {
    received,
    async tick({ shop, prober }: Minute, slot, now) {
      if (!shop) return;
      await story.be(shop);
      faults.clear();
      if (prober) faults.set(prober.id, prober.does);
      setClock(now);
      await settling.tick(slot);
      await deliver();
    },
    async status() {
      const headers = { authorization: `Bearer ${TOKEN}` };
      return await (await app.request("/v1/status", { headers })).json();
    },
  };
}

async function turnsOnDeno(): Promise<TurnsDriver> {
  const { story, setClock, newSettler, deliver, received } = await onDeno(BY_TURNS);
  let owners = 0;
  let settling = newSettler("0");
  return {
    received,
    async settle(shop, nowMs) {
      await story.be(shop);
      setClock(nowMs);
      if (nowMs % MINUTE === 0) await settling.begin(nowMs);
      await settling.settleDue();
      await deliver();
    },
    // deno-lint-ignore require-await
    async die() {
      settling = newSettler(`${++owners}`);
    },
  };
}

test("the story, on Deno", async () => {
  const { words, events } = await playScenario(await slotsOnDeno());
  expect(words).toEqual(WORDS);
  expect(events).toEqual(EVENTS);
});

test("the story by turns, on Deno", async () => {
  expect(await playTurns(await turnsOnDeno())).toEqual(TURNS_EVENTS);
});
