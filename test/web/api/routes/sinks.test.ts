import { expect, test } from "vitest";
import { deliverer } from "../../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { scriptedFetch } from "../../../world/network.ts";
import { type ApiFixture, apiFixture } from "../api_fixture.ts";

const MINUTE = 60_000;

/** A drift whose notice its receiver answers with `status`, `tries` times, a minute apart. */
async function told(status: number, tries: number): Promise<ApiFixture> {
  const own = await apiFixture();
  own.script.set("drift");
  await own.runMinutes(5);
  const fetch: typeof own.ports.fetch = (url, options) =>
    scriptedFetch({ [`POST ${url.href}`]: { status, body: "no" } })(url, options);
  const deliver = deliverer({ ...own.ports, fetch }, own.store, own.config, { sinks: SINKS });
  for (let n = 0; n < tries; n++) {
    await deliver();
    await own.clock.advance(MINUTE);
  }
  return own;
}

const sinkOf = async (own: ApiFixture) => (await own.call("/v1/sinks")).body.sinks[0];
const metricsOf = async (own: ApiFixture) =>
  (await own.call("/metrics")).text.split("\n").filter((line) => /^assay_(sink|webhook)_/.test(line));

test("a sink that was never told anything is well", async () => {
  const own = await apiFixture();
  const { id, kind, events } = own.config.webhooks[0]!;
  expect(await sinkOf(own)).toEqual({ id, kind, events, state: "ok", pending: 0 });
  expect(await metricsOf(own)).toEqual([
    `assay_webhook_disabled{webhook="${id}"} 0`,
    `assay_sink_failing{webhook="${id}"} 0`,
    `assay_sink_pending{webhook="${id}"} 0`,
  ]);
});

test("one that failed three times in a row is failing, and says since when and why", async () => {
  const own = await told(503, 2);
  expect(await sinkOf(own)).toMatchObject({ state: "ok", pending: 1 });
  const failing = await told(503, 3);
  const { id } = failing.config.webhooks[0]!;
  expect(await sinkOf(failing)).toMatchObject({
    state: "failing",
    since: new Date(failing.clock.now() - MINUTE).toISOString(),
    lastError: "answered 503: no",
    pending: 1,
  });
  expect(await metricsOf(failing)).toContain(`assay_sink_failing{webhook="${id}"} 1`);
  const page = await failing.call("/");
  expect(page.text).toContain(`Webhook ${id} has accepted no notice for 60 s: 1 notice waits.`);
});

test("one that answered 410 is disabled until it is flushed", async () => {
  const own = await told(410, 1);
  const { id } = own.config.webhooks[0]!;
  expect(await sinkOf(own)).toMatchObject({ state: "disabled", pending: 0 });
  expect((await own.call(`/v1/sinks/${id}/flush`, { method: "POST" })).status).toBe(202);
  expect(await sinkOf(own)).toMatchObject({ state: "ok" });
});

test("a flush makes due what would have waited", async () => {
  const own = await told(503, 6);
  const { id } = own.config.webhooks[0]!;
  expect((await own.notices())[0]!.nextAt).toBeGreaterThan(own.clock.now());
  const answer = await own.call(`/v1/sinks/${id}/flush`, { method: "POST" });
  expect([answer.status, answer.body]).toEqual([202, { id, woken: 1 }]);
  expect((await own.notices())[0]!.nextAt).toBe(own.clock.now());
});

test("there is no other sink to flush, and nobody without a token reads or flushes any", async () => {
  const own = await apiFixture();
  expect((await own.call("/v1/sinks/nobody/flush", { method: "POST" })).status).toBe(404);
  const { id } = own.config.webhooks[0]!;
  for (const [path, method] of [["/v1/sinks", "GET"], [`/v1/sinks/${id}/flush`, "POST"]] as const) {
    expect((await own.call(path, { method, token: null })).status).toBe(401);
  }
});
