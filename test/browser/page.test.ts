import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { SCRIPT_PATH, STYLE_PATH } from "../../src/web/page/assets.ts";
import {
  type Browser,
  collectFaults,
  horizontalOverflow,
  injectText,
  launchBrowser,
  missing,
  type Page,
  paintCost,
  type ServedPage,
  servePage,
  signIn,
  TOKEN,
} from "./browser_fixture.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 AA and below, and what axe holds for good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Those of them that see a colour: nothing else differs in the dark, as the style names it in light-dark() alone. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

/** What axe finds on the page by these rules or tags. */
async function violations(page: Page, runOnly: string[]): Promise<string[]> {
  const found = await page.evaluate(`axe.run(document, { runOnly: ${JSON.stringify(runOnly)} })`) as {
    violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
  };
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
}

/** A hundredth of what Web Vitals calls good: a time that is written anew moves the end of its own line, where the script comes late. */
const MOST_SHIFT = 0.001;

const RTL = "\u202Eelbisivni\u2066";
const HOSTILE = `<script>document.title='owned'</script><img src=x onerror="document.title='owned'">${RTL}`;
const NAMES = ["Checkout", "Payments", "Mail", "Search", "Files"];
const TARGETS = [
  ...NAMES.map((name, i) => ({ id: name.toLowerCase(), name, labels: { team: i % 2 ? "core" : "pay" } })),
  {
    id: "hostile",
    name: HOSTILE,
    contract: HOSTILE,
    labels: { team: "x\"><script>document.title='owned'</script>" },
  },
  { id: "long", name: "n".repeat(10_000), contract: "c".repeat(10_000) },
];

describe.skipIf(missing)(`in Chromium${missing ? ` (${missing})` : ""}`, () => {
  let browser: Browser;
  let house: ServedPage;
  beforeAll(async () => {
    browser = await launchBrowser();
    house = await servePage(TARGETS);
    injectText(house, "hostile/orders", HOSTILE);
    injectText(house, "long/orders", "w".repeat(10_000));
    await house.runMinutes(5);
    house.script.set("drift", undefined, "long/orders");
    house.script.set("drift", undefined, "checkout/orders");
    house.script.set("drift", "sin1", "payments/orders");
    house.script.set("underclaim", undefined, "mail/orders");
    house.script.set("drift", undefined, "hostile/orders");
    await house.runMinutes(3);
  });
  afterAll(async () => {
    await browser?.close();
    await house?.close();
  });

  /** A new browser window; what goes wrong in it fails the test. */
  async function visit(options: Parameters<Browser["newContext"]>[0] = {}, of = house): Promise<Page> {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const found = collectFaults(page, of.url);
    onTestFinished(async () => {
      await context.close();
      expect(found).toEqual([]);
    });
    return page;
  }

  const incident = async () =>
    (await house.store.listIncidents({ limit: 10 })).items.find(({ target }) => target === "checkout")!.id;
  const paths = async () => [
    "/",
    "/?group=team&window=7d",
    "/targets/checkout",
    "/targets/hostile",
    "/targets/hostile/checks/orders/rounds/fra1",
    "/targets/long",
    "/targets/long/checks/orders/rounds/fra1",
    "/targets/checkout/checks/orders/rounds/fra1",
    "/incidents",
    `/incidents/${await incident()}`,
    "/status",
    "/login",
  ];

  test("one glance: who overclaims stands first, and the mismatch is a sign and a word, not only a colour", async () => {
    const page = await visit();
    await signIn(page, house.url);
    expect(await page.textContent("h1")).toBe("3 services overclaim, 1 warning, 3 fine");
    const first = page.locator("#rows li[id].drift").first();
    expect(await first.innerText()).toMatch(/Checkout[^]*says\s+ready\s+does\s+fails\s+overclaims/);
    const icon = "getComputedStyle(document.querySelector('#t-checkout .pill'), '::before').maskImage";
    const drawn = [await page.evaluate(icon), await page.evaluate(icon.replace("checkout", "search"))];
    expect(drawn[0]).not.toBe(drawn[1]);
    for (const image of drawn) expect(image).toContain("data:image/svg+xml");
  });

  test("a drift opens, and then ends, without a reload; what one typed stays", async () => {
    const own = await servePage([{ id: "shop", name: "Shop" }, { id: "bank", name: "Bank" }]);
    onTestFinished(() => own.close());
    await own.runMinutes(2);
    const page = await visit({}, own);
    await signIn(page, own.url);
    await page.evaluate("window.same = true");
    await page.click(".controls summary");
    await page.fill("#q", "shop");
    await page.locator("#t-bank").waitFor({ state: "hidden" });
    const until = async (text: string) => {
      for (let tries = 0; tries < 20; tries++) {
        // Slots pass and the feed looks again; the browser's own time runs beside it.
        await own.runMinutes(1);
        const found = await page.locator("h1", { hasText: text }).waitFor({ timeout: 1_500 })
          .then(() => true, () => false);
        if (found) return;
      }
      throw new Error(`never read ${text}: ${await page.textContent("h1")}`);
    };
    const icon = () => page.getAttribute("link[rel=icon]", "href");
    const calm = await icon();
    own.script.set("drift", undefined, "shop/orders");
    await until("Shop overclaims");
    expect(await icon()).not.toBe(calm);
    expect(await page.textContent("#t-shop .word")).toContain("overclaims");
    expect(await page.title()).toContain("Shop overclaims");
    own.script.set("ready", undefined, "shop/orders");
    await until("All 2 services are ready");
    expect(await icon()).toBe(calm);
    expect(await page.evaluate("window.same")).toBe(true);
    expect(await page.inputValue("#q")).toBe("shop");
    expect(await page.isHidden("#t-bank")).toBe(true);
    expect(await page.evaluate("document.activeElement.id")).toBe("q");
  }, 90_000);

  test("when the stream is lost everything greys out and says as of when it is", async () => {
    const own = await servePage([{ id: "shop" }]);
    await own.runMinutes(2);
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await signIn(page, own.url);
    expect(await page.isHidden("#lost")).toBe(true);
    await own.close();
    await page.waitForSelector("html.lost", { timeout: 25_000 });
    expect(await page.textContent("#lost")).toMatch(
      /lost\. The page below is as of \d{4}-\d\d-\d\d .*may be out of date/,
    );
    expect(await page.evaluate("getComputedStyle(document.querySelector('main')).filter")).toBe(
      "grayscale(1)",
    );
    expect(
      await page.evaluate("getComputedStyle(document.querySelector('#t-shop .word'), '::before').content"),
    ).toContain("was");
  }, 60_000);

  test("an error in between is got over: the page stays, and is up to date again", async () => {
    const own = await servePage([{ id: "shop" }]);
    onTestFinished(() => own.close());
    await own.runMinutes(2);
    // Not `visit`: the browser's console tells of the 502.
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await signIn(page, own.url);
    await page.evaluate("window.same = true");
    let refused = 0;
    await page.route(
      (url) => url.pathname === "/",
      (route) => refused++ === 0 ? route.fulfill({ status: 502, body: "Bad Gateway" }) : route.continue(),
    );
    own.script.set("drift", undefined, "shop/orders");
    for (let tries = 0; tries < 20; tries++) {
      await own.runMinutes(1);
      if (await page.locator("h1", { hasText: "overclaims" }).isVisible()) {
        break;
      }
      await page.waitForTimeout(1_000);
    }
    expect(refused).toBeGreaterThan(1);
    expect(await page.textContent("h1")).toBe("shop overclaims");
    expect(await page.evaluate("window.same")).toBe(true);
    expect(await page.isHidden("#lost")).toBe(true);
  }, 60_000);

  test("by keyboard alone: skip, sign in, find, open, go to the round", async () => {
    const page = await visit();
    await page.goto(`${house.url}/login`);
    // What is typed before the field has the focus goes nowhere.
    await page.waitForFunction("document.activeElement?.getAttribute('name') === 'token'");
    await page.keyboard.type(TOKEN);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${house.url}/`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Enter");
    const follow = async (href: string) => {
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press("Tab");
        const seen = "getComputedStyle(document.activeElement).outlineStyle";
        if (await page.evaluate("document.activeElement.getAttribute('href')") !== href) continue;
        expect(await page.evaluate(seen)).toBe("solid");
        await page.keyboard.press("Enter");
        await page.waitForURL(`${house.url}${href}`);
        return;
      }
      throw new Error(`no key leads to ${href}`);
    };
    await follow("/targets/checkout");
    await follow("/targets/checkout/checks/orders/rounds/fra1");
    expect(await page.textContent("h1")).toBe("Rounds of fra1");
  });

  test("without JavaScript everything is there, and so is every deed", async () => {
    const page = await visit({ javaScriptEnabled: false });
    await page.goto(`${house.url}/login?next=/incidents/${await incident()}`);
    await page.fill("input[name=token]", TOKEN);
    await page.click("main button");
    await page.fill("form[action$=comments] textarea", "seen without a script");
    await page.click("form[action$=comments] button");
    expect(await page.textContent("#timeline")).toContain("seen without a script");
    await page.goto(`${house.url}/?q=check&window=90d`);
    expect(await page.locator("#rows li[id]").count()).toBe(1);
    expect(await page.textContent("footer")).toContain("does not update itself");
    expect(await page.isHidden("#zone")).toBe(true);
  });

  test("the time zone can be switched, is shown, and is kept", async () => {
    const page = await visit({ timezoneId: "Asia/Tokyo" });
    await signIn(page, house.url, "/targets/checkout");
    const since = page.locator("#open-orders time").first();
    const instant = new Date((await since.getAttribute("datetime"))!);
    const minuteOf = (at: Date) => at.toISOString().slice(0, 16).replace("T", " ");
    const inTokyo = minuteOf(new Date(instant.getTime() + 9 * 3_600_000));
    expect(await since.textContent()).toBe(minuteOf(instant));
    await page.click(".account summary");
    await page.selectOption("#zone", "Asia/Tokyo");
    expect(await since.textContent()).toBe(inTokyo);
    await page.reload();
    expect(await page.textContent("#zoned")).toBe("Asia/Tokyo");
    expect(await since.textContent()).toBe(inTokyo);
  });

  test("a link with the token behind the # fills the form in and forgets it", async () => {
    const page = await visit();
    await page.goto(`${house.url}/login#${TOKEN}`);
    expect(await page.inputValue("input[name=token]")).toBe(TOKEN);
    expect(page.url()).toBe(`${house.url}/login`);
    await page.click("main button");
    await page.waitForURL(`${house.url}/`);
  });

  test.each([[360, 780], [1_280, 900], [2_560, 1_300]])(
    "at %i px, light and dark: nothing sticks out, and axe-core finds nothing",
    async (width, height) => {
      const page = await visit({ viewport: { width, height }, bypassCSP: true });
      await signIn(page, house.url);
      for (const path of await paths()) {
        await page.goto(`${house.url}${path}`);
        expect([path, await horizontalOverflow(page)]).toEqual([path, 0]);
        // Nothing but room differs on the largest one.
        if (width > 2_000) continue;
        await page.emulateMedia({ colorScheme: "light" });
        await page.evaluate(AXE);
        expect([path, await violations(page, RULES)]).toEqual([path, []]);
        await page.emulateMedia({ colorScheme: "dark" });
        expect([path, await horizontalOverflow(page)]).toEqual([path, 0]);
        expect([path, await violations(page, COLOUR_RULES)]).toEqual([path, []]);
      }
    },
  );

  test("on a phone the first service begins above 200 px, and a cell of its history is told by key", async () => {
    const page = await visit({ viewport: { width: 380, height: 800 } });
    await signIn(page, house.url);
    const first = page.locator("#rows li[id]").first();
    expect((await first.boundingBox())!.y).toBeLessThan(200);
    await first.locator("svg.band").focus();
    await page.keyboard.press("ArrowLeft");
    expect(await page.textContent("#tip")).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d: \d+ min overclaimed$/);
    await page.keyboard.press("Escape");
    expect(await page.isHidden("#tip")).toBe(true);
  });

  test("dark is dark, and nothing moves for who wants no motion", async () => {
    const page = await visit({ colorScheme: "dark", reducedMotion: "reduce" });
    await signIn(page, house.url);
    const light = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)";
    expect(Math.max(...await page.evaluate(light) as number[])).toBeLessThan(64);
    await page.evaluate("document.querySelector('#t-checkout').classList.add('new')");
    expect(await page.evaluate("getComputedStyle(document.querySelector('#t-checkout')).animationName")).toBe(
      "none",
    );
  });

  test("hostile names and contracts are text, keep their direction to themselves, and are cut", async () => {
    const page = await visit();
    await signIn(page, house.url);
    for (const path of await paths()) {
      await page.goto(`${house.url}${path}`);
      expect(await page.title()).not.toBe("owned");
      expect(await page.locator("main script, main img[src=x]").count()).toBe(0);
    }
    await page.goto(`${house.url}/targets/hostile/checks/orders/rounds/fra1`);
    expect(await page.textContent("dl.failure")).toContain(HOSTILE);
    await page.goto(`${house.url}/`);
    expect(await page.textContent("#t-hostile bdi")).toContain("<script>");
    // The word beside it stands to its right, as everywhere.
    const name = (await page.locator("#t-hostile .who a").boundingBox())!;
    const pair = (await page.locator("#t-hostile .pair").boundingBox())!;
    expect(pair.x).toBeGreaterThan(name.x);
    expect((await page.textContent("#t-long bdi"))!.length).toBe(80);
  });

  test("1,000 targets: a page of 200, which takes little of the main thread and does not shift", async () => {
    const many = await servePage(
      Array.from({ length: 1_000 }, (_, i) => ({ id: `target-${i}`, name: `Target ${i}` })),
    );
    onTestFinished(() => many.close());
    await many.runMinutes(3);
    const page = await visit({ viewport: { width: 1_280, height: 900 } }, many);
    await signIn(page, many.url);
    const { cpuMs, shift } = await paintCost(browser, page, `${many.url}/`);
    const html = await page.evaluate("fetch('/').then((answer) => answer.text())") as string;
    const size = `${html.length} bytes, ${gzipSync(html).byteLength} gzipped`;
    console.log(`1,000 targets: ${size}, ${Math.round(cpuMs)} ms of main-thread CPU, layout shift ${shift}`);
    expect(await page.locator("#rows li[id]").count()).toBe(200);
    expect(shift).toBeLessThan(MOST_SHIFT);
    // CPU time, not time: other work beside it counts little. It was a fifth to a fourth of that on a busy machine.
    expect(cpuMs).toBeLessThan(1_000);
  }, 120_000);

  test("100 targets are at most 120 KB, the script at most 10 KB, and all of it gzipped less than 20 KB", async () => {
    const hundred = await servePage(
      Array.from(
        { length: 100 },
        (_, i) => ({ id: `target-${i}`, name: `Target ${i}`, labels: { team: `t${i % 5}` } }),
      ),
    );
    onTestFinished(() => hundred.close());
    await hundred.runMinutes(3);
    const page = await visit({}, hundred);
    const bodies: Promise<[string, Uint8Array]>[] = [];
    await signIn(page, hundred.url);
    page.on("response", (answer) => {
      const { pathname } = new URL(answer.url());
      if (!pathname.startsWith("/v1/")) bodies.push(answer.body().then((body) => [pathname, body]));
    });
    await page.goto(`${hundred.url}/`);
    const answers = Object.fromEntries(await Promise.all(bodies));
    const { cpuMs, shift } = await paintCost(browser, page, `${hundred.url}/`);
    const sizes = Object.fromEntries(Object.entries(answers).map(([path, body]) => [path, body.byteLength]));
    const gzipped = Object.values(answers).reduce((sum, body) => sum + gzipSync(body).byteLength, 0);
    console.log(
      sizes,
      `${gzipped} gzipped, ${Math.round(cpuMs)} ms of main-thread CPU, layout shift ${shift}`,
    );
    expect(shift).toBeLessThan(MOST_SHIFT);
    expect(Object.keys(sizes).sort()).toEqual(["/", STYLE_PATH, SCRIPT_PATH].sort());
    expect(sizes["/"]).toBeLessThanOrEqual(120_000);
    expect(sizes[SCRIPT_PATH]).toBeLessThanOrEqual(10_000);
    expect(gzipped).toBeLessThan(20_000);
  });
});
