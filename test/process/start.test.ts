import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { shop } from "../../scripts/demo/shop.ts";
import type { WebhookEvent } from "../../src/engine/notify/event.ts";
import { load } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { type Child, spawn } from "./child.ts";

const SECRET = `whsec_${btoa("a secret of twenty-four bytes")}`;
const secrets = { ASSAY_TOKEN: "an-operator-token", PROBER_TOKEN: "a-prober-token", ONCALL_SECRET: SECRET };

let folder: string;
const children: Child[] = [];
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-"))));
afterAll(async () => {
  children.forEach((child) => child.kill("SIGKILL"));
  await Promise.all(children.map(({ ended }) => ended));
  rmSync(folder, { recursive: true });
});

/** One check that places an order and reads it back. */
interface Setting {
  name: string;
  target: string;
  receiver?: string;
  check?: string;
  store?: string;
  regions?: string;
}

const database = (name: string) => join(folder, `${name}.db`);

/** Writes a config and answers its path. */
function written({ name, target, receiver = "http://127.0.0.1:1", check = "every: 1m", ...more }: Setting) {
  const { store = database(name), regions = "[local]" } = more;
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `version: 1
store: { sqlite: ${store} }
api: { token: "\${env:ASSAY_TOKEN}" }
allowPrivate: true
regions: ${regions}
targets:
  - id: shop
    url: ${target}
    checks:
      - id: orders
        ${check}
        report: { path: /readyz }
        journey:
          - name: place an order
            request: { method: POST, path: /orders, json: { ref: "{{ run.id }}" } }
            expect: ["status == 201"]
            capture: { order: body.id }
          - name: read it back
            request: { path: "/orders/{{ captures.order }}" }
            expect: ["body.state == 'accepted'"]
webhooks:
  - { id: oncall, url: "${receiver}", secret: "\${env:ONCALL_SECRET}" }
`,
  );
  return file;
}

function assay(...args: string[]): Child {
  const child = spawn("../../scripts/cli/assay.ts", args, secrets);
  children.push(child);
  return child;
}

/** Starts Assay on a free port, and waits until it listens. */
async function started(file: string, ...more: string[]) {
  const child = assay("start", file, "--port", "0", ...more);
  const line = await child.line("err", (line) => /"message":"\w+ started"/.test(line));
  const url = `http://127.0.0.1:${JSON.parse(line).port}`;
  const get = (path: string, headers: Record<string, string> = bearer(secrets.ASSAY_TOKEN)) =>
    fetch(url + path, { headers });
  return { child, url, get, stopping: () => child.line("err", (line) => line.includes("is stopping")) };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Asks until the answer holds. */
async function eventually<T>(
  ask: () => Promise<T>,
  holds: (answer: T) => boolean,
  withinMs = 120_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (let answer = await ask();; answer = await ask()) {
    if (holds(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`Still not so: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A receiver that takes what the independent library verifies, and answers once `gate` opens. */
function receiver(gate: Promise<void> = Promise.resolve()) {
  const webhook = new Webhook(SECRET);
  const events: { id: string; event: WebhookEvent }[] = [];
  const watchers = new Set<() => void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const event = webhook.verify(await request.text(), Object.fromEntries(request.headers)) as WebhookEvent;
    events.push({ id: request.headers.get("webhook-id")!, event });
    watchers.forEach((watcher) => watcher());
    await gate;
    return new Response(null, { status: 204 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    events,
    /** The first event of this type, arrived or to come. */
    event: (type: string) =>
      new Promise<{ id: string; event: WebhookEvent }>((resolve) => {
        const watcher = () => {
          const found = events.find(({ event }) => event.type === type);
          if (found && watchers.delete(watcher)) resolve(found);
        };
        watchers.add(watcher);
        watcher();
      }),
    close: () => server.shutdown(),
  };
}

/** A shop that says it is ready and loses orders; each order waits for `gate`. */
function liar(gate: Promise<void> = Promise.resolve()) {
  const ordered = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (request.url.endsWith("/readyz")) return new Response("ok");
    if (request.method !== "POST") return Response.json({ state: "lost" });
    ordered.resolve();
    await gate;
    return Response.json({ id: "ord_1" }, { status: 201 });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    ordered: ordered.promise,
    close: () => server.shutdown(),
  };
}

/** What the store of a process that has ended holds. */
async function left(name: string) {
  const store = openSqlite(database(name));
  const { items: incidents } = await store.listIncidents({ limit: 10 });
  const { items: notices } = await store.listDeliveries({ limit: 10 });
  const pulse = await store.latest();
  await store.close();
  return { incidents, notices, pulse };
}

// Each waits for a process of its own, and hardly for the processor.
describe.concurrent("assay start", () => {
  test("catches a drift, tells it, and carries the incident over a restart to its end", async () => {
    const replica = shop();
    const oncall = receiver();
    const file = written({ name: "story", target: replica.url, receiver: oncall.url, check: "every: 1s" });
    const first = await started(file);
    await eventually(() => first.get("/readyz", {}), ({ ok }) => ok);
    const status = async () => (await (await first.get("/v1/status")).json()).targets[0].checks[0];
    expect(await eventually(status, ({ outcome }) => outcome === "ready")).toMatchObject({
      id: "orders",
      regions: [{
        id: "local",
        probers: [{
          id: "local",
          vote: "ready",
          reported: { state: "ready" },
          observed: { outcome: "pass" },
        }],
      }],
      incidents: [],
    });
    expect(await (await first.get("/v1/status", {})).json()).toMatchObject({ status: "ready" });

    replica.deploy();
    const { event: { data: opened } } = await oncall.event("incident.opened");
    expect(opened).toMatchObject({
      incident: { family: "service", kind: "drift", state: "open", episode: 1 },
      target: { id: "shop" },
      check: { id: "orders" },
    });
    first.child.kill("SIGTERM");
    expect(await first.child.ended).toMatchObject({ code: 0 });

    const second = await started(file);
    const { incidents } = await (await second.get("/v1/incidents?state=open")).json();
    expect(incidents).toMatchObject([{ id: opened.incident.id, kind: "drift" }]);
    replica.catchUp();
    const { event: { data: resolved } } = await oncall.event("incident.resolved");
    expect(resolved.incident).toMatchObject({ id: opened.incident.id, episode: 1, reason: "recovered" });
    expect(oncall.events.map(({ event }) => event.type)).toEqual(["incident.opened", "incident.resolved"]);
    second.child.kill("SIGKILL");
    await second.child.ended;
    await Promise.all([replica.close(), oncall.close()]);
  }, 300_000);

  test("SIGTERM in mid-tick: settles the slot, tells its incident, exits 0", async () => {
    const gate = Promise.withResolvers<void>();
    const target = liar(gate.promise);
    const oncall = receiver();
    const check = "failureThreshold: 1";
    const file = written({ name: "midtick", target: target.url, receiver: oncall.url, check });
    const { child, stopping } = await started(file);
    await target.ordered;
    child.kill("SIGTERM");
    await stopping();
    gate.resolve();
    expect(await child.ended).toMatchObject({ code: 0 });
    const { incidents, notices, pulse } = await left("midtick");
    expect(pulse!.slot).toBe(pulse!.tick);
    expect(incidents).toMatchObject([{ kind: "drift", state: "open" }]);
    expect(notices).toMatchObject([{ incident: incidents[0]!.id, state: "delivered" }]);
    expect(oncall.events.map(({ id }) => id)).toEqual([notices[0]!.id]);
    await Promise.all([target.close(), oncall.close()]);
  }, 300_000);

  test("SIGTERM while a receiver is silent: exits 0 in time, and the notice stays due", async () => {
    const gate = Promise.withResolvers<void>();
    const target = liar();
    const oncall = receiver(gate.promise);
    const check = "failureThreshold: 1";
    const file = written({ name: "silent", target: target.url, receiver: oncall.url, check });
    const { child } = await started(file);
    const { id } = await oncall.event("incident.opened");
    const asked = performance.now();
    // Twice, as impatient operators do.
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(performance.now() - asked).toBeLessThan(16_000);
    const { incidents, notices } = await left("silent");
    expect(incidents).toMatchObject([{ kind: "drift", state: "open" }]);
    expect(notices).toMatchObject([{ id, state: "pending" }]);
    gate.resolve();
    await Promise.all([target.close(), oncall.close()]);
  }, 300_000);

  test("SIGTERM while a target is silent: exits 0 in time", async () => {
    const gate = Promise.withResolvers<void>();
    const target = liar(gate.promise);
    const check = "timeout: 40s";
    const { child } = await started(written({ name: "hanging", target: target.url, check }));
    await target.ordered;
    const asked = performance.now();
    child.kill("SIGTERM");
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(performance.now() - asked).toBeLessThan(16_000);
    gate.resolve();
    await target.close();
  }, 300_000);

  test("--prober answers rounds to who has the token, its health, and nothing else", async () => {
    const replica = shop();
    const regions =
      `[{ id: eu, probers: [{ id: fra, url: "http://127.0.0.1:1", token: "\${env:PROBER_TOKEN}" }] }]`;
    const file = written({ name: "prober", target: replica.url, regions });
    const { child, url, get } = await started(file, "--prober", "fra");
    const { config } = await load({ kind: "yaml", text: Deno.readTextFileSync(file) }, {
      kinds: KINDS,
    });
    const slot = Date.now();
    const ask = (token: string, prober: string, digest: string) =>
      fetch(`${url}/v1/rounds`, {
        method: "POST",
        headers: { ...bearer(token), "content-type": "application/json" },
        body: JSON.stringify({ prober, slot, deadlineMs: 5_000, checks: [{ check: "shop/orders", digest }] }),
      });
    const { digest } = config.checks[0]!;
    const answer = await ask(secrets.PROBER_TOKEN, "fra", digest);
    expect(await answer.json()).toMatchObject({
      prober: "fra",
      slot,
      suspect: false,
      answers: [{
        check: "shop/orders",
        digest,
        round: { before: { state: "ready" }, observation: { outcome: "pass" } },
      }],
    });
    const stale = await ask(secrets.PROBER_TOKEN, "fra", "another");
    expect(await stale.json()).toMatchObject({ answers: [{ check: "shop/orders", missed: "digest" }] });
    const codes = async (answers: Promise<Response>[]) =>
      (await Promise.all(answers)).map(({ status, body }) => (void body?.cancel(), status));
    expect(await codes([ask("wrong", "fra", digest), ask(secrets.PROBER_TOKEN, "iad", digest)])).toEqual([
      401,
      409,
    ]);
    expect(await codes(["/livez", "/readyz", "/startupz"].map((path) => get(path)))).toEqual([200, 200, 200]);
    expect(await codes(["/v1/status", "/v1/incidents", "/v1/deliveries"].map((path) => get(path))))
      .toEqual([404, 404, 404]);
    child.kill("SIGTERM");
    expect(await child.ended).toMatchObject({ code: 0 });
    await replica.close();
  }, 300_000);

  test("a second start on the port says so, exits 3 and has settled nothing", async () => {
    const taken = Deno.serve({ port: 0, onListen() {} }, () => new Response());
    const port = String(taken.addr.port);
    const child = assay("start", written({ name: "second", target: "http://127.0.0.1:1" }), "--port", port);
    expect(await child.ended).toMatchObject({ code: 3 });
    expect(JSON.parse(child.err.at(-1)!)).toMatchObject({
      level: "error",
      message: "assay cannot start",
      reason: expect.stringContaining(`Cannot listen on port ${port}: `),
    });
    expect((await left("second")).pulse).toBeNull();
    await taken.shutdown();
  }, 300_000);

  test("a store that cannot be written: exit 3, with its path", async () => {
    const store = join(folder, "unwritable.yaml", "assay.db");
    const child = assay("start", written({ name: "unwritable", target: "http://127.0.0.1:1", store }));
    expect(await child.ended).toMatchObject({ code: 3 });
    expect(JSON.parse(child.err.at(-1)!).reason).toContain(`Cannot use ${store} as the store: `);
  }, 300_000);

  test.each<[string, string, number, Record<string, unknown>]>([
    [
      "a variable that is not set",
      'targets: [{ id: a, url: "${env:NOWHERE_SET}", checks: [{ journey: [{ expect: body.ok == true }] }] }]',
      1,
      {
        message: "config problem",
        line: 2,
        column: 25,
        path: "targets[0].url",
        problem: "NOWHERE_SET is not set",
      },
    ],
    [
      "a key that is nearly right",
      "tragets: []",
      1,
      { message: "config problem", line: 2, path: "tragets", suggestion: "targets" },
    ],
    [
      "a port that is none",
      "targets: []",
      3,
      { message: "assay cannot start", reason: expect.stringContaining("Not a port.") },
    ],
    ["no file", "", 3, { message: "assay cannot start", reason: expect.stringContaining("Cannot read") }],
  ])("%s: a line of JSON for each problem, and nothing else", async (name, text, code, line) => {
    const file = join(folder, `${name.replaceAll(" ", "-")}.yaml`);
    if (text) writeFileSync(file, `version: 1\n${text}\n`);
    const child = assay("start", file, "--port", name.startsWith("a port") ? "x" : "0");
    expect(await child.ended).toMatchObject({ code });
    const lines = [...child.out, ...child.err].filter(Boolean).map((one) => JSON.parse(one));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines).toContainEqual(expect.objectContaining({ level: "error", ...line }));
  }, 300_000);
});
