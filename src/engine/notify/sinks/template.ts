import * as z from "../../../base/zod.ts";
import { isRecord } from "../../../base/json.ts";
import { ConfigFault, type Secrets } from "../../../base/ports.ts";
import { revealHeader } from "../../../base/secrets.ts";
import { SECOND_MS } from "../../../base/time.ts";
import { writeJson } from "../../../config/expression/mod.ts";
import type { Finding } from "../../../config/problem.ts";
import type { WebhookEvent } from "../event.ts";
import { checkUrl, locate, overHttp, secondsOf, type SinkReply } from "../over_http.ts";
import { SAMPLE_CHANGES, sampleEvent } from "../sample.ts";
import type { Sink, SinkAnswer } from "../sink.ts";
import { fillTemplates, SinkTemplateError } from "../template.ts";

const METHODS = ["POST", "PUT", "PATCH", "GET", "DELETE"] as const;
const BODIES = ["json", "form", "text"] as const;
/** Stands for the notice's id in validation and `render`; real ids have the same characters. */
const SAMPLE_ID = "inc_sample_1_opened";

/**
 * A request to any HTTP API. Texts may hold `{{ expr }}` and `${env:NAME}`; inserted values never name a
 * secret.
 */
export interface TemplateSettings {
  url: string;
  path?: string;
  method?: (typeof METHODS)[number];
  headers?: Record<string, string>;
  json?: unknown;
  form?: Record<string, string>;
  text?: string;
}

type Parts = Pick<TemplateSettings, "path" | "headers" | "json" | "form" | "text">;

/** A request with any method, headers and body, made from templates over the event. */
export const template: Sink<TemplateSettings> = {
  kind: "template",
  // Templates are written for one incident.
  grouping: "asked",
  schema({ map, headers }) {
    const holds = "May hold {{ expr }} and ${env:NAME}.";
    const texts = z.record(z.string().check(z.minLength(1)), z.string());
    return map({
      url: z.string().check(
        z.minLength(1),
        z.describe("The receiver's URL; may hold ${env:NAME}, but no template."),
      ),
      path: z.optional(z.string().check(z.minLength(1))).check(
        z.describe(`Relative to url, with its query. ${holds}`),
      ),
      method: z.optional(z.enum(METHODS)).check(z.meta({ description: "HTTP method.", default: "POST" })),
      headers: z.optional(headers()).check(z.describe(`Request headers. ${holds}`)),
      json: z.optional(z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())])).check(
        z.describe(`Body, sent as JSON; a text that is one template keeps its type. ${holds}`),
      ),
      form: z.optional(texts).check(z.describe(`Body, sent as a form. ${holds}`)),
      text: z.optional(z.string()).check(z.describe(`Body, sent unchanged. ${holds}`)),
    });
  },
  secrets: ["url", "path", "headers", "json", "form", "text"],
  addresses: ["url"],
  validate: (settings) => [...bodyFindings(settings), ...templateFindings(settings)],
  check(settings, environment) {
    const { path, ...parts } = fill(settings, sampleEvent("opened"), SAMPLE_ID);
    if (!locate(settings.url, path, environment)) return "its URL is not valid";
    encode({ ...settings, ...parts }, environment.secrets);
    return checkUrl(settings.url, environment);
  },
  // Only a preview with the sample id: `deliver` fills in the templates, which may use the notice's id.
  render: (event, settings) => writeJson(fill(settings, event, SAMPLE_ID)),
  deliver: overHttp({
    url: ({ url }) => url,
    path: ({ id, event }, settings) => fill(settings, event, id).path,
    fill: ({ id, event }, settings, { secrets }) =>
      encode({ ...settings, ...fill(settings, event, id) }, secrets),
    read,
  }),
};

/** Fills in the templates of every part. */
function fill({ path, headers, json, form, text }: TemplateSettings, event: WebhookEvent, id: string): Parts {
  return {
    ...fillTemplates({ path }, { event, id, encode: "url" }),
    ...fillTemplates({ headers, json, form, text }, { event, id }),
  };
}

/** Makes method, headers and body from filled parts and resolves their secrets. Throws `ConfigFault`. */
function encode({ method = "POST", headers = {}, json, form, text }: TemplateSettings, secrets: Secrets) {
  const reveal = (value: unknown): unknown => {
    if (typeof value === "string") return secrets.reveal(value);
    if (Array.isArray(value)) return value.map(reveal);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)]));
  };
  const own = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    revealHeader(secrets, name, headerText(name, value)),
  ]);
  const [type, body] = json !== undefined ? ["application/json", writeJson(reveal(json))] : form
    ? [
      "application/x-www-form-urlencoded",
      new URLSearchParams(reveal(form) as Record<string, string>).toString(),
    ]
    : ["text/plain;charset=UTF-8", text === undefined ? undefined : secrets.reveal(text)];
  const headersOf = { "content-type": type, ...Object.fromEntries(own) };
  return { method, headers: headersOf, body: method === "GET" ? undefined : body };
}

/** A header value is one line of Latin-1; other characters become "?". */
function headerText(name: string, value: unknown): string {
  if (typeof value !== "string") throw new ConfigFault(`header ${name} is not a text`);
  return value.replace(/\p{Cc}+/gu, " ").replace(/[^\u0020-\u00ff]/gu, "?").trim();
}

function bodyFindings(settings: Record<string, unknown>): Finding[] {
  const [first, second] = BODIES.filter((body) => settings[body] !== undefined);
  if (second) {
    const found = `${first} and ${second}`;
    return [{
      path: [second],
      at: "key",
      message: "a second body",
      expected: "one of json, form, text",
      found,
    }];
  }
  if (!first || settings.method !== "GET") return [];
  const expected = "POST, PUT, PATCH or DELETE";
  return [{ path: [first], at: "key", message: "a GET request has no body", expected, found: "GET" }];
}

/** Findings in templates, from filling them with a sample of each event. */
function templateFindings(settings: Record<string, unknown>): Finding[] {
  for (const change of SAMPLE_CHANGES) {
    try {
      fill(settings as unknown as TemplateSettings, sampleEvent(change), SAMPLE_ID);
    } catch (error) {
      if (!(error instanceof SinkTemplateError)) throw error;
      return [error.finding];
    }
  }
  return [];
}

/** Rate limits of common APIs: GitHub uses 403 and `x-ratelimit-*` headers, Matrix a wait in the body. */
function read({ status, headers, json, receivedAt }: SinkReply): Partial<SinkAnswer> | undefined {
  const isSpent = headers.get("x-ratelimit-remaining") === "0";
  const isLimit = status === 429 || status === 403 && (isSpent || headers.has("retry-after"));
  if (!isLimit) return undefined;
  const wait = typeof json.retry_after_ms === "number" ? json.retry_after_ms : secondsOf(json.retry_after);
  const reset = isSpent ? Number(headers.get("x-ratelimit-reset")) * SECOND_MS - receivedAt : NaN;
  const retryAfterMs = headers.has("retry-after") ? undefined : wait ?? (reset > 0 ? reset : undefined);
  return { kind: "deferred", ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
