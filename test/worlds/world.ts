/** A service, its probers and the real settler under a virtual clock: how long things take to be told, and what is told for nothing. */
import { DIALECTS } from "../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../src/evidence/probe/steps/mod.ts";
import { answerOf } from "../../src/base/http/answer.ts";
import type { Fetch } from "../../src/base/ports.ts";
import { localProber } from "../../src/engine/prober/local.ts";
import { settler } from "../../src/engine/settler/settler.ts";
import type { Incident } from "../../src/judgement/incident.ts";
import type { Prober } from "../../src/judgement/round.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import { START, testEnv } from "../world/test_env.ts";

const MINUTE = 60_000;

/** How the service is: what it says and does. `hangs`: it says ready, and its journey never answers. */
export type Service = "good" | "lies" | "hangs" | "down" | "starting";

/** What a world is made of: a service whose report and journey are asked by real probers. */
export interface WorldOptions {
  /** Regions of one prober each. */
  probers: number;
  every?: string;
  /** How the service is at this instant (epoch ms) for this request; chance is seeded. */
  service(at: number, chance: () => number): Service;
  /** Whether a request of this prober is lost on its way; controls are not. */
  isLost?(at: number, prober: string, chance: () => number): boolean;
  /** This prober never answers the settler from the start on. */
  hung?: string;
  seed: number;
  minutes: number;
}

/** One thing that was told, and when its commit was written (epoch ms). */
export interface Told {
  at: number;
  change: string;
  kind: Incident["kind"];
}

/** Chance that can be had again. */
export function seededChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const configText = (probers: number, every: string) => `
version: 1
store: { memory: {} }
controls: [https://up.example]
regions:
${
  Array.from({ length: probers }, (_, i) =>
    `  - { id: r${i}, probers: [{ id: p${i}, url: "https://p${i}.example", token: "\${env:T}" }] }`).join(
      "\n",
    )
}
targets:
  - id: shop
    url: https://shop.example
    checks:
      - id: orders
        every: ${every}
        timeout: 10s
        report: { path: /readyz }
        journey:
          - { name: order, request: { path: /order }, expect: [status == 200] }
          - { name: read, request: { path: /read }, expect: [status == 200] }
webhooks: [{ id: ops, url: https://hooks.example/ops, secret: "\${env:HOOK_SECRET}" }]
`;

const claim = (status: string) =>
  answerOf(Response.json({ status }, { status: status === "up" ? 200 : 503 }));
const status = (status: number) => answerOf(new Response(null, { status }));

/** Runs a world and answers what was told of it. */
export async function runWorld(options: WorldOptions): Promise<Told[]> {
  const { probers: count, every = "1m", service, isLost, hung, seed, minutes } = options;
  const { config, clock, ports } = await testEnv(configText(count, every), {
    env: { T: "a-token", HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
  });
  const chance = seededChance(seed);
  const fetchOf = (prober: string): Fetch => async ({ host, pathname }, { signal }) => {
    if (host === "up.example") return status(200);
    if (isLost?.(clock.now(), prober, chance)) throw new Error("connection reset");
    const is = service(clock.now(), chance);
    if (is === "down") throw new Error("connection refused");
    if (pathname === "/readyz") return claim(is === "starting" ? "starting" : "up");
    if (is === "hangs") {
      return await new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      );
    }
    return status(is === "good" ? 200 : 500);
  };
  const probers = config.regions.flatMap((region) =>
    region.probers.map(({ id }): Prober =>
      id === hung ? { id, ask: () => new Promise(() => {}) } : localProber({ ...ports, fetch: fetchOf(id) }, {
        id,
        region: region.id,
        dialects: DIALECTS,
        steps: STEP_KINDS,
        concurrency: 5,
        controls: config.controls,
      })
    )
  );
  const store = memoryStore();
  /** When each notice was written, in the order of the outbox. */
  const times: number[] = [];
  const { tick } = settler({
    ports,
    store,
    config,
    probers,
    owner: "a",
    onCommit: (notices) => times.push(...Array<number>(notices).fill(clock.now())),
  });
  for (let minute = 0; minute < minutes; minute++) {
    tick(START + minute * MINUTE).catch((error) => ports.log.error("a tick failed", { error }));
    await clock.advance(MINUTE);
  }
  const { items } = await store.listDeliveries({ limit: 100_000 });
  return items.toReversed().map(({ body }, i) => {
    const { type, data: { incident } } = JSON.parse(body);
    return { at: times[i]!, change: type.replace("incident.", ""), kind: incident.kind };
  });
}

/** The value below which `share` of these lie. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN;
