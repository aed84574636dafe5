import { DENO_ROUNDS, ROUNDS_A_HOST } from "../../base/limits.ts";
import * as z from "../../base/zod.ts";
import { ANY_EVENT, type Kinds } from "../kinds.ts";
import { apiGrammar } from "./api.ts";
import * as fields from "./fields.ts";
import {
  duration,
  host,
  id,
  list,
  map,
  plainId,
  proberId,
  quorum,
  reference,
  text,
  words,
} from "./fields.ts";
import { LISTEN } from "../listen.ts";
import { hooksGrammar } from "./hooks.ts";
import { maintenanceGrammar } from "./maintenance.ts";
import { pageGrammar } from "./page.ts";
import { routesGrammar } from "./routes.ts";
import { CLAIM_RULES, report } from "./report.ts";
import { auth, cleanup, journey } from "./steps.ts";
import { PLACES } from "./places.ts";

const optionalField = <Field extends z.ZodMiniType>(field: Field, description: string, fallback?: unknown) =>
  z.optional(field).check(
    z.meta(fallback === undefined ? { description } : { description, default: fallback }),
  );

const timing = {
  every: optionalField(duration("1s", "1d"), "Period, counted from the epoch.", "1m"),
  timeout: optionalField(
    duration("100ms", "45s"),
    "Deadline of a whole journey, bodies and polls included.",
    "10s",
  ),
  startupBudget: optionalField(
    duration("0s", "1d"),
    "How long a service may say it is starting, unjudged.",
    "5m",
  ),
  drainWindow: optionalField(
    duration("0s", "1d"),
    "How long a service may say it is draining, unjudged.",
    "150s",
  ),
  flapWindow: optionalField(
    duration("0s", "1d"),
    "An incident that opens again within it keeps its id.",
    "10m",
  ),
  failureThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Failed slots in a row that turn a vote bad.",
    2,
  ),
  successThreshold: optionalField(
    z.int().check(z.gte(1), z.lte(100)),
    "Passed slots in a row that turn it good again.",
    2,
  ),
  turns: optionalField(
    z.int().check(z.gte(1), z.lte(3)),
    "Instants of a period at which probers walk by turns. Default 3; 1 with Upstash, on Deno Deploy, on Cloudflare's free plan and with cron. Always 1 below a period of 30s.",
  ),
  confirm: optionalField(
    z.union([duration("20s", "1h"), z.literal(0)]),
    "How long after a first failure or recovery all probers walk once more; 0: never. Not below a period of 30s.",
    "25s",
  ),
  retry: optionalField(
    z.int().check(z.gte(0), z.lte(1)),
    "Walks a round once more, 1 s later, in which the report or a step got no HTTP answer.",
    1,
  ),
  releaseAfter: optionalField(
    duration("0s", "30d"),
    "A prober that fell silent while it saw failures holds an incident open for so long.",
    "1h",
  ),
  certificateWarning: optionalField(
    z.union([duration("1h", "365d"), z.literal(0)]),
    "Opens an advisory for a certificate that ends within it, as probers on Deno see it; 0: never.",
    "14d",
  ),
  severity: optionalField(
    z.enum(["critical", "warning", "info"]),
    "The most that its incidents can be: a warning stays a warning under critical.",
    "critical",
  ),
  quorum: optionalField(quorum(), "How the votes of the regions become one outcome."),
  maxAge: optionalField(duration("2s", "800d"), "Evidence older than this is none. Default 2.5 periods."),
  evidence: optionalField(
    map({ body: optionalField(z.boolean(), "Of the body of the answer that failed a step.", true) }),
    "What is kept of answers, for those who may read all.",
  ),
};

const check = (kinds: Kinds, written: boolean) =>
  map({
    ...written && { enabled: ENABLED },
    id: optionalField(id(), "Unique in its target.", "default"),
    contract: optionalField(words(), "One sentence: what ready means here."),
    optional: optionalField(
      z.boolean(),
      "It counts neither for the status of its target, nor for its figures, nor on public pages.",
      false,
    ),
    after: optionalField(
      id(),
      "A check of the same target that must hold first: until it does, this one is not judged.",
    ),
    slo: optionalField(
      text(/^[1-9][0-9]?(\.[0-9]{1,4})?%$/, "a percentage below 100%, such as 99.9%"),
      "The objective: the share of judged time over 30 days in which it is good. Gives an error budget and burn rates.",
    ),
    ...timing,
    cron: optionalField(words(), "Five cron fields, instead of every."),
    zone: optionalField(words(), "The time zone of cron, as the IANA database names it.", "UTC"),
    report: z.optional(report(kinds.auths ?? [])),
    claim: optionalField(
      z.enum(CLAIM_RULES),
      "With several sources: the worst that speaks, ready only if all are, or the best that speaks.",
      "worst",
    ),
    journey: journey(kinds, written).check(z.describe("Real requests, in order, that prove the contract.")),
    cleanup: optionalField(
      cleanup(kinds, written),
      "Requests that undo the journey; always walked, judged apart.",
    ),
    auth: optionalField(auth(kinds.auths ?? []), "How its requests are let in. Default: the target's."),
    trace: optionalField(z.boolean(), "As on the target, which it overrides."),
    latencyBudget: optionalField(
      duration("1ms", "45s"),
      "A passed journey that took longer is slow, not failed.",
    ),
    scope: optionalField(
      z.enum(["global", "region"]),
      "One incident for all regions, or one for each.",
      "global",
    ),
  });

const certificates = () =>
  text(
    /^\$\{(?:env:[A-Z_][A-Z0-9_]*|file:\/[^}\s]+)\}$|-----BEGIN CERTIFICATE-----/,
    "a certificate: its PEM text, or a reference such as ${env:NAME}",
  );

const tls = map({
  ca: optionalField(certificates(), "Certificate authorities to trust beside the system's."),
  cert: optionalField(certificates(), "The client's certificate; key is beside it."),
  key: optionalField(reference(), "Its private key, in PEM."),
  serverName: optionalField(
    text(/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i, "a host name"),
    "The name to ask for, and that the certificate must hold, in place of the URL's host.",
  ),
  insecure: optionalField(z.boolean(), "Accept any certificate.", false),
}).check(z.refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
  error: "a pair: cert and key belong together",
}));

const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What only composition knows (compose/mod.ts): it is gone before a config is held against its grammar. */
const ENABLED = optionalField(z.boolean(), "false: as if it were not written.", true);
const TARGET_DEFAULTS = optionalField(
  z.looseObject({ headers: z.optional(z.record(z.string(), z.string())) }),
  "What its checks have that they do not say themselves: any of their keys, and headers of all requests.",
);
const composed = (kinds: Kinds) => ({
  include: optionalField(
    z.union([z.string(), z.array(z.string())]),
    "Further files, beside this one; * in file names.",
  ),
  vars: optionalField(scalars, "Values for ${var:name} anywhere; may hold ${env:NAME:-default}."),
  environments: optionalField(
    z.record(z.string(), scalars),
    "Other values of vars, chosen with --environment.",
  ),
  steps: optionalField(
    z.record(z.string(), cleanup(kinds)),
    "Lists of steps by name, for use: in journeys; ${param:name} is filled in by with:.",
  ),
});

const target = (kinds: Kinds, written: boolean) =>
  map({
    ...written && { enabled: ENABLED, defaults: TARGET_DEFAULTS },
    id: id().check(z.describe("Unique.")),
    name: optionalField(words(), "For humans. Default: the id."),
    url: z.string().check(z.minLength(1), z.describe("http(s) origin and base path; may hold ${env:NAME}.")),
    hosts: optionalField(
      list(host(), 20),
      "Other hosts or origins that a step's url may lead to; without a scheme https.",
    ),
    tls: optionalField(
      tls,
      "TLS to the origin of url, in reports and journeys; never to another origin. Not on Cloudflare.",
    ),
    labels: optionalField(
      z.record(z.string().check(z.minLength(1)), z.string()),
      "Free key-value texts, shown and sent along.",
    ),
    dependsOn: optionalField(
      list(z.string(), 50),
      "Targets without which it does not work: while one has an outage, no notice of its own is sent.",
    ),
    auth: optionalField(
      auth(kinds.auths ?? []),
      "How requests of its journeys to its origin are let in; checks and steps may have their own.",
    ),
    trace: optionalField(
      z.boolean(),
      "Requests of journeys carry a W3C traceparent whose trace id follows from the run.",
      false,
    ),
    checks: list(check(kinds, written), 100),
  }).check(z.refine(({ url, tls }) => !tls || !/^http:/i.test(url), {
    path: ["tls"],
    error: "of use beside an http URL: only https has TLS",
  }));

const prober = map({
  id: proberId().check(z.describe("Unique over all regions.")),
  place: optionalField(z.enum(PLACES), "A Cloudflare location hint: a Durable Object there."),
  generation: optionalField(
    z.int().check(z.gte(1), z.lte(1_000_000)),
    "Beside a place: another number makes a new object, perhaps elsewhere.",
    1,
  ),
  url: optionalField(z.string().check(z.minLength(1)), "Another deployment of Assay, asked over HTTP."),
  token: optionalField(
    reference(),
    "The bearer token of its /v1/rounds: the same reference in both copies of the config.",
  ),
});

const region = map({
  id: plainId().check(z.describe("Unique.")),
  quorum: optionalField(quorum(), "How the votes of its probers become the region's."),
  probers: list(prober, 50).check(
    z.describe("Each has a place, a url, or neither: then it is this process."),
  ),
});

const eventGlobs = (fallback: readonly string[] = ANY_EVENT) =>
  optionalField(list(z.string().check(z.minLength(1)), 20), "Globs over event names.", fallback);

/** What every webhook has, whatever its kind asks for besides. */
const anyWebhook = z.looseObject({
  id: id(),
  kind: z.optional(z.string()),
  events: eventGlobs(),
});

/** Of each kind of sink: its own fields, between those that all have. */
const webhook = ({ sinks }: Kinds) =>
  z.discriminatedUnion(
    "kind",
    sinks.map(({ kind, schema, isDefault, events }) => {
      const name = z.literal(kind).check(z.describe("The kind of receiver."));
      const common = {
        id: id().check(z.describe("Unique.")),
        kind: isDefault ? z._default(name, kind) : name,
      };
      return map({ ...common, ...schema(fields).shape, events: eventGlobs(events) });
      // Which fields there are is known to the kinds alone.
    }) as unknown as [typeof anyWebhook],
  );

const store = ({ stores }: Kinds) =>
  map(Object.fromEntries(stores.map(({ kind, schema }) => [kind, z.optional(schema(fields))])));

/** What counts where no store is written. */
const defaultStore = ({ stores }: Kinds) =>
  Object.fromEntries(
    stores.flatMap(({ kind, fallback }) => fallback === undefined ? [] : [[kind, fallback]]),
  );

const retention = map({
  raw: optionalField(duration("1h", "4000d"), "Rounds as they were seen.", "48h"),
  rollups: optionalField(
    duration("1d", "4000d"),
    "Figures by hour (two weeks of them at most) and by day.",
    "400d",
  ),
  incidents: optionalField(duration("1h", "4000d"), "Closed incidents.", "400d"),
});

const heartbeat = map({
  url: z.string().check(
    z.minLength(1),
    z.describe("Asked by GET, as monitors of cron jobs want it. May hold ${env:NAME}."),
  ),
  every: optionalField(duration("10s", "1d"), "At most so often.", "1m"),
});

/** The grammar of assay.yaml. It checks shapes only; defaults and rules across fields are applied afterwards. */
export const grammar = (kinds: Kinds, written = false) =>
  map({
    ...written && composed(kinds),
    version: z.literal(1).check(z.describe("Version of this grammar.")),
    publicUrl: optionalField(
      z.string().check(z.minLength(1)),
      "Where this Assay is reached, for links in notices.",
    ),
    traceUrl: optionalField(
      text(/^https?:\/\/.*\{traceId\}/, "a URL with {traceId} in it"),
      "Where a trace is looked at, for evidence, page and notices.",
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
      "Where the API is served: a port of all addresses, one address, or a socket of this machine.",
      8080,
    ),
    store: optionalField(store(kinds), "Where state is kept: exactly one of its keys.", defaultStore(kinds)),
    retention: optionalField(retention, "How long it is kept."),
    api: optionalField(apiGrammar, "The HTTP API."),
    page: optionalField(pageGrammar, "How the public page looks."),
    hooks: optionalField(hooksGrammar, "Other sources of deployments."),
    controls: optionalField(
      list(z.string().check(z.minLength(1)), 10, 0),
      "Known-good URLs, to tell a prober's fault from a target's.",
    ),
    allowPrivate: optionalField(z.boolean(), "Allow targets on private addresses.", false),
    concurrency: optionalField(
      z.int().check(z.gte(1), z.lte(1_024)),
      "Rounds that one prober walks at once; at most 5 on Cloudflare, and fewer where memory or open files are short.",
      DENO_ROUNDS,
    ),
    connectionsPerHost: optionalField(
      z.int().check(z.gte(1), z.lte(1_024)),
      "Of these to one host: the host and port of a target's url.",
      ROUNDS_A_HOST,
    ),
    regions: optionalField(
      list(z.union([z.string(), region]), 50),
      "Where Assay asks from. A bare id is a region with one prober: local, or a place without a hyphen.",
      ["local"],
    ),
    defaults: optionalField(map(timing), "For every check that does not say otherwise."),
    targets: list(target(kinds, written), 10_000).check(z.describe("The services under test.")),
    webhooks: optionalField(list(webhook(kinds), 100, 0), "Sinks: where notices about incidents go."),
    heartbeat: optionalField(
      heartbeat,
      "A URL to request after each settled slot, so that a monitor of cron jobs notices when Assay stops.",
    ),
    routes: optionalField(
      routesGrammar(),
      "Which of them gets which incidents. Default: each gets all its events.",
    ),
    maintenance: optionalField(
      maintenanceGrammar(),
      "Times in which notices are held while probing goes on.",
    ),
  });

/** A config as written. */
export type RawConfig = z.infer<ReturnType<typeof grammar>>;

/** The JSON Schema (2020-12) of assay.yaml, for editors. */
export function jsonSchema(kinds: Kinds): Record<string, unknown> {
  const schema = z.toJSONSchema(grammar(kinds, true), { io: "input" });
  return { title: "Assay configuration", ...schema, patternProperties: { "^x-": {} } };
}
