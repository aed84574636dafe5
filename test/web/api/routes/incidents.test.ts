import { describe, expect, test } from "vitest";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { START } from "../../../world/test_env.ts";
import { type ApiFixture, apiFixture, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;
const iso = (at: number) => new Date(at).toISOString();

/** A house in which one drift opened and was resolved, and an outage is open. */
async function eventful(): Promise<ApiFixture> {
  const shop = await apiFixture();
  for (const [said, minutes] of [["drift", 2], ["ready", 14], ["down", 2]] as const) {
    shop.script.set(said);
    await shop.runMinutes(minutes);
  }
  return shop;
}

/** Gives every due notice to "the network", which fails for good. */
async function bury(store: Store, nowMs: number): Promise<string[]> {
  const due = await store.claimDeliveries({ nowMs, leaseMs: 1, limit: 10 });
  for (const { id } of due) {
    const lastError = "webhook ops (https://hooks.example) answered 500";
    await store.recordAttempt(id, {
      state: "dead",
      attempts: 10,
      nextAt: nowMs,
      lastAttemptAt: nowMs,
      lastStatus: 500,
      lastError,
    });
  }
  return due.map(({ id }) => id);
}

describe("what is known of an incident besides stands with it, in words", () => {
  test("who holds it open, and since when", async () => {
    const text = threeRegions([["id: read,", "id: read, quorum: { minReporting: 1 },"]]);
    const shop = await apiFixture({ text: withToken(text) });
    shop.script.set("drift");
    await shop.runMinutes(2);
    shop.script.set("silent", "iad");
    shop.script.set("broken", "sin");
    shop.script.set("ready", "fra");
    await shop.runMinutes(5);
    const expected = {
      kind: "drift",
      notes: ["held open by iad, silent since 22:15; sin, silent since 22:15"],
      heldBy: ["iad", "sin"].map((id) => ({ id, silentSince: iso(START + MINUTE) })),
    };
    const { incidents } = (await shop.call("/v1/incidents?target=shop&state=open")).body;
    expect(incidents).toMatchObject([expected]);
    expect((await shop.call(`/v1/incidents/${incidents[0].id}`)).body).toMatchObject(expected);
    expect((await shop.call("/v1/targets/shop")).body.checks[0].incidents).toMatchObject([expected]);
  });

  test("which share of the requests fails", async () => {
    const shop = await apiFixture();
    const probers = ["fra", "iad", "sin"];
    for (let minute = 0; minute < 9; minute++) {
      for (const [i, prober] of probers.entries()) {
        shop.script.set(minute % 3 === i ? "drift" : "ready", prober);
      }
      await shop.runMinutes();
    }
    const notes = ["part of the requests fail: about 1 in 3 from every region"];
    expect((await shop.call("/v1/incidents")).body.incidents).toMatchObject([{ kind: "partial", notes }]);
  });

  test("that a prober had brought nothing", async () => {
    const shop = await apiFixture();
    await shop.runMinutes();
    shop.script.set("broken", "sin");
    await shop.runMinutes(4);
    const own = {
      target: "_assay",
      check: "prober-sin",
      kind: "prober",
      notes: ["it had brought nothing for 3 min"],
    };
    expect((await shop.call("/v1/incidents")).body.incidents).toMatchObject([own]);
  });
});

describe("GET /v1/incidents", () => {
  test("newest first, with times in words", async () => {
    const { body } = await (await eventful()).call("/v1/incidents");
    expect(body).toMatchObject({
      incidents: [
        {
          target: "shop",
          check: "read",
          kind: "outage",
          state: "open",
          episode: 1,
          openedAt: iso(START + 17 * MINUTE),
        },
        {
          kind: "drift",
          state: "resolved",
          reason: "recovered",
          openedAt: iso(START + MINUTE),
          resolvedAt: iso(START + 3 * MINUTE),
        },
      ],
      next: null,
    });
    expect(body.incidents[1].timeline).toEqual([
      { at: iso(START + MINUTE), change: "opened", kind: "drift", outcome: "drift" },
      {
        at: iso(START + 3 * MINUTE),
        change: "resolved",
        kind: "drift",
        outcome: "ready",
        reason: "recovered",
      },
    ]);
  });

  test.each([
    ["state=open", ["outage"]],
    ["state=resolved", ["drift"]],
    ["target=shop&check=read", ["outage", "drift"]],
    ["target=other", []],
    ["check=write", []],
    ["limit=1", ["outage"]],
  ])("?%s", async (query, kinds) => {
    const { body } = await (await eventful()).call(`/v1/incidents?${query}`);
    expect(body.incidents.map(({ kind }: { kind: string }) => kind)).toEqual(kinds);
  });

  test("pages through `next` to its end", async () => {
    const shop = await eventful();
    const kinds: string[] = [];
    let next: string | null = "";
    for (let page = 0; next !== null && page < 5; page++) {
      const { body } = await shop.call(
        `/v1/incidents?limit=1${next && `&before=${encodeURIComponent(next)}`}`,
      );
      kinds.push(...body.incidents.map(({ kind }: { kind: string }) => kind));
      next = body.next;
    }
    expect(kinds).toEqual(["outage", "drift"]);
    expect(next).toBeNull();
  });
});

describe("GET /v1/incidents/{id}", () => {
  test("holds the deliveries of that incident", async () => {
    const shop = await eventful();
    const { body: { incidents: [, drift] } } = await shop.call("/v1/incidents");
    const { body, status } = await shop.call(`/v1/incidents/${drift.id}`);
    expect(status).toBe(200);
    const { deliveries, comments, ...incident } = body;
    expect(incident).toEqual(drift);
    expect(comments).toEqual([]);
    expect(deliveries).toMatchObject([
      { webhook: "ops", type: "incident.resolved", state: "pending", attempts: 0 },
      { webhook: "ops", type: "incident.opened", state: "pending", attempts: 0 },
    ]);
  });
});

describe("GET /v1/deliveries", () => {
  test("newest first, with the event as it is sent", async () => {
    const shop = await eventful();
    await shop.store.disableWebhook("ops", START);
    const { body } = await shop.call("/v1/deliveries");
    expect(body.deliveries).toMatchObject([
      {
        type: "incident.opened",
        state: "pending",
        event: { type: "incident.opened", data: { incident: { kind: "outage" } } },
      },
      { type: "incident.resolved", event: { data: { incident: { kind: "drift", state: "resolved" } } } },
      {
        type: "incident.opened",
        createdAt: iso(START + MINUTE),
        event: { data: { incident: { kind: "drift" } } },
      },
    ]);
    expect(body).toMatchObject({ next: null, disabledWebhooks: { ops: iso(START) } });
  });

  test("by state, by incident and page by page", async () => {
    const shop = await eventful();
    const [dead] = await bury(shop.store, START + 60 * MINUTE);
    const { body: { incidents: [outage] } } = await shop.call("/v1/incidents");
    const ids = async (query: string) =>
      (await shop.call(`/v1/deliveries?${query}`)).body.deliveries.map(({ id }: { id: string }) => id);
    expect((await ids("state=dead")).includes(dead)).toBe(true);
    expect(await ids(`incident=${outage.id}`)).toHaveLength(1);
    const { body: first } = await shop.call("/v1/deliveries?limit=2");
    const rest = await ids(`limit=2&before=${encodeURIComponent(first.next)}`);
    expect([...first.deliveries.map(({ id }: { id: string }) => id), ...rest]).toEqual(await ids(""));
  });
});

describe("POST /v1/deliveries/{id}/resend", () => {
  test("makes a dead one pending again, due now", async () => {
    const shop = await eventful();
    const [id] = await bury(shop.store, START + 60 * MINUTE);
    const path = `/v1/deliveries/${id}/resend`;
    const { status, body } = await shop.call(path, { method: "POST" });
    expect([status, body]).toEqual([202, { id, state: "pending" }]);
    const { items } = await shop.store.listDeliveries({ limit: 10, state: "pending" });
    expect(items.find((item) => item.id === id)).toMatchObject({ attempts: 0, nextAt: shop.clock.now() });
  });

  test("makes a pending one due now, its tries counted anew", async () => {
    const shop = await eventful();
    const [{ id } = expect.fail()] = (await shop.store.listDeliveries({ limit: 1 })).items;
    const nextAt = shop.clock.now() + 60 * MINUTE;
    await shop.store.recordAttempt(id, { state: "pending", attempts: 5, nextAt });
    const { status, body } = await shop.call(`/v1/deliveries/${id}/resend`, { method: "POST" });
    expect([status, body]).toEqual([202, { id, state: "pending" }]);
    const [again] = (await shop.store.listDeliveries({ limit: 1 })).items;
    expect(again).toMatchObject({ id, state: "pending", attempts: 0, nextAt: shop.clock.now() });
  });

  test.each([["delivered"], ["nothing"]])("is 409 for what is %s", async (which) => {
    const shop = await eventful();
    const [newest] = (await shop.store.listDeliveries({ limit: 1 })).items;
    await shop.store.recordAttempt(newest!.id, { state: "delivered", attempts: 1, nextAt: shop.clock.now() });
    const id = which === "delivered" ? newest!.id : "no-such-notice";
    const { status, type, body } = await shop.call(`/v1/deliveries/${id}/resend`, { method: "POST" });
    expect([status, type, body.type]).toEqual([
      409,
      "application/problem+json",
      "urn:assay:problem:conflict",
    ]);
  });

  test("needs the token", async () => {
    const shop = await eventful();
    const [id] = await bury(shop.store, START + 60 * MINUTE);
    for (const token of [null, "wrong"]) {
      expect((await shop.call(`/v1/deliveries/${id}/resend`, { method: "POST", token })).status).toBe(401);
    }
    expect((await shop.store.listDeliveries({ limit: 10, state: "dead" })).items).not.toEqual([]);
  });
});

describe("what cannot be answered is a problem document", () => {
  test.each([
    ["/v1/targets/none", 404, "not-found"],
    ["/v1/incidents/none", 404, "not-found"],
    ["/v1/nothing", 404, "not-found"],
    ["/nothing", 404, "not-found"],
    ["/v1/incidents?limit=0", 400, "bad-request"],
  ])("%s", async (path, status, kind) => {
    const answer = await (await apiFixture({ store: memoryStore() })).call(path);
    expect([answer.status, answer.type]).toEqual([status, "application/problem+json"]);
    expect(answer.body).toMatchObject({
      type: `urn:assay:problem:${kind}`,
      status,
      instance: path.split("?")[0],
    });
    expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(["title", "detail"]));
  });

  test("a method that no route has is one too", async () => {
    expect((await (await apiFixture()).call("/v1/status", { method: "DELETE" })).type).toBe(
      "application/problem+json",
    );
  });

  test.each([
    ["/v1/incidents", "limit=0", ["limit"]],
    ["/v1/incidents", "limit=201", ["limit"]],
    ["/v1/incidents", "limit=ten", ["limit"]],
    ["/v1/incidents", "limit=1.5", ["limit"]],
    ["/v1/incidents", "state=closed", ["state"]],
    ["/v1/incidents", "kind=drift&page=2", ["kind", "page"]],
    ["/v1/deliveries", "state=open&limit=-1", ["limit", "state"]],
  ])("%s?%s names the parameters", async (path, query, parameters) => {
    const { status, body } = await (await apiFixture()).call(`${path}?${query}`);
    expect(status).toBe(400);
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter).toSorted()).toEqual(
      parameters,
    );
  });

  test("a cursor of nobody's is an empty page", async () => {
    const { status, body } = await (await eventful()).call("/v1/incidents?before=nonsense");
    expect([status, body]).toEqual([200, { incidents: [], next: null }]);
  });
});
