import { expect, test } from "vitest";
import type { Incident } from "../../../src/judgement/incident.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { MINUTE_MS } from "../../../src/base/time.ts";
import { START } from "../../world/test_env.ts";
import { apiFixture } from "./api_fixture.ts";
// Written by the version before the public words were renamed: three minutes, the first two of them a drift.
import earlier from "../../fixtures/store_before_renames.json" with { type: "json" };

const { shards, samples, records } = earlier;
const incidents = earlier.incidents as Incident[];
const [incident] = incidents;
const CHECK = "/v1/targets/shop/checks/read";

/** The house over a store that the version before left behind. */
async function inherited() {
  const store = memoryStore();
  const lease = await store.takeLease({ tick: START, owner: "earlier", nowMs: START, ttlMs: 60_000 });
  expect(await store.commit(lease!, { shards, samples, incidents, notices: [] })).toBe(true);
  await store.releaseLease(lease!);
  for (const record of records) await store.putRecord({ ...record, kind: "remark" });
  const shop = await apiFixture({ store });
  await shop.clock.advance(3 * MINUTE_MS);
  return shop;
}

test("a store of the version before is shown in the new words", async () => {
  const shop = await inherited();
  const { body } = await shop.call("/v1/status");
  const [check] = body.targets[0].checks;
  expect([body.status, body.targets[0].status, check.outcome]).toEqual(["drift", "drift", "drift"]);
  expect(check.regions.map(({ probers: [prober] }: { probers: object[] }) => prober)).toMatchObject([
    { id: "fra", verdict: "drift", verdictReason: "expectation" },
    { id: "iad", verdict: "drift", verdictReason: "expectation" },
    { id: "sin", verdict: "inconclusive", verdictReason: "suspect", excluded: "suspect" },
  ]);
  const { body: { slots } } = await shop.call(`${CHECK}/slots`);
  expect(slots[0].probers).toMatchObject([{ verdict: "drift" }, { verdict: "drift" }, {
    verdict: "inconclusive",
  }]);
  const { body: told } = await shop.call(`/v1/incidents/${incident!.id}`);
  expect(told.comments).toMatchObject([{ kind: "acknowledged", by: "me", text: "looking" }]);
});

test("and goes on: its votes count, and the incident that it opened is resolved", async () => {
  const shop = await inherited();
  shop.script.set("ready");
  await shop.runMinutes(3);
  expect((await shop.call("/v1/status")).body.status).toBe("ready");
  expect(await shop.store.getIncident(incident!.id)).toMatchObject({ state: "resolved", episode: 1 });
});
