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
/** What templates see in place of the notice's id until there is one: ids are of these characters. */
const SAMPLE_ID = "inc_sample_1_opened";

/** A request to whatever takes one. Texts may hold `{{ expr }}` and, but for what templates insert, `${env:NAME}`. */
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

/** Any method, headers and body, by templates of the event. */
export const template: Sink<TemplateSettings> = {
  kind: "template",
  // As its templates were written for one event.
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
  // Filled in at delivery, for the notice's id may stand in it; here without it.
  render: (event, settings) => writeJson(fill(settings, event, SAMPLE_ID)),
  deliver: overHttp({
    url: ({ url }) => url,
    path: ({ id, event }, settings) => fill(settings, event, id).path,
    fill: ({ id, event }, settings, { secrets }) =>
      encode({ ...settings, ...fill(settings, event, id) }, secrets),
    read,
  }),
};

/** Every part with its templates filled in. */
function fill({ path, headers, json, form, text }: TemplateSettings, event: WebhookEvent, id: string): Parts {
  return {
    ...fillTemplates({ path }, { event, id, encode: "url" }),
    ...fillTemplates({ headers, json, form, text }, { event, id }),
  };
}

/** What of a request follows from filled parts, with their secrets. Throws `ConfigFault`. */
function encode({ method = "POST", headers = {}, json, form, text }: TemplateSettings, secrets: Secrets) {
  const reveal = (value: unknown): unknown => {
    if (typeof value === "string") return secrets.reveal(value);
    if (Array.isArray(value)) return value.map(reveal);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, reveal(item)]));
  };
  const sent = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    revealHeader(secrets, name, headerText(name, value)),
  ]);
  const [type, body] = json !== undefined ? ["application/json", writeJson(reveal(json))] : form
    ? [
      "application/x-www-form-urlencoded",
      new URLSearchParams(reveal(form) as Record<string, string>).toString(),
    ]
    : ["text/plain;charset=UTF-8", text === undefined ? undefined : secrets.reveal(text)];
  const headersOf = { "content-type": type, ...Object.fromEntries(sent) };
  return { method, headers: headersOf, body: method === "GET" ? undefined : body };
}

/** A header is one line of Latin-1: of what an event says the rest becomes "?". */
function headerText(name: string, value: unknown): string {
  if (typeof value !== "string") throw new ConfigFault(`header ${name} is no text`);
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

/** What is wrong with templates, as far as samples of all events tell. */
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

/** GitHub says "not now" by 403, its limits by `x-ratelimit-*`; Matrix says how long in its body. */
function read({ status, headers, json, receivedAt }: SinkReply): Partial<SinkAnswer> | undefined {
  const isSpent = headers.get("x-ratelimit-remaining") === "0";
  const isLimit = status === 429 || status === 403 && (isSpent || headers.has("retry-after"));
  if (!isLimit) return undefined;
  const wait = typeof json.retry_after_ms === "number" ? json.retry_after_ms : secondsOf(json.retry_after);
  const reset = isSpent ? Number(headers.get("x-ratelimit-reset")) * SECOND_MS - receivedAt : NaN;
  const retryAfterMs = headers.has("retry-after") ? undefined : wait ?? (reset > 0 ? reset : undefined);
  return { kind: "deferred", ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
