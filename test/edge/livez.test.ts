import { SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

test.each([
  { path: "/livez", status: 200 },
  { path: "/readyz", status: 503 },
  { path: "/startupz", status: 503 },
  { path: "/v1/status", status: 500 },
])("$path answers $status while a secret of the config is not set", async ({ path, status }) => {
  world.setConfig({ api: { token: "${env:NOBODY_HAS_SET_THIS}" } });
  const answer = await SELF.fetch(`https://assay.example${path}`);
  await answer.text();
  expect(answer.status).toBe(status);
});

test("/livez is health+json that no cache keeps", async () => {
  const answer = await SELF.fetch("https://assay.example/livez");
  expect([answer.headers.get("content-type"), answer.headers.get("cache-control")]).toEqual([
    "application/health+json",
    "no-store",
  ]);
  expect(await answer.json()).toEqual({ status: "pass", checks: {} });
});
