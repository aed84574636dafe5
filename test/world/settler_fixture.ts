import { decodeStates, isShard } from "../../src/storage/codec.ts";
import { type Settler, settler, type SettlerOptions } from "../../src/engine/settler/settler.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import type { Delivery, Store } from "../../src/storage/store.ts";
import { type ScriptedProbers, scriptedProbers } from "./scripted_probers.ts";
import type { Route } from "./network.ts";
import { type TestEnv, testEnv } from "./test_env.ts";

/** A config whose three regions have one prober each, one check a minute and one webhook; `changes` replace texts. */
export function threeRegions(changes: [from: string, to: string][] = []): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`${from} does not stand in the config`);
    return text.replace(from, to);
  }, THREE_REGIONS);
}

const THREE_REGIONS = `
version: 1
store: { memory: {} }
regions:
  - { id: eu, probers: [{ id: fra }] }
  - { id: us, probers: [{ id: iad, url: https://iad.example, token: "\${env:PROBER_TOKEN}" }] }
  - { id: ap, probers: [{ id: sin, url: https://sin.example, token: "\${env:PROBER_TOKEN}" }] }
targets:
  - id: shop
    url: https://shop.example
    checks:
      - { id: read, turns: 1, confirm: 0, report: { path: /readyz }, journey: [{ name: look, request: { path: / }, expect: status == 200 }] }
webhooks: [{ id: ops, url: https://hooks.example/ops, secret: "\${env:HOOK_SECRET}" }]
`;

/** A settler over puppets, told minute by minute. */
export interface SettlerFixture extends TestEnv {
  store: Store;
  script: ScriptedProbers;
  settler: Settler;
  /** Reads what is wrong with delivery, in place of a deliverer; nothing at first. */
  delivery: { read: NonNullable<SettlerOptions["sightDelivery"]> };
  /** Runs the tick of the present minute and moves to the next one, `count` times. */
  runMinutes(count?: number): Promise<void>;
  state(check?: string): Promise<CheckState>;
  /** All notices, oldest first. */
  notices(): Promise<Delivery[]>;
}

/** A stage for a config; `from` brings the store and the clock of another one. */
export async function settlerFixture(
  text = threeRegions(),
  { from, store = from?.store ?? memoryStore(), owner = "a", env, routes, sparesHanging, startMs }: {
    from?: SettlerFixture;
    store?: Store;
    owner?: string;
    env?: Record<string, string>;
    routes?: Record<string, Route>;
    sparesHanging?: boolean;
    startMs?: number;
  } = {},
): Promise<SettlerFixture> {
  const own = await testEnv(text, { env, routes, startMs });
  const clock = from?.clock ?? own.clock;
  const ports = { ...own.ports, clock };
  const script = scriptedProbers(own.config);
  const { probers } = script;
  const delivery: SettlerFixture["delivery"] = { read: () => Promise.resolve({}) };
  const sightDelivery = () => delivery.read();
  const settling = settler({
    ...{ ports, store, probers, owner, sparesHanging, sightDelivery },
    config: own.config,
  });
  return {
    ...own,
    clock,
    ports,
    store,
    script,
    settler: settling,
    delivery,
    async runMinutes(count = 1) {
      for (let i = 0; i < count; i++) {
        const minuteMs = Math.floor(clock.now() / 60_000) * 60_000;
        settling.tick(minuteMs).catch((error) => ports.log.error("a tick failed", { error: String(error) }));
        await clock.advance(minuteMs + 60_000 - clock.now());
      }
    },
    async state(check = "shop/read") {
      const rows = (await store.readShards("all")).filter(isShard);
      const state = rows.map((row) => decodeStates(row.state, row.shard)[check]).find(Boolean);
      if (!state) throw new Error(`${check} was never settled`);
      return state;
    },
    async notices() {
      const { items } = await store.listDeliveries({ limit: 200 });
      return items.toReversed();
    },
  };
}

/** What a notice says happened: "opened drift global #1". */
export function describeNotice({ body }: Delivery): string {
  const { type, data: { incident } } = JSON.parse(body);
  return `${type.replace("incident.", "")} ${incident.kind} ${incident.scope} #${incident.episode}`;
}
