import type { Config, Webhook } from "./config.ts";
import { checkAddress } from "./address.ts";
import { closest } from "./closest.ts";
import { milliseconds } from "./duration.ts";
import type { Note } from "./problem.ts";
import { EVENTS, type Written } from "./schema.ts";
import type { Draft } from "./shape.ts";
import { unique } from "./unique.ts";

type Settings = Omit<Config, "regions" | "targets" | "checks">;

/** Everything but regions and targets, every default filled in. */
export function readSettings(draft: Draft<Written>, allowPrivate: boolean, note: Note): Settings {
  const { publicUrl, listen = 8080, concurrency = 5, controls = [], api = {} } = draft;
  checkAddress(publicUrl, ["publicUrl"], { prefix: true, allowPrivate: true }, note);
  for (const [i, control] of controls.entries()) {
    checkAddress(control, ["controls", i], { allowPrivate }, note);
  }
  return {
    publicUrl,
    listen,
    store: readStore(draft.store, note),
    retention: readRetention(draft.retention),
    api: { token: api.token },
    controls: controls.filter((control) => control !== undefined),
    allowPrivate,
    concurrency,
    webhooks: readWebhooks(draft.webhooks, allowPrivate, note),
  };
}

function readStore(store: Draft<Written>["store"], note: Note): Config["store"] {
  if (store === undefined) return { kind: "sqlite", path: ".assay/assay.db" };
  const kinds = Object.keys(store);
  if (kinds.length !== 1) {
    const found = kinds.join(" and ") || "none";
    note({
      path: ["store"],
      message: "a config has one store",
      expected: "one of: sqlite, memory, upstash",
      found,
    });
  }
  if (store.upstash) {
    const message = "upstash is not available in this version";
    note({ path: ["store", "upstash"], at: "key", message, expected: "sqlite or memory", found: "upstash" });
  }
  return store.memory ? { kind: "memory" } : { kind: "sqlite", path: store.sqlite ?? "" };
}

/** Hourly figures are for windows of a week; longer ones are told by day. */
const HOURS_MS = 14 * 86_400_000;

function readRetention(retention: Draft<Written>["retention"] = {}): Config["retention"] {
  const { raw = "48h", rollups = "400d", incidents = "400d" } = retention;
  const daysMs = milliseconds(rollups);
  return {
    rawMs: milliseconds(raw),
    hoursMs: Math.min(HOURS_MS, daysMs),
    daysMs,
    incidentsMs: milliseconds(incidents),
  };
}

function readWebhooks(drafts: Draft<Written>["webhooks"], allowPrivate: boolean, note: Note): Webhook[] {
  const once = unique("webhook", note);
  return (drafts ?? []).flatMap((draft, i) => {
    if (!draft) return [];
    const { id = "", url, secret, events = ["incident.*"] } = draft;
    const path = ["webhooks", i];
    once(draft.id, [...path, "id"]);
    checkAddress(url, [...path, "url"], { allowPrivate }, note);
    const globs = events.filter((glob) => glob !== undefined);
    for (const [j, glob] of globs.entries()) {
      if (EVENTS.some((event) => matches(glob, event))) continue;
      const expected = `a glob over ${EVENTS.join(", ")}`;
      const suggestion = closest(glob, [...EVENTS, "incident.*"]);
      note({ path: [...path, "events", j], message: "no event matches", expected, found: glob, suggestion });
    }
    const secrets = typeof secret === "string" ? [secret] : secret ?? [];
    return [{ id, url: url ?? "", secrets: secrets.filter((one) => one !== undefined), events: globs }];
  });
}

/** `*` stands for any text. */
function matches(glob: string, event: string): boolean {
  const parts = glob.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return parts.length <= 10 && new RegExp(`^${parts.join(".*")}$`).test(event);
}
