/**
 * Takes screenshots after thirty days in virtual time: `docs/overview.png`, `target.png`, `incident.png` and
 * `public.png`, or with `--all FOLDER` every page, light and dark, at 380 and 1440 px. `--store FILE` saves
 * the month, and reuses it the next time.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { chromium, type Page } from "playwright-core";
import { FILES } from "../../functions/deno/files.ts";
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { memoryStore } from "../../src/storage/memory.ts";
import { thresholdHint } from "../../src/storage/history/threshold_hint.ts";
import { api } from "../../src/web/app.ts";
import { reducePalette } from "./palette.ts";
import { END_MS, type Month, openMonth, playMonth, TOKEN } from "./month.ts";

const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const DOCS = new URL("../../docs/", import.meta.url).pathname;
const LARGEST_BYTES = 150_000;

const { values: { store: file, all: folder } } = parseArgs({
  args: Deno.args,
  options: { store: { type: "string" }, all: { type: "string" } },
});

/** Opens the saved month, or plays it. */
async function month(): Promise<Month> {
  if (file === undefined) return await playMonth(memoryStore());
  const isKept = existsSync(file);
  const store = openSqlite(file);
  return isKept ? await openMonth(store) : await playMonth(store);
}

/** The paths of all pages, by name. */
async function pathsOf({ services: { store } }: Month): Promise<Record<string, string>> {
  const incidentOf = async (target: string, state: "open" | "resolved") =>
    `/incidents/${(await store.listIncidents({ target, state, limit: 1 })).items[0]!.id}`;
  return {
    overview: "/",
    filtered: "/?group=team&window=7d",
    target: "/targets/checkout",
    billing: "/targets/billing",
    round: "/targets/checkout/checks/orders/rounds/fra1",
    incidents: "/incidents",
    incident: await incidentOf("checkout", "open"),
    resolved: await incidentOf("accounts", "resolved"),
    public: "/status",
  };
}

/** Height (px) of each page's picture in the docs. */
const SHOWN: Record<string, number> = { overview: 1_060, target: 1_300, incident: 1_080, public: 1_000 };

const played = await month();
const { config, ports, services } = played;
const app = api({ ports, config, services, store: services.store, files: FILES, thresholdHint });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => app.fetch(request));
const origin = `http://127.0.0.1:${server.addr.port}`;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

/** Opens a signed-in page whose clock stands at the end of the month. */
async function openPage(width: number, colorScheme: "light" | "dark"): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    reducedMotion: "reduce",
    colorScheme,
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(END_MS);
  await page.goto(`${origin}/login#${TOKEN}`);
  await page.click("main button");
  await page.waitForURL(`${origin}/`);
  return page;
}

/** Takes a picture of a page: all of it, or the top `height` px. */
async function take(page: Page, path: string, { to, height }: { to: string; height?: number }) {
  // Signs out, to show the public page as the public sees it. It is the last page.
  if (path === "/status") await page.context().clearCookies();
  await page.goto(origin + path);
  const { width } = page.viewportSize()!;
  if (height) await page.setViewportSize({ width, height });
  const picture = reducePalette(await page.screenshot({ fullPage: height === undefined }));
  await Deno.writeFile(to, picture);
  const size = picture.length;
  console.log(`${to}: ${size} bytes`);
  if (height && size > LARGEST_BYTES) throw new Error(`${to} is larger than ${LARGEST_BYTES} bytes`);
}

const paths = await pathsOf(played);
for (const scheme of folder ? ["light", "dark"] as const : []) {
  for (const width of [380, 1_440]) {
    const page = await openPage(width, scheme);
    for (const [name, path] of Object.entries(paths)) {
      await take(page, path, { to: `${folder}/${name}-${scheme}-${width}.png` });
    }
  }
}
if (!folder) {
  const page = await openPage(1_280, "light");
  for (const [name, height] of Object.entries(SHOWN)) {
    await take(page, paths[name]!, { to: `${DOCS}${name}.png`, height });
  }
}
await browser.close();
await server.shutdown();
Deno.exit(0);
