import { DENO_ROUNDS, ROUNDS_A_HOST } from "../../base/limits.ts";
import * as z from "../../base/zod.ts";
import type { Kinds } from "../kinds.ts";
import { LISTEN } from "../listen.ts";
import { apiGrammar } from "./api.ts";
import { composedFields } from "./composed.ts";
import * as fields from "./fields.ts";
import { duration, list, map, optionalField, text } from "./fields.ts";
import { hooksGrammar } from "./hooks.ts";
import { maintenanceGrammar } from "./maintenance.ts";
import { pageGrammar } from "./page.ts";
import { regionGrammar } from "./region.ts";
import { routesGrammar } from "./routes.ts";
import { targetGrammar } from "./target.ts";
import { timingFields } from "./timing.ts";
import { webhookGrammar } from "./webhook.ts";

const store = ({ stores }: Kinds) =>
  map(Object.fromEntries(stores.map(({ kind, schema }) => [kind, z.optional(schema(fields))])));

/** The store if the config names none. */
const defaultStore = ({ stores }: Kinds) =>
  Object.fromEntries(
    stores.flatMap(({ kind, fallback }) => fallback === undefined ? [] : [[kind, fallback]]),
  );

const retention = map({
  raw: optionalField(duration("1h", "4000d"), "Individual rounds.", "48h"),
  rollups: optionalField(
    duration("1d", "4000d"),
    "Figures by hour (at most two weeks) and by day.",
    "400d",
  ),
  incidents: optionalField(duration("1h", "4000d"), "Closed incidents.", "400d"),
});

const heartbeat = map({
  url: z.string().check(
    z.minLength(1),
    z.describe("Requested with GET. May hold ${env:NAME}."),
  ),
  every: optionalField(duration("10s", "1d"), "Minimum interval.", "1m"),
});

/** The grammar of assay.yaml. Checks only shapes; defaults and rules across fields are applied afterwards. */
export const grammar = (kinds: Kinds, written = false) =>
  map({
    ...written && composedFields(kinds),
    version: z.literal(1).check(z.describe("Version of the config format.")),
    publicUrl: optionalField(
      z.string().check(z.minLength(1)),
      "This Assay's external URL, for links in notices.",
    ),
    traceUrl: optionalField(
      text(/^https?:\/\/.*\{traceId\}/, "a URL with {traceId} in it"),
      "URL of a trace, for evidence, page and notices.",
    ),
    listen: optionalField(
      z.union([
        z.int().check(z.gte(1), z.lte(65_535)),
        text(LISTEN, "an address: 127.0.0.1:8080, [::1]:8080 or unix:/run/assay.sock").check(
          z.refine((at) => at.startsWith("unix:") || Number(at.slice(at.lastIndexOf(":") + 1)) <= 65_535, {
            error: "an address with a port of at most 65535",
          }),
        ),
      ]),
      "Where the API is served: a port on all addresses, one address, or a Unix socket.",
      8080,
    ),
    store: optionalField(
      store(kinds),
      "Where state is stored: exactly one of these keys.",
      defaultStore(kinds),
    ),
    retention: optionalField(retention, "How long to keep data."),
    api: optionalField(apiGrammar, "The HTTP API."),
    page: optionalField(pageGrammar, "Appearance of the public page."),
    hooks: optionalField(hooksGrammar, "Other sources of deployments."),
    controls: optionalField(
      list(z.string().check(z.minLength(1)), 10, 0),
      "Known-good URLs, to distinguish a prober's fault from a target's.",
    ),
    allowPrivate: optionalField(z.boolean(), "Allow targets on private addresses.", false),
    concurrency: optionalField(
      z.int().check(z.gte(1), z.lte(1_024)),
      "Rounds that one prober walks at once; at most 5 on Cloudflare, and fewer if memory or open files are short.",
      DENO_ROUNDS,
    ),
    connectionsPerHost: optionalField(
      z.int().check(z.gte(1), z.lte(1_024)),
      "How many of these to one host: host and port of a target's url.",
      ROUNDS_A_HOST,
    ),
    regions: optionalField(
      list(z.union([z.string(), regionGrammar]), 50),
      "Where probers run. A bare id is a region with one prober: local, or a place without a hyphen.",
      ["local"],
    ),
    defaults: optionalField(map(timingFields), "Defaults for all checks."),
    targets: list(targetGrammar(kinds, written), 10_000).check(z.describe("The services under test.")),
    webhooks: optionalField(
      list(webhookGrammar(kinds), 100, 0),
      "Sinks, which receive notices about incidents.",
    ),
    heartbeat: optionalField(
      heartbeat,
      "A URL to request after each settled slot, so that a cron monitor notices when Assay stops.",
    ),
    routes: optionalField(
      routesGrammar(),
      "Which webhook gets which incidents. Default: each gets all its events.",
    ),
    maintenance: optionalField(
      maintenanceGrammar(),
      "Times in which notices are held while probing continues.",
    ),
  });

/** A config as written. */
export type RawConfig = z.infer<ReturnType<typeof grammar>>;

/** The JSON Schema (2020-12) of assay.yaml, for editors. */
export function jsonSchema(kinds: Kinds): Record<string, unknown> {
  const schema = z.toJSONSchema(grammar(kinds, true), { io: "input" });
  return { title: "Assay configuration", ...schema, patternProperties: { "^x-": {} } };
}
