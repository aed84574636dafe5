/**
 * Pictures of every page after thirty days in virtual time: `docs/overview.png`, `target.png`, `incident.png` and `public.png`, and with
 * `--all FOLDER` each page, light and dark, at 380 and 1440 px. `--store FILE` keeps the month, and opens it the next time.
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

/** The month, as it was kept or played now. */
async function month(): Promise<Month> {
  if (file === undefined) return await playMonth(memoryStore());
  const isKept = existsSync(file);
  const store = openSqlite(file);
  return isKept ? await openMonth(store) : await playMonth(store);
}

/** The pages of a month, by name. */
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

/** What the docs show, and how high (px). */
const SHOWN: Record<string, number> = { overview: 1_060, target: 1_300, incident: 1_080, public: 1_000 };

const played = await month();
const { config, ports, services } = played;
const app = api({ ports, config, services, store: services.store, files: FILES, thresholdHint });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => app.fetch(request));
const origin = `http://127.0.0.1:${server.addr.port}`;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });

/** A page of this size, signed in, for which it is the end of the month. */
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

/** Shows a page and takes its picture: whole, or the upper `height` px of it. */
async function take(page: Page, path: string, { to, height }: { to: string; height?: number }) {
  // The public's page is taken as the public sees it; it is the last one.
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
