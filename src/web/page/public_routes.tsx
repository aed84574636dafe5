/** @jsxRuntime automatic */
/** @jsxImportSource #jsx */
/** The public pages: status, feed, colours and cards. */
import type { Context } from "hono";
import { Hono } from "../hono.ts";
import type { Principal } from "../api/middleware/principals.ts";
import type { Outage } from "../api/views/outages.ts";
import { publicStatus } from "../api/views/status.ts";
import { iso } from "../../base/time.ts";
import { livePage, type PageContext, readerOf } from "./context.ts";
import { atomFeed } from "./feed.ts";
import { iconOf } from "./headline.tsx";
import { FEED_PATH, notFound, renderPage, THEME_PATH } from "./layout.tsx";
import { card, outageText, PublicIncident, PublicPage, withoutDrift } from "./public.tsx";

const CARD_S = 60;
/** Marks a response that is the same for everyone. */
const PUBLIC_HEADER = "x-assay-public";

/** Routes that need no token. */
export function publicRoutes(context: PageContext): Hono {
  const app = new Hono();
  app.get("/status", async (c) => await renderPublic(context, c, await readerOf(context, c)));
  app.get(FEED_PATH, (c) => renderFeed(context, c));
  app.get(THEME_PATH, (c) => {
    const { colour } = context.site;
    const rule = colour ? `header{border-bottom:3px solid ${colour}}` : "";
    return c.body(rule, 200, {
      "content-type": "text/css; charset=utf-8",
      "cache-control": "public, max-age=300",
    });
  });
  app.get("/cards/:file{[a-z0-9-]+\\.svg}", (c) => renderCard(context, c, c.req.param("file")));
  return app;
}

/** The public page; `who` is the reader, who may be signed in. */
export async function renderPublic(context: PageContext, c: Context, who?: Principal) {
  const { ports: { clock }, config, loader, names, site } = context;
  const states = await context.states();
  const nowMs = clock.now();
  const status = publicStatus(config, states, nowMs);
  const [outages, historyOf, planned] = await Promise.all([
    context.readOutages(),
    loader.histories(nowMs),
    loader.planned(nowMs),
  ]);
  const services = status.targets.map((service, i) => {
    const target = config.targets[i]!;
    return { service, past: withoutDrift(historyOf(target)), group: target.labels[site.groupBy ?? ""] ?? "" };
  });
  const title = site.texts.headlines[status.status];
  c.header(PUBLIC_HEADER, "1");
  return livePage(context, c, {
    states,
    checks: [],
    title,
    summary: title,
    main: <PublicPage {...{ status, services, planned, outages, names, site }} />,
    who,
    at: "/status",
    site,
    icon: iconOf(status.status),
  });
}

/** The public page of one outage at `path`. */
export function renderOutage({ names, site }: PageContext, c: Context, outage: Outage, path: string) {
  const { texts } = site;
  c.header(PUBLIC_HEADER, "1");
  return renderPage(c, {
    title: outageText(outage, names, texts),
    summary: `${iso(outage.openedAt)} ${texts.until} ${iso(outage.resolvedAt) ?? texts.now}`,
    site,
    main: <PublicIncident {...{ outage, names, path, site }} />,
  });
}

async function renderFeed({ ports: { clock }, config, names, readOutages, site }: PageContext, c: Context) {
  const outages = await readOutages();
  const url = (config.publicUrl ?? new URL(c.req.url).origin).replace(/\/+$/, "");
  const { name, texts } = site;
  const feed = atomFeed(outages, { url, name, names, texts, updatedAt: clock.now() });
  return c.body(feed, 200, {
    "content-type": "application/atom+xml; charset=utf-8",
    "cache-control": "public, max-age=60",
  });
}

async function renderCard(context: PageContext, c: Context, file: string) {
  const { ports: { clock }, config, site } = context;
  const id = file.slice(0, -".svg".length);
  const targets = config.targets.filter((target) => target.id === id);
  const nowMs = clock.now();
  const [row] = publicStatus({ ...config, targets }, await context.states(), nowMs).targets;
  if (!row) return notFound(c);
  return c.body(`${card(row, iso(nowMs)!, site.texts)}`, 200, {
    "content-type": "image/svg+xml; charset=utf-8",
    "cache-control": `public, max-age=${CARD_S}`,
    "cross-origin-resource-policy": "cross-origin",
  });
}
