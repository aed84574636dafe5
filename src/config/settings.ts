import type { Config, PageSettings } from "./config.ts";
import { readApi } from "./api.ts";
import { parseDuration } from "./schema/duration.ts";
import { readListen } from "./listen.ts";
import type { KindsAndReaders } from "./readers.ts";
import type { Note } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { readStore, type StoreContext } from "./store.ts";
import { noteLacking } from "./lacking.ts";
import { readWebhooks, type WebhookContext } from "./webhooks.ts";
import { CONNECTIONS, DENO_ROUNDS, ROUNDS_A_HOST } from "../base/limits.ts";
import { DAY_MS } from "../base/time.ts";

type Settings = Omit<Config, "objects" | "regions" | "targets" | "checks" | "maintenance">;

/** Reads everything but regions, targets and maintenance, and fills in defaults. */
export function readSettings(
  draft: Draft<RawConfig>,
  context: StoreContext & WebhookContext & Pick<KindsAndReaders, "readRoutes" | "readHooks">,
  note: Note,
): Settings {
  const { publicUrl, listen = 8080, concurrency = DENO_ROUNDS, controls = [], api, hooks, heartbeat } = draft;
  const { allowPrivate, runtime, checks, readRoutes, readHooks } = context;
  checks?.address(publicUrl, ["publicUrl"], { prefix: true, allowPrivate: true }, note);
  if (hooks?.github && !readHooks) noteLacking("hooks", ["hooks"], note);
  if (draft.routes && !readRoutes) noteLacking("routes", ["routes"], note);
  for (const [i, control] of controls.entries()) {
    checks?.address(control, ["controls", i], { allowPrivate }, note);
  }
  checks?.address(heartbeat?.url, ["heartbeat", "url"], { allowPrivate }, note);
  return {
    publicUrl,
    listen: readListen(listen),
    store: readStore(draft.store, context, note),
    retention: readRetention(draft.retention),
    api: readApi(api, (draft.targets ?? []).map((target) => target?.id), note),
    page: readPage(draft.page),
    hooks: readHooks?.(hooks, (draft.targets ?? []).map((target) => target?.id), note) ?? {},
    controls: controls.filter((control) => control !== undefined),
    allowPrivate,
    // On Cloudflare a prober has six connections, and keeps one for its controls.
    concurrency: runtime === "cloudflare" ? Math.min(concurrency, CONNECTIONS - 1) : concurrency,
    connectionsPerHost: draft.connectionsPerHost ?? ROUNDS_A_HOST,
    webhooks: readWebhooks(draft.webhooks, context, note),
    heartbeat: heartbeat && { url: heartbeat.url ?? "", everyMs: parseDuration(heartbeat.every ?? "1m") },
    routes: readRoutes?.(draft.routes, namesIn(draft), note),
  };
}

function readPage(
  { name = "Assay", links = [], language = "en", ...rest }: Draft<RawConfig>["page"] = {},
): PageSettings {
  const complete = links.flatMap((link) =>
    link?.text && link.url ? [{ text: link.text, url: link.url }] : []
  );
  return { name, links: complete, language, ...rest };
}

const namesIn = ({ webhooks, targets, regions }: Draft<RawConfig>) => ({
  webhooks: idsOf(webhooks),
  // The target of Assay's own incidents, which no config contains.
  targets: ["_assay", ...idsOf(targets)],
  regions: idsOf(regions),
  labels: (targets ?? []).flatMap((target) => Object.keys(target?.labels ?? {})),
});

const idsOf = (drafts: readonly (string | { id?: string } | undefined)[] = []) =>
  drafts.flatMap((draft) => (typeof draft === "string" ? draft : draft?.id) ?? []);

/** Longest retention of hourly figures. They serve windows of up to a week; longer windows use days. */
const HOURS_MS = 14 * DAY_MS;

function readRetention(retention: Draft<RawConfig>["retention"] = {}): Config["retention"] {
  const { raw = "48h", rollups = "400d", incidents = "400d" } = retention;
  const daysMs = parseDuration(rollups);
  return {
    rawMs: parseDuration(raw),
    hoursMs: Math.min(HOURS_MS, daysMs),
    daysMs,
    incidentsMs: parseDuration(incidents),
  };
}
