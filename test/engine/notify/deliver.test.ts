import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { USER_AGENT } from "../../../src/base/http/client.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { Refused } from "../../../src/base/ports.ts";
import { steppingClock } from "../../world/clock.ts";
import type { RouteReply } from "../../world/network.ts";
import { config } from "./incident_fixture.ts";
import { outboxFixture, SECRETS } from "./outbox_fixture.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = steppingClock().now();

describe("deliver", () => {
  afterEach(() => void vi.useRealTimers());

  test("sends a signed notice that an independent library verifies", async () => {
    const office = await outboxFixture([{ id: "n1" }], {}, {
      webhook: { secret: ["${env:SECRET}", "${env:OLD}"] },
    });
    expect(await office.deliver()).toBe(1);
    const [{ method, url, headers, body } = expect.fail()] = office.sent;
    expect([method, url, body]).toEqual(["POST", SECRETS.URL, '{"id":"n1"}']);
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": "n1",
    });
    vi.useFakeTimers({ toFake: ["Date"], now: START });
    for (const secret of [SECRETS.SECRET!, SECRETS.OLD!]) {
      expect(new Webhook(secret).verify(body, headers)).toEqual({ id: "n1" });
    }
    expect((await office.deliveries()).n1).toMatchObject({
      state: "delivered",
      attempts: 1,
      lastAttemptAt: START,
      lastStatus: 200,
    });
  });

  test("sends a retry with the same id and body, and signs it at its own time", async () => {
    const office = await outboxFixture([{ id: "n1" }], [{ status: 500 }, { status: 204 }]);
    await office.deliver();
    await office.clock.advance(10 * MINUTE);
    await office.deliver();
    const [first, second] = office.sent;
    expect(second!.body).toBe(first!.body);
    expect(second!.headers["webhook-id"]).toBe(first!.headers["webhook-id"]);
    expect(Number(second!.headers["webhook-timestamp"]) - Number(first!.headers["webhook-timestamp"])).toBe(
      600,
    );
    vi.useFakeTimers({ toFake: ["Date"], now: START + 10 * MINUTE });
    expect(new Webhook(SECRETS.SECRET!).verify(second!.body, second!.headers)).toEqual({ id: "n1" });
    expect((await office.deliveries()).n1).toMatchObject({
      state: "delivered",
      attempts: 2,
      lastStatus: 204,
    });
    expect((await office.deliveries()).n1!.lastError).toBeUndefined();
  });

  const location = { location: "https://elsewhere.example/" };
  const where = "webhook oncall (https://hooks.example)";
  test.each<[string, RouteReply, string]>([
    ["a permanent redirect", { status: 301, headers: location }, "answered 301"],
    ["a temporary redirect", { status: 307, headers: location }, "answered 307"],
    ["a request that took too long", { status: 408 }, "answered 408"],
    ["a conflict", { status: 409 }, "answered 409"],
    ["a request that came too early", { status: 425 }, "answered 425"],
    ["too many requests", { status: 429, body: "path-token is too busy" }, "answered 429: *** is too busy"],
    ["an error", { status: 500 }, "answered 500"],
    ["a bad gateway", { status: 502 }, "answered 502"],
    ["a gateway timeout", { status: 504 }, "answered 504"],
    ["a broken connection", new Error("connection reset"), "network: connection reset"],
    ["an address that the guard refuses", new Refused("Cannot ask 10.0.0.1"), "refused: Cannot ask 10.0.0.1"],
    ["an error of strange characters", new Error("\u0000\ud800?"), "network:  \ufffd?"],
  ])("tries again in 5 s after %s", async (_name, play, error) => {
    const office = await outboxFixture([{ id: "n1" }], play);
    expect(await office.deliver()).toBe(1);
    expect(office.sent).toHaveLength(1);
    expect((await office.deliveries()).n1).toMatchObject({
      state: "pending",
      attempts: 1,
      nextAt: START + 5 * SECOND,
      lastAttemptAt: START,
      lastError: `${where}: ${error}`,
    });
  });

  test.each([400, 401, 403, 404, 405, 413, 415, 422, 451, 499])(
    "takes a %d for final, and goes on with the next notice of the incident",
    async (status) => {
      const office = await outboxFixture([{ id: "n1" }, { id: "n2" }], [{
        status,
        body: "path-token is wrong",
      }, {}]);
      expect(await office.deliver()).toBe(2);
      const { n1, n2 } = await office.deliveries();
      expect(n1).toMatchObject({
        state: "dead",
        attempts: 1,
        lastStatus: status,
        lastError: `rejected: ${where}: answered ${status}: *** is wrong`,
      });
      expect(n2).toMatchObject({ state: "delivered" });
      expect(await office.store.listDisabledWebhooks()).toEqual({});
      expect(JSON.stringify(office.logged)).toContain("notice is dead");
    },
  );

  test("gives a silent receiver 15 s", async () => {
    const asked = Promise.withResolvers<void>();
    const office = await outboxFixture([{ id: "n1" }], () => {
      asked.resolve();
      return "hang";
    });
    const done = office.deliver();
    await asked.promise;
    await office.clock.advance(15 * SECOND - 1);
    expect((await office.deliveries()).n1).toMatchObject({ attempts: 0 });
    await office.clock.advance(1);
    expect(await done).toBe(1);
    expect((await office.deliveries()).n1).toMatchObject({
      state: "pending",
      attempts: 1,
      nextAt: START + 20 * SECOND,
      lastAttemptAt: START,
      lastError: `${where}: timeout: no complete answer within 15000 ms`,
    });
  });

  test("reads no more than 64 KiB of an answer", async () => {
    let given = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new Uint8Array(given++ ? 16 * 1024 : 1)),
    });
    const office = await outboxFixture([{ id: "n1" }], { body: endless });
    expect(await office.deliver()).toBe(1);
    expect((await office.deliveries()).n1).toMatchObject({ state: "delivered" });
    expect(given).toBeLessThan(10);
  });

  test("tries soon at first, then less and less often for three days, then gives the notice up", async () => {
    const office = await outboxFixture([{ id: "n1" }], { status: 503 });
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 17; attempt++) {
      expect(await office.deliver()).toBe(1);
      const { nextAt } = (await office.deliveries()).n1!;
      const wait = nextAt - office.clock.now();
      if (wait > 0) waits.push(wait);
      await office.clock.advance(wait - 1);
      expect(await office.deliver()).toBe(0);
      await office.clock.advance(1);
    }
    expect(waits).toEqual([
      ...[5, 10, 15, 30].map((s) => s * SECOND),
      ...[1, 3, 10, 30].map((minutes) => minutes * MINUTE),
      ...[1, 2, 4, 8, 12, 12, 12, 12].map((hours) => hours * HOUR),
    ]);
    expect((await office.deliveries()).n1).toMatchObject({
      state: "dead",
      attempts: 17,
      lastStatus: 503,
      lastError: `exhausted: ${where}: answered 503`,
    });
    expect(await office.deliver()).toBe(0);
    expect(await office.store.listDisabledWebhooks()).toEqual({});
  });

  test.each([[0, 4500], [0.999999, 5500]])("spreads retries: chance %d waits %d ms", async (random, wait) => {
    const office = await outboxFixture([{ id: "n1" }], { status: 503 }, { random });
    await office.deliver();
    expect((await office.deliveries()).n1!.nextAt).toBe(START + wait);
  });

  const inSeconds = (s: number) => new Date(START + s * SECOND).toUTCString();
  test.each<[string, number, string, number]>([
    ["seconds", 429, "60", 60 * SECOND],
    ["a date", 503, inSeconds(90), 90 * SECOND],
    ["earlier than the schedule", 429, "1", 5 * SECOND],
    ["a date that has passed", 429, inSeconds(-90), 5 * SECOND],
    ["more than a day", 429, "999999", 24 * HOUR],
    ["a date in a year", 502, inSeconds(365 * 86_400), 24 * HOUR],
    ["no number and no date", 429, "soon", 5 * SECOND],
  ])("honours retry-after: %s", async (_name, status, retryAfter, wait) => {
    const office = await outboxFixture([{ id: "n1" }], { status, headers: { "retry-after": retryAfter } });
    await office.deliver();
    expect((await office.deliveries()).n1!.nextAt).toBe(START + wait);
  });

  test("sends to a webhook whose name every object has", async () => {
    const office = await outboxFixture([{ id: "n1", webhook: "constructor" }], {}, {
      webhook: { id: "constructor" },
    });
    expect(await office.deliver()).toBe(1);
    expect((await office.deliveries()).n1).toMatchObject({ state: "delivered" });
  });

  test("disables a webhook that says 410, until somebody re-sends", async () => {
    const items = [{ id: "n1", incident: "a" }, { id: "n2", incident: "a" }, { id: "n3", incident: "b" }];
    const office = await outboxFixture(items, [{ status: 410 }, { status: 200 }]);
    const [first] = await office.store.claimDeliveries({ nowMs: START, leaseMs: 1, limit: 1 });
    await office.clock.advance(1);
    expect(first!.id).toBe("n1");
    expect(await office.deliver({ parallel: 1 })).toBe(1);
    expect(await office.store.listDisabledWebhooks()).toEqual({ oncall: START + 1 });
    const { n1, n2, n3 } = await office.deliveries();
    expect(n1).toMatchObject({ state: "dead", attempts: 1, lastStatus: 410 });
    expect(n1!.lastError).toBe(`gone: ${where}: answered 410`);
    for (const other of [n2, n3]) {
      expect(other).toMatchObject({ state: "dead", attempts: 0 });
      expect(other!.lastError).toBe("disabled: webhook oncall is disabled since it answered 410");
    }
    expect(await office.store.resend("n3", office.clock.now())).toBe(true);
    expect(await office.deliver()).toBe(1);
    expect((await office.deliveries()).n3).toMatchObject({ state: "delivered" });
  });

  test("gives up a notice whose webhook has left the configuration", async () => {
    const office = await outboxFixture([{ id: "n1", webhook: "old" }], {});
    expect(await office.deliver()).toBe(0);
    expect(office.sent).toEqual([]);
    const { n1 } = await office.deliveries();
    expect(n1).toMatchObject({ state: "dead", attempts: 0 });
    expect(n1!.lastError).toBe("removed: webhook old is no longer in the configuration");
  });

  test("keeps the order of an incident while an older notice waits, and holds up no other", async () => {
    const items = [{ id: "a1", incident: "a" }, { id: "a2", incident: "a" }, { id: "b1", incident: "b" }];
    let broken = true;
    const office = await outboxFixture(
      items,
      ({ body }) => ({ status: broken && body.includes("a1") ? 503 : 200 }),
    );
    const order = () => office.sent.map(({ headers }) => headers["webhook-id"]);
    expect(await office.deliver()).toBe(2);
    expect(new Set(order())).toEqual(new Set(["a1", "b1"]));
    broken = false;
    await office.clock.advance(5 * SECOND);
    expect(await office.deliver()).toBe(2);
    expect(order().slice(2)).toEqual(["a1", "a2"]);
  });

  test("sends again what a crashed process had claimed, once the claim has run out", async () => {
    const office = await outboxFixture([{ id: "n1" }, { id: "n2" }], {});
    const claim = { nowMs: office.clock.now(), leaseMs: MINUTE, limit: 5 };
    const [lost] = await office.store.claimDeliveries(claim);
    expect(await office.deliver()).toBe(0);
    await office.clock.advance(MINUTE);
    expect(await office.deliver()).toBe(2);
    expect(office.sent.map(({ headers, body }) => [headers["webhook-id"], body])).toEqual([
      [lost!.id, lost!.body],
      ["n2", '{"id":"n2"}'],
    ]);
  });

  test("sends again what went out but whose receipt was lost", async () => {
    const office = await outboxFixture([{ id: "n1" }], {});
    const forgetful = new Proxy(office.store, {
      get: (store, method) =>
        method === "recordAttempt"
          ? () => Promise.reject(new Error("disk full"))
          : Reflect.get(store, method).bind(store),
    });
    const { config: whole } = config({}, {
      webhooks: [{
        id: "oncall",
        kind: "webhook",
        settings: { url: "${env:URL}", secret: ["${env:SECRET}"] },
        events: [],
      }],
    });
    await expect(deliver(office.ports, forgetful, whole, { sinks: SINKS })).rejects.toThrow("disk full");
    expect(await office.deliver()).toBe(0);
    await office.clock.advance(MINUTE);
    expect(await office.deliver()).toBe(1);
    const [first, second] = office.sent;
    expect([second!.headers["webhook-id"], second!.body]).toEqual([
      first!.headers["webhook-id"],
      first!.body,
    ]);
  });

  test("sends two at once to one webhook, so that one that hangs leaves room for others, and all that is due", async () => {
    let open = 0;
    const two = Promise.withResolvers<void>();
    const items = Array.from({ length: 13 }, (_, i) => ({ id: `n${i}`, incident: `i${i}` }));
    const office: Awaited<ReturnType<typeof outboxFixture>> = await outboxFixture(items, async () => {
      if (++open === 2) two.resolve();
      await new Promise<void>((resolve) => office.clock.after(100, resolve));
      open--;
      return {};
    });
    let made: number | undefined;
    const done = office.deliver().then((count) => made = count);
    await two.promise;
    for (let turn = 0; turn < 50; turn++) await office.clock.advance(0);
    expect(open).toBe(2);
    while (made === undefined) {
      // Time passes only while a webhook is waited for, else a slow machine lets a send run into its deadline.
      await office.clock.advance(open > 0 ? 100 : 0);
      expect(open).toBeLessThanOrEqual(2);
    }
    expect(await done).toBe(13);
  });

  test("claims nothing more once it is told to stop, and finishes what is under way", async () => {
    const stop = new AbortController();
    const office = await outboxFixture([{ id: "n1" }, { id: "n2" }], () => {
      stop.abort();
      return {};
    });
    expect(await office.deliver({ signal: stop.signal })).toBe(1);
    const { n1, n2 } = await office.deliveries();
    expect([n1!.state, n2!.state]).toEqual(["delivered", "pending"]);
  });

  test.each<[string, { url?: string; secret?: string[] }, string]>([
    ["an unset secret", { secret: ["${env:MISSING}"] }, `${where}: MISSING is not set`],
    ["an unset URL", { url: "${env:MISSING}" }, "webhook oncall: MISSING is not set"],
    [
      "a secret of another form",
      { secret: ["${env:SHORT}"] },
      `${where}: a webhook secret must be whsec_ and the base64 of 24 to 64 bytes`,
    ],
    ["a URL that is none", { url: "${env:NO_URL}" }, "webhook oncall: its URL is not valid"],
  ])("sends nothing with %s, says so, and tries again", async (_name, webhook, lastError) => {
    const office = await outboxFixture([{ id: "n1" }], {}, { webhook });
    await office.deliver();
    expect(office.sent).toEqual([]);
    expect((await office.deliveries()).n1).toMatchObject({
      state: "pending",
      nextAt: START + 5 * SECOND,
      lastError,
    });
  });

  test.each<[string, RouteReply]>([
    ["an error that quotes the URL", new TypeError(`error sending request for url (${SECRETS.URL})`)],
    ["an error that quotes the path", new Error("POST /T0/B0/path-token?key=query-token failed")],
    ["an error that quotes the secret", new Error(`bad key ${SECRETS.SECRET}`)],
    ["an error that quotes another URL", new Error("proxy https://proxy.example/path-token?query-token")],
    ["an error with a cause", new Error("failed", { cause: new Error(`cannot reach ${SECRETS.URL}`) })],
    ["an answer that echoes the URL", { status: 500, body: SECRETS.URL }],
    ["a redirect to a secret place", { status: 302, headers: { location: SECRETS.URL! } }],
    ["success", {}],
  ])("keeps secrets out of errors and logs: %s", async (_name, play) => {
    const office = await outboxFixture([{ id: "n1" }], play);
    await office.deliver();
    const { n1 } = await office.deliveries();
    expect(office.logged).toHaveLength(1);
    expect(JSON.stringify([n1, office.logged])).not.toMatch(/path-token|query-token|whsec_|v1,/);
  });
});
