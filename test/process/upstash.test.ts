/** Two Deno processes and a Worker in workerd settle over one store; each of them is killed once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { denoPorts } from "../../functions/deno/ports.ts";
import { type Running, start } from "../../functions/deno/start.ts";
import { load } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { type Dev, dev } from "../edge/wrangler.ts";
import { MISSING, type Redis, redis, titleOf } from "../storage/upstash/redis_fixture.ts";
import { type Child, spawn } from "./child.ts";

const MINUTE = 60_000;
const MINUTES = 36;
/** Ahead of the clock, so that no alarm of the Worker's ledger rings meanwhile, but by less than the hour that a prober's clock may be off. */
const START = (Math.floor(Date.now() / MINUTE) + 15) * MINUTE;
const REGIONS = ["eu", "us"];
const silent = { info() {}, warn() {}, error() {} };

/** Six minutes well, six minutes lying, and so on; each change stands long enough to outlive a slot that is lost. */
const lies = (slot: number) => Math.floor((slot - START) / MINUTE / 6) % 2 === 1;
const CHANGES = ["opened", "resolved", "opened", "resolved", "opened"];

const config = {
  version: 1,
  allowPrivate: true,
  store: { upstash: {} },
  regions: REGIONS.map((id) => ({
    id,
    probers: [{ id, url: `\${env:${id.toUpperCase()}_URL}`, token: "${env:PROBER_TOKEN}" }],
  })),
  targets: [{
    id: "shop",
    url: "${env:SHOP_URL}",
    checks: [{
      id: "orders",
      // What is told is counted in slots here, and each opening is an incident of its own.
      flapWindow: "1m",
      turns: 1,
      confirm: 0,
      report: { path: "/readyz" },
      journey: [{ name: "look", request: { path: "/orders" }, expect: ["status == 200"] }],
    }],
  }],
  webhooks: [{ id: "oncall", url: "${env:SHOP_URL}/hook", secret: "${env:ONCALL_SECRET}" }],
};
const TEXT = JSON.stringify(config);

interface Post {
  id: string;
  type: string;
  incident: string;
}

/** The shop, and the receiver of its notices. `onHit` sees each slot that a journey is walked in. */
function world() {
  const posts: Post[] = [];
  const seen = { posts, onHit: (_slot: number) => {} };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/readyz") return new Response("ok");
    if (pathname !== "/hook") {
      const slot = parseInt(request.headers.get("x-assay-run")!.split(".")[3]!, 36);
      seen.onHit(slot);
      return new Response("", { status: lies(slot) ? 500 : 200 });
    }
    const { type, data } = await request.json();
    posts.push({ id: request.headers.get("webhook-id")!, type, incident: data.incident.id });
    return new Response(null, { status: 204 });
  });
  return { seen, url: `http://127.0.0.1:${server.addr.port}`, close: () => server.shutdown() };
}

describe.skipIf(MISSING)(titleOf("two Deno processes and wrangler dev on one store"), () => {
  let here: Redis;
  let shop: ReturnType<typeof world>;
  let probers: Running[];
  let worker: Dev | undefined;
  const children: Child[] = [];
  let env: Record<string, string>;
  beforeAll(async () => {
    here = await redis();
    shop = world();
    env = {
      SHOP_URL: shop.url,
      PROBER_TOKEN: "between-ourselves",
      ONCALL_SECRET: `whsec_${btoa("a secret of twenty-four bytes")}`,
      UPSTASH_REDIS_REST_URL: here.url,
      UPSTASH_REDIS_REST_TOKEN: here.token,
    };
    for (const [name, value] of Object.entries(env)) Deno.env.set(name, value);
    const loaded = await load({ kind: "yaml", text: TEXT }, { kinds: KINDS });
    const ports = denoPorts(TEXT, loaded.config, silent);
    probers = await Promise.all(
      REGIONS.map((prober) => start({ config: loaded.config, ports, prober, port: 0 })),
    );
    for (const [i, id] of REGIONS.entries()) {
      env[`${id.toUpperCase()}_URL`] = `http://127.0.0.1:${probers[i]!.port}`;
    }
    worker = await dev(config, env, "test/process/shifted_worker.ts");
  }, 90_000);
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all([worker?.stop(), ...children.map(({ ended }) => ended)]);
    await Promise.all(probers.map(({ stop }) => stop()));
    await Promise.all([shop.close(), here.close()]);
  });

  const born = async () => {
    const child = spawn("upstash_worker.ts", [TEXT], env);
    children.push(child);
    await child.line("out", (line) => line === "ready");
    return child;
  };

  test("kill any one: the incident stream has no gap and no duplicate", async () => {
    const processes = [await born(), await born()];
    const settle = async (child: Child, minute: number) => {
      await child.write(`${minute}`).catch(() => {});
      await child.line("out", (line) => line === `${minute}`).catch(() => {});
    };
    // Who is killed as its journeys are walked: just before a change, after one, and far from any.
    const doomed: Record<number, () => void> = {
      7: () => processes[0]!.kill("SIGKILL"),
      14: () => processes[1]!.kill("SIGKILL"),
      22: () => void worker?.stop().catch(() => {}),
    };
    let killed: number | undefined;
    shop.seen.onHit = (slot) => {
      const minute = (slot - START) / MINUTE;
      if (!doomed[minute] || killed === minute) return;
      killed = minute;
      doomed[minute]();
    };
    for (let minute = 0; minute < MINUTES; minute++) {
      const slot = START + minute * MINUTE;
      const fired = minute <= 22 ? worker!.fire(slot).catch(() => "killed") : undefined;
      await Promise.all([...processes.map((child) => settle(child, slot)), fired]);
      if (minute === 9) processes[0] = await born();
      if (minute === 16) processes[1] = await born();
    }
    worker = undefined;

    const store = here.store({ prefix: "assay" });
    const samples = await store.readSamples({ shard: 0, from: START, to: START + MINUTES * MINUTE });
    const slots = samples.map(({ slot }) => (slot - START) / MINUTE);
    const missing = Array.from({ length: MINUTES }, (_, n) => n).filter((n) => !slots.includes(n));
    console.log(`slots that were lost with their process: ${missing.join(", ") || "none"}`);
    expect(missing.filter((minute) => !doomed[minute])).toEqual([]);

    const incidents = (await store.listIncidents({ limit: 100 })).items.toReversed();
    expect(incidents.flatMap(({ timeline }) => timeline.map(({ change }) => change))).toEqual(CHANGES);
    const { items } = await store.listDeliveries({ limit: 100 });
    expect(items.map(({ state }) => state)).toEqual(CHANGES.map(() => "delivered"));
    const firsts = [...new Map(shop.seen.posts.map((post) => [post.id, post])).values()];
    expect(firsts.map(({ type }) => type.replace("incident.", ""))).toEqual(CHANGES);
    expect(firsts.map(({ id }) => id)).toEqual(items.toReversed().map(({ id }) => id));
  }, 180_000);
});
