import { afterAll, beforeAll, describe, expect, test } from "vitest";
import config from "../edge/config.json" with { type: "json" };
import { shopClient } from "../edge/shop_client.ts";
import { openShop } from "../edge/shop_server.ts";
import { type Dev, dev } from "../edge/wrangler.ts";
import {
  type Browser,
  collectFaults,
  horizontalOverflow,
  launchBrowser,
  missing,
  TOKEN,
} from "./browser_fixture.ts";

const MINUTE = 60_000;

describe.skipIf(missing)(`the page of the Worker${missing ? ` (${missing})` : ""}`, () => {
  let shop: Awaited<ReturnType<typeof openShop>>;
  let worker: Dev;
  let browser: Browser;
  beforeAll(async () => {
    shop = await openShop();
    worker = await dev(config, {
      ASSAY_PLACES: "assumed",
      ASSAY_TOKEN: TOKEN,
      SHOP_URL: shop.url,
      ONCALL_URL: `${shop.url}/story/hook`,
      ONCALL_SECRET: `whsec_${btoa("0123456789abcdef0123456789abcdef")}`,
    }, "test/process/shifted_worker.ts");
    browser = await launchBrowser();
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await worker?.stop();
    await shop?.close();
  });

  test(
    "sign in, see the drift open without a reload, and its evidence; nothing is refused or asked elsewhere",
    async () => {
      const page = await (await browser.newContext()).newPage();
      const found = collectFaults(page, worker.url);
      await page.goto(`${worker.url}/login#${TOKEN}`);
      await page.click("main button");
      await page.waitForURL(`${worker.url}/`);
      await page.evaluate("window.same = true");
      await shopClient(shop.url, "story").be({ all: "lies" });
      const thisMinute = Math.floor(Date.now() / MINUTE) * MINUTE;
      const drift = page.locator("h1", { hasText: "overclaims" });
      for (const minutes of [1, 2, 3]) {
        expect(await worker.fire(thisMinute + minutes * MINUTE)).toBe("ok");
      }
      await drift.waitFor({ timeout: 20_000 });
      expect(await page.evaluate("window.same")).toBe(true);
      expect(await horizontalOverflow(page)).toBe(0);
      await page.click("#rows li[id].drift .who a");
      await page.locator(".lane a").first().click();
      await page.locator("dl.failure").first().waitFor();
      expect(await page.locator("dl.failure").first().textContent()).toMatch(/Expected.*Found/);
      expect(found).toEqual([]);
    },
    90_000,
  );
});
