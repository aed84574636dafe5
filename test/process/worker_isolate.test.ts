import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECURITY_HEADERS } from "../../src/web/api/middleware/security_headers.ts";
import { SCRIPT_PATH, STYLE_PATH } from "../../src/web/page/assets.ts";
import config from "../edge/config.json" with { type: "json" };
import { shopClient } from "../edge/shop_client.ts";
import { openShop } from "../edge/shop_server.ts";
import { type Dev, dev } from "../edge/wrangler.ts";

const MINUTE = 60_000;
const SECRET = `whsec_${btoa("0123456789abcdef0123456789abcdef")}`;
const TOKEN = "operator-token";

let shop: Awaited<ReturnType<typeof openShop>>;
let worker: Dev;
beforeAll(async () => {
  shop = await openShop();
  worker = await dev(config, {
    ASSAY_PLACES: "assumed",
    ASSAY_TOKEN: TOKEN,
    SHOP_URL: shop.url,
    ONCALL_URL: `${shop.url}/story/hook`,
    ONCALL_SECRET: SECRET,
  }, "test/process/shifted_worker.ts");
}, 60_000);
afterAll(async () => {
  await worker?.stop();
  await shop.close();
});

interface Status {
  status: string;
  targets: {
    checks: {
      regions: { id: string; probers: { verdict: string }[] }[];
      incidents: { kind: string }[];
    }[];
  }[];
}

async function status(): Promise<Status> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return await (await fetch(`${worker.url}/v1/status`, { headers })).json();
}

test("wrangler dev: drift, quorum, verified webhook and recovery, fired over HTTP", async () => {
  const story = shopClient(shop.url, "story");
  // Not behind the clock, so that no alarm of the ledger rings meanwhile; nor far ahead of it, as signatures bear a time.
  let slot = Math.floor(Date.now() / MINUTE) * MINUTE;
  const thisMinute = slot + 20 * MINUTE;
  const firedUntil = async (webhooks: number) => {
    for (; (await story.seen()).posts.length < webhooks && slot < thisMinute; slot += MINUTE) {
      expect(await worker.fire(slot)).toBe("ok");
    }
  };

  await story.be({ all: "lies" });
  await firedUntil(1);
  const lying = (await status()).targets[0]!.checks[0]!;
  expect(lying.incidents).toMatchObject([{ kind: "drift" }]);
  expect(lying.regions.map(({ id, probers: [prober] }) => `${id} ${prober!.verdict}`))
    .toEqual(["eu drift", "us drift", "oc drift"]);

  await story.be({ all: "serves" });
  await firedUntil(2);
  expect(await worker.fire(thisMinute)).toBe("ok");
  // States are read once a second, and this whole story may take less.
  await expect.poll(async () => (await status()).status, { timeout: 10_000 }).toBe("ready");

  const events = (await story.seen()).posts.map(({ body, headers }) =>
    new Webhook(SECRET).verify(body, headers)
  );
  expect(events).toMatchObject([
    { type: "incident.opened", data: { incident: { kind: "drift" }, decision: { outcome: "drift" } } },
    { type: "incident.resolved", data: { incident: { kind: "drift" }, decision: { outcome: "ready" } } },
  ]);
}, 60_000);

test("wrangler dev: the OpenAPI document is served in front of the Worker, and is kept", async () => {
  const url = `${worker.url}/v1/openapi.json`;
  const answer = await fetch(url);
  expect(await answer.json()).toMatchObject({ openapi: "3.1.0" });
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  const again = await fetch(url, { headers: { "if-none-match": answer.headers.get("etag")! } });
  expect(again.status).toBe(304);
});

test("wrangler dev: so are the style and the script that a page names, for a year", async () => {
  const page = await (await fetch(`${worker.url}/status`)).text();
  for (const path of [STYLE_PATH, SCRIPT_PATH]) {
    expect(page).toContain(`"${path}"`);
    const answer = await fetch(worker.url + path);
    await answer.arrayBuffer();
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      ...SECURITY_HEADERS,
      "cache-control": "public, max-age=31536000, immutable",
    });
  }
});
