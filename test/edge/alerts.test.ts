/** What receivers get of the Worker, by routes, windows and dependences of its config: between two cron events its alarm must do it. */
import { env, evictDurableObject, runDurableObjectAlarm, SELF } from "cloudflare:test";
import { beforeEach, describe, expect, test } from "vitest";
import { loadValue } from "../../src/config/mod.ts";
import type { WebhookEvent } from "../../src/engine/notify/event.ts";
import { START } from "../scenario.ts";
import { KINDS } from "./kinds.ts";
import { type ShopClient, shopClient } from "./shop_client.ts";
import { minute, targets, workerFixture } from "./worker_fixture.ts";

const world = workerFixture();
const SECOND = 1_000;
const PUBLIC_URL = "https://assay.example";
const [SHOP] = targets();
const [ORDERS] = SHOP!.checks as Record<string, unknown>[];

let tests = 0;
beforeEach(() => void tests++);

/** A receiver of this test. */
const receiver = (id: string): ShopClient => shopClient(env.SHOP_URL, `alerts-${id}-${tests}`);

/** What it got: "opened shop", or "opened shop + opened till" in one message. */
async function got(id: string): Promise<string[]> {
  const { posts } = await receiver(id).seen();
  return posts.map(({ body }) => {
    const { type, data }: WebhookEvent = JSON.parse(body);
    const items = data.group?.items ?? [{ type, target: data.target }];
    return items.map((item) => `${item.type.replace("incident.", "")} ${item.target.id}`).sort().join(" + ");
  });
}

/** A target at the stall of its name. */
const target = (id: string, { severity, ...parts }: Record<string, unknown> = {}) => ({
  ...{ id, url: world.shop.stall(id), checks: [{ ...ORDERS, ...severity !== undefined && { severity } }] },
  ...parts,
});

/** Deploys a config with these receivers, which the grammar must take. */
async function deploy(webhooks: string[], parts: Record<string, unknown>): Promise<void> {
  const config = {
    publicUrl: PUBLIC_URL,
    regions: [{ id: "eu", probers: [{ id: "weur", place: "weur" }] }],
    webhooks: webhooks.map((id) => ({ id, url: receiver(id).hook, secret: "${env:ONCALL_SECRET}" })),
    targets: [target("shop")],
    ...parts,
  };
  const whole = { version: 1, allowPrivate: true, api: { token: "${env:ASSAY_TOKEN}" }, ...config };
  await loadValue(whole, { kinds: KINDS, runtime: "cloudflare", env: () => env.ONCALL_SECRET });
  world.setConfig(config);
}

/** Cron fires for each of these minutes. Two bad ones in a row open an incident, and two good ones resolve it. */
async function run(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await world.tick(n);
}

/** The alarm of an instant between two cron events. */
async function wake(nowMs: number): Promise<void> {
  world.setClock(nowMs);
  expect(await runDurableObjectAlarm(world.ledger)).toBe(true);
}

const ask = (path: string, init: RequestInit = {}) =>
  SELF.fetch(`${PUBLIC_URL}${path}`, { headers: { authorization: `Bearer ${env.ASSAY_TOKEN}` }, ...init });

/** Somebody sends the form that the first message of a receiver leads to. */
async function acknowledgeBy(id: string): Promise<void> {
  const { posts: [post] } = await receiver(id).seen();
  const { data }: WebhookEvent = JSON.parse(post!.body);
  const form = {
    method: "POST",
    body: new URLSearchParams({ text: "Ada" }),
    headers: { origin: PUBLIC_URL },
  };
  expect((await SELF.fetch(data.links!.acknowledge!, { ...form, redirect: "manual" })).status).toBe(303);
}

/** Why notices are not sent any more, by incident. */
async function dropped(): Promise<string[]> {
  const { deliveries } = await (await ask("/v1/deliveries?state=dead")).json();
  return deliveries.map(({ type, lastError }: { type: string; lastError: string }) =>
    `${type}: ${lastError}`
  );
}

describe("escalation", () => {
  const routes = [{
    sinks: ["first"],
    escalate: [{ after: "90s", unless: "acknowledged", sinks: ["second"] }],
  }];

  /** The incident is open since minute 1. */
  async function opened(): Promise<void> {
    await deploy(["first", "second"], { routes });
    await world.shop.be({ all: "lies" });
    await run(0, 2);
    expect(await got("second")).toEqual([]);
  }

  test("after its time the next receiver gets the opening by the alarm, and the resolution with the others", async () => {
    await opened();
    await evictDurableObject(world.ledger);
    await wake(minute(2) + 30 * SECOND);
    expect(await got("second")).toEqual(["opened shop"]);
    await world.shop.be({ all: "serves" });
    await run(3, 4);
    for (const id of ["first", "second"]) expect(await got(id)).toEqual(["opened shop", "resolved shop"]);
  });

  test("the link of the first message acknowledges, and the next receiver learns nothing", async () => {
    await opened();
    await acknowledgeBy("first");
    await wake(minute(2) + 30 * SECOND);
    await world.shop.be({ all: "serves" });
    await run(3, 4);
    expect(await got("first")).toEqual(["opened shop", "acknowledged shop", "resolved shop"]);
    expect(await got("second")).toEqual([]);
  });
});

describe("maintenance", () => {
  const inWindow = (window: Record<string, unknown>) =>
    deploy(["oncall"], {
      targets: [target("shop"), target("till")],
      maintenance: [{ id: "move", match: { target: "shop" }, reason: "It moves.", ...window }],
    });

  test.each([
    ["once", { from: new Date(START).toISOString(), duration: "3m" }],
    ["by cron on the clock of a zone", { cron: "0 1 * * *", zone: "Europe/Berlin", duration: "3m" }],
    ["after a deployment", { afterDeployment: "3m" }],
  ])("%s: what is still true at its end is sent then, others at once", async (_, window) => {
    await inWindow(window);
    const body = JSON.stringify({ target: "shop", version: "2" });
    world.setClock(START);
    expect((await ask("/v1/deployments", { method: "POST", body })).status).toBe(201);
    await world.shop.be({ all: "lies" });
    await run(0, 2);
    expect(await got("oncall")).toEqual(["opened till"]);
    await run(3, 3);
    expect(await got("oncall")).toEqual(["opened till", "opened shop"]);
  });

  test("what was over by its end is dropped, and the deliveries say so", async () => {
    await inWindow({ from: new Date(START).toISOString(), duration: "4m" });
    await world.shop.be({ all: "serves", shop: "lies" });
    await run(0, 1);
    await world.shop.be({ all: "serves" });
    await run(2, 4);
    expect(await got("oncall")).toEqual([]);
    const reason = "silenced: it was over before the silence was";
    expect(await dropped()).toEqual([`incident.resolved: ${reason}`, `incident.opened: ${reason}`]);
  });
});

describe("dependsOn", () => {
  /** Both are bad since minute 0. */
  async function bothBad(): Promise<void> {
    await deploy(["oncall"], { targets: [target("shop", { dependsOn: ["db"] }), target("db")] });
    await world.shop.be({ all: "lies" });
    await run(0, 1);
    expect(await got("oncall")).toEqual(["opened db"]);
    const { incidents } = await (await ask("/v1/incidents")).json();
    const causes = incidents.map(({ target, cause }: Record<string, Record<string, unknown>>) => [
      target,
      cause?.target,
    ]);
    expect(Object.fromEntries(causes)).toEqual({ shop: "db", db: undefined });
  }

  test("what is still bad 90 s after the outage of its cause is sent then, by the alarm", async () => {
    await bothBad();
    await world.shop.be({ all: "lies", db: "serves" });
    await run(2, 4);
    expect(await got("oncall")).toEqual(["opened db", "resolved db"]);
    await wake(minute(3) + 90 * SECOND);
    expect(await got("oncall")).toEqual(["opened db", "resolved db", "opened shop"]);
  });

  test("what is over with its cause is dropped, and the deliveries say so", async () => {
    await bothBad();
    await world.shop.be({ all: "serves" });
    await run(2, 5);
    expect(await got("oncall")).toEqual(["opened db", "resolved db"]);
    const reason = "because of another target: it was over before anybody was told";
    expect(await dropped()).toEqual([`incident.resolved: ${reason}`, `incident.opened: ${reason}`]);
  });
});

test("quiet hours of a zone: what is critical goes, a warning waits for their end if it is still true", async () => {
  const quietHours = { from: "22:00", until: "01:04", zone: "Europe/Berlin" };
  await deploy(["oncall"], {
    routes: [{ sinks: ["oncall"], quietHours }],
    targets: [
      target("shop"),
      target("till", { severity: "warning" }),
      target("lamp", { severity: "warning" }),
    ],
  });
  await world.shop.be({ all: "lies" });
  await run(0, 1);
  await world.shop.be({ all: "lies", lamp: "serves" });
  await run(2, 3);
  expect(await got("oncall")).toEqual(["opened shop"]);
  await run(4, 4);
  expect(await got("oncall")).toEqual(["opened shop", "opened till"]);
  const reason = "quiet hours: it was over before they were";
  expect(await dropped()).toEqual([`incident.resolved: ${reason}`, `incident.opened: ${reason}`]);
});

test("a heartbeat asks its monitor after a settled slot, at most once in its time", async () => {
  await deploy([], { heartbeat: { url: receiver("monitor").hook, every: "2m" } });
  const beats = async (count: number) =>
    (await receiver("monitor").until(({ posts }) => posts.length >= count)).posts.length;
  await run(0, 0);
  expect(await beats(1)).toBe(1);
  await run(1, 3);
  expect(await beats(2)).toBe(2);
});

describe("a group", () => {
  const routes = [
    { sinks: ["grouped"], groupBy: ["kind"], groupInterval: "90s", continue: true },
    { sinks: ["single"] },
  ];

  /** Two are bad since minute 0, the others since minute 1. */
  async function opened(): Promise<void> {
    await deploy(["grouped", "single"], {
      routes,
      targets: ["shop", "till", "lamp", "door"].map((id) => target(id)),
    });
    await world.shop.be({ all: "serves", shop: "lies", till: "lies" });
    await run(0, 0);
    await world.shop.be({ all: "lies" });
    await run(1, 2);
    expect(await got("grouped")).toEqual(["opened shop + opened till"]);
  }

  test("what opens together is one message, what follows within the interval is the next, by the alarm", async () => {
    await opened();
    await evictDurableObject(world.ledger);
    await wake(minute(2) + 30 * SECOND);
    expect(await got("grouped")).toEqual(["opened shop + opened till", "opened door + opened lamp"]);
    expect((await got("single")).sort())
      .toEqual(["opened door", "opened lamp", "opened shop", "opened till"]);
  });

  test("the link of a message acknowledges all that it is about", async () => {
    await opened();
    await acknowledgeBy("grouped");
    await wake(minute(2) + 30 * SECOND);
    expect((await got("grouped")).slice(1))
      .toEqual(["acknowledged shop + acknowledged till + opened door + opened lamp"]);
  });
});
