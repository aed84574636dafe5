import { describe, expect, test } from "vitest";
import { api } from "../../../../src/web/app.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { failingStore } from "../../../world/failing_store.ts";
import { threeRegions } from "../../../world/settler_fixture.ts";
import { testEnv } from "../../../world/test_env.ts";
import { apiFixture, withToken } from "../api_fixture.ts";

const MINUTE = 60_000;

/** A house over a store that can be broken, and what its health says. */
async function clinic({ sparesHanging = false } = {}) {
  const { store, broken } = failingStore(memoryStore());
  const shop = await apiFixture({ store, sparesHanging });
  return { ...shop, broken, ask: (path: string) => shop.call(path, { token: null }) };
}

test("/livez passes while the process answers, whatever the store does", async () => {
  const { ask, broken } = await clinic();
  for (const method of ["readShards", "checkWritable", "latest"] as (keyof Store)[]) broken.add(method);
  const { status, type, body } = await ask("/livez");
  expect([status, type, body.status]).toEqual([200, "application/health+json", "pass"]);
});

describe("/readyz", () => {
  test("fails until the first slot is settled, then passes", async () => {
    const { ask, runMinutes } = await clinic();
    const before = await ask("/readyz");
    expect([before.status, before.type]).toEqual([503, "application/health+json"]);
    expect(before.body).toMatchObject({
      status: "fail",
      checks: { config: [{ status: "pass" }], store: [{ status: "pass" }], slot: [{ status: "fail" }] },
    });
    await runMinutes();
    const after = await ask("/readyz");
    expect(after.status).toBe(200);
    expect(after.body).toMatchObject({
      status: "pass",
      checks: { slot: [{ status: "pass", output: "last settled 60000 ms ago" }] },
    });
  });

  test("fails when the last slot is older than evidence may be", async () => {
    const { ask, runMinutes, clock } = await clinic();
    await runMinutes();
    await clock.advance(90_000);
    expect((await ask("/readyz")).status).toBe(200);
    await clock.advance(1);
    expect(await ask("/readyz")).toMatchObject({
      status: 503,
      body: { checks: { slot: [{ status: "fail" }] } },
    });
  });

  test("goes by the most frequent check", async () => {
    const text = withToken(threeRegions([["{ id: read,", "{ id: read, every: 10s,"]]));
    const shop = await apiFixture({ text });
    await shop.runMinutes();
    expect((await shop.call("/readyz")).status).toBe(200);
    await shop.clock.advance(16_000);
    expect((await shop.call("/readyz")).status).toBe(503);
  });

  test.each(["checkWritable", "latest"] as const)(
    "fails, without internals, when the store's %s does",
    async (method) => {
      const { ask, runMinutes, broken, log } = await clinic();
      await runMinutes();
      broken.add(method);
      const { status, body, text } = await ask("/readyz");
      expect([status, body.status]).toEqual([503, "fail"]);
      expect(text).not.toContain("disk full");
      expect(log.at(-1)).toMatchObject({ level: "error", fields: { error: "disk full" } });
    },
  );

  test.each([[undefined, 200, "pass"], ["no notice has moved for 121 s", 503, "fail"]])(
    "says whether the outbox moves: %s",
    async (fault, code, status) => {
      const shop = await apiFixture();
      await shop.runMinutes();
      const answer = await api({ ...shop, outboxFault: () => fault }).request("/readyz");
      expect(answer.status).toBe(code);
      const { checks } = await answer.json();
      expect(checks.outbox).toMatchObject([fault === undefined ? { status } : { status, output: fault }]);
    },
  );

  test.each(["deadline", "budget"])(
    "is degraded, with the numbers, while rounds are missing for want of room: %s",
    async (missed) => {
      const { ask, script, runMinutes } = await clinic();
      script.set({ missed }, "sin");
      await runMinutes();
      expect(await ask("/readyz")).toMatchObject({
        status: 200,
        body: {
          status: "warn",
          checks: {
            capacity: [{
              status: "warn",
              output: `1 of 3 rounds were not walked (${missed}): see assay check`,
            }],
          },
        },
      });
      script.set("ready", "sin");
      await runMinutes();
      expect(await ask("/readyz")).toMatchObject({ status: 200, body: { status: "pass" } });
    },
  );

  test("passes while slots of a check that hangs are left out, and nobody calls that short or silent", async () => {
    const { ask, script, runMinutes, store } = await clinic({ sparesHanging: true });
    script.set("hanging");
    for (let minute = 0; minute < 16; minute++) {
      await runMinutes();
      expect((await ask("/readyz")).body).toMatchObject({
        status: "pass",
        checks: { capacity: [{ output: "every round was walked" }] },
      });
    }
    expect((await store.listIncidents({ target: "_assay", limit: 10 })).items).toEqual([]);
  });

  test("is degraded while a limit of ours has kept a prober from knowing for three slots", async () => {
    const { ask, script, runMinutes } = await clinic();
    script.set("limited", "sin");
    await runMinutes(2);
    expect((await ask("/readyz")).body.status).toBe("pass");
    await runMinutes(1);
    expect(await ask("/readyz")).toMatchObject({
      status: 200,
      body: {
        status: "warn",
        checks: {
          limits: [{
            status: "warn",
            output: "shop/read: for three slots the response exceeded a limit of Assay; see maxBody",
          }],
        },
      },
    });
    script.set("ready", "sin");
    await runMinutes(1);
    expect((await ask("/readyz")).body.status).toBe("pass");
  });

  test("does not take a prober that is silent for one without room", async () => {
    const { ask, script, runMinutes } = await clinic();
    script.set({ missed: "timeout" }, "sin");
    await runMinutes();
    expect((await ask("/readyz")).body.status).toBe("pass");
  });

  test("of a process that only probes asks for no store", async () => {
    const app = api(await testEnv(threeRegions()));
    for (const path of ["/livez", "/readyz", "/startupz"]) expect((await app.request(path)).status).toBe(200);
    expect((await app.request("/v1/status")).status).toBe(404);
  });
});

describe("/startupz", () => {
  test("fails until something was settled, and then passes for good", async () => {
    const { ask, runMinutes, clock } = await clinic();
    expect((await ask("/startupz")).status).toBe(503);
    await runMinutes();
    await clock.advance(60 * MINUTE);
    expect(await ask("/startupz")).toMatchObject({ status: 200, body: { status: "pass" } });
  });

  test("fails when the store does", async () => {
    const { ask, runMinutes, broken } = await clinic();
    await runMinutes();
    broken.add("latest");
    expect((await ask("/startupz")).status).toBe(503);
  });
});

test.each(
  [
    ["/v1/status", "readShards"],
    ["/v1/targets/shop", "readShards"],
    ["/v1/incidents", "listIncidents"],
    ["/v1/incidents/x", "getIncident"],
    ["/v1/deliveries", "listDeliveries"],
  ] as const,
)(
  "%s over a store that throws is a 500 problem without internals, and a line in the log",
  async (path, method) => {
    const { call, broken, log } = await clinic();
    broken.add(method);
    const { status, type, body, text } = await call(path);
    expect([status, type, body.type]).toEqual([
      500,
      "application/problem+json",
      "urn:assay:problem:internal",
    ]);
    expect(text).not.toContain("disk full");
    expect(log).toEqual([{
      level: "error",
      message: "a request failed",
      fields: { path, error: "disk full" },
    }]);
  },
);
