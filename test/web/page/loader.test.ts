import { expect, test } from "vitest";
import { packChecks } from "../../../src/storage/codec.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import { deploymentStore } from "../../../src/storage/records/deployments.ts";
import { listSilences } from "../../../src/storage/records/silences.ts";
import { RECORD_KINDS, type StoredRecord } from "../../../src/storage/store.ts";
import { pageLoader } from "../../../src/web/page/loader.ts";
import { threeRegions } from "../../world/settler_fixture.ts";
import { testEnv } from "../../world/test_env.ts";

const TARGETS = Array.from({ length: 100 }, (_, i) => `shop-${i}`);
const ROLLOUTS = Array.from({ length: 50 }, (_, i) => `rollout-${i}`);

const target = (id: string) =>
  `  - { id: ${id}, url: "https://${id}.example", checks: [{ id: read, journey: [{ request: { path: / }, expect: status == 200 }] }] }`;
const [head, rest] = threeRegions().split(/targets:[^]*(?=webhooks:)/);
const MANY = `${head}targets:\n${TARGETS.map(target).join("\n")}\n${rest}`;

/** A store in which each of 100 targets has one deployment, and how many of these an overview draws. */
async function hundredDeployments() {
  const { config, ports } = await testEnv(MANY);
  const store = memoryStore();
  const rollouts = deploymentStore(ports.clock, store, config.retention.daysMs);
  for (const target of TARGETS) {
    await rollouts.record({ target, at: ports.clock.now() - 60_000, version: "1", source: "api" });
  }
  const countDrawn = async () => {
    const loader = pageLoader({
      ...{ ports, config, store, rollouts },
      packing: packChecks(config),
      errorBudget: () => Promise.resolve(undefined),
      silences: () => listSilences(store),
      changeCount: () => 0,
    });
    const rows = await loader.rows(config.targets, {}, "24h", ports.clock.now());
    return rows.reduce((sum, { events }) => sum + events.deployments.length, 0);
  };
  return { store, rollouts, countDrawn, clock: ports.clock };
}

test("an overview draws the deployment of each target, however many rollout ids gates were asked about", async () => {
  const { store, rollouts, countDrawn } = await hundredDeployments();
  expect(await countDrawn()).toBe(100);
  for (const id of ROLLOUTS) await rollouts.anchorTime("shop-0", id);
  // The other targets' rows are copies: to ask 5,000 times takes seconds.
  const all = await Promise.all(RECORD_KINDS.map((kind) => store.listRecords({ kind, limit: 1_000 })));
  const anchors = all.flat().filter(({ key }) => key.includes("shop-0/rollout-"));
  expect(anchors.length).toBe(50);
  for (const target of TARGETS.slice(1)) {
    for (const row of anchors) {
      await store.putRecord({ ...row, key: row.key.replace("shop-0/", `${target}/`) });
    }
  }
  expect(await countDrawn()).toBe(100);
});

test("an overview draws them also over the rows that the version before wrote", async () => {
  const { store, countDrawn, clock } = await hundredDeployments();
  const row = (key: string, value: unknown): StoredRecord => ({
    ...{ kind: "deployment", key, order: clock.now() },
    value: JSON.stringify(value),
    expiresAt: clock.now() + 86_400_000,
  });
  const seen = { first: clock.now(), last: clock.now() };
  for (const target of TARGETS) {
    for (const id of ROLLOUTS) await store.putRecord(row(`~${target}/${id}`, seen));
    await store.putRecord(row(`~~github//repos/acme/${target}/production`, { target }));
  }
  expect(await countDrawn()).toBe(100);
});
