import { env, SELF } from "cloudflare:test";
import { expect, test } from "vitest";
import { workerFixture } from "./worker_fixture.ts";

const world = workerFixture();

const get = async (path: string, token?: string) => {
  const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await SELF.fetch(`https://assay.example${path}`, { headers });
  return { status: answer.status, text: await answer.text() };
};

test("a drift in workerd: metrics with the token, the public page and the badge for anybody", async () => {
  await world.shop.be({ all: "lies" });
  await world.tick(0);
  await world.tick(1);
  const { status, text } = await get("/metrics", env.ASSAY_TOKEN);
  expect(status).toBe(200);
  expect(text).toContain(
    '\nreadiness_verdict{instance="shop/orders",target="shop",check="orders",outcome="drift"} 1\n',
  );
  expect(text.match(/^probe_success\{.*\} 0$/gm)).toHaveLength(3);
  expect((await get("/metrics")).status).toBe(401);
  const summary = JSON.parse((await get("/api/v2/summary.json")).text);
  expect(summary).toMatchObject({
    status: { indicator: "critical" },
    components: [{ name: "Shop", status: "major_outage" }],
    incidents: [{ name: "Shop is not ready", status: "investigating" }],
  });
  expect(JSON.parse((await get("/v1/badges/shop.json")).text)).toMatchObject({ message: "not ready" });
  expect((await get("/v1/badges/shop.svg")).text).toContain("<title>Shop: not ready</title>");
});
