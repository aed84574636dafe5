/** Plays the demo and takes the pictures of the README while it lies: `docs/overview.png`, `target.png` and `incident.png`. */
import { chromium } from "playwright-core";

const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const DOCS = new URL("../../docs/", import.meta.url).pathname;
const LARGEST_BYTES = 150_000;
/** The story has its drift well before that. */
const PATIENCE_MS = 90_000;

const demo = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "--quiet", new URL("../demo/demo.ts", import.meta.url).pathname],
  stdout: "piped",
  stderr: "inherit",
}).spawn();

/** The address that the demo prints. */
async function address(): Promise<string> {
  let text = "";
  const lines = demo.stdout.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string>);
  const found = Promise.withResolvers<string>();
  (async () => {
    for await (const chunk of lines) {
      text = (text + chunk).slice(-10_000);
      const url = /http:\/\/\S+\/login#\S+/.exec(text)?.[0];
      if (url) found.resolve(url);
    }
    found.reject(new Error(`the demo ended before it had a page:\n${text}`));
  })();
  return await found.promise;
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  const login = await address();
  const { origin } = new URL(login);
  const context = await browser.newContext({
    viewport: { width: 1_280, height: 330 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const take = async (name: string, fullPage: boolean) => {
    const path = `${DOCS}${name}.png`;
    await page.screenshot({ path, fullPage });
    const { size } = await Deno.stat(path);
    console.log(`${path}: ${size} bytes`);
    if (size > LARGEST_BYTES) throw new Error(`${path} is larger than ${LARGEST_BYTES} bytes`);
  };
  await page.goto(login);
  await page.click("main button");
  await page.waitForURL(`${origin}/`);
  // Nothing is reloaded: it happens on the page.
  await page.locator("#rows li[id].drift").first().waitFor();
  await take("overview", false);
  await page.goto(`${origin}/targets/shop`);
  await page.setViewportSize({ width: 1_280, height: 760 });
  await take("target", false);
  await page.locator(".check a[href^='/incidents/']").first().click();
  await page.locator("#incident b", { hasText: "resolved" }).first().waitFor();
  await take("incident", true);
} finally {
  await browser.close();
  demo.kill("SIGTERM");
  await demo.status;
}
