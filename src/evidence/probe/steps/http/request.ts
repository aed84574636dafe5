import type { JsonTemplate, Part, StepRequest } from "./step.ts";
import {
  type HttpRequest,
  isSameOrigin,
  resolveFixedUrl,
  resolveUrl,
  USER_AGENT,
} from "../../../../base/http/client.ts";
import { Scope, type Template, writeJson } from "../../../../config/expression/mod.ts";
import type { AttemptContext } from "../../step_kind.ts";
import { HEADER_VALUE } from "../../../../base/http/header_value.ts";
import { ConfigFault } from "../../../../base/ports.ts";
// @ts-types="../../../../base/std.d.ts"
import { decodeBase64 } from "@std/encoding/base64";
import { fill, type Filling, insert, TemplateError } from "../../fill.ts";
import { revealHeader } from "../../../../base/secrets.ts";

/** What a request is rendered of. */
export type RenderContext = Pick<
  AttemptContext,
  | "ports"
  | "baseUrl"
  | "origins"
  | "index"
  | "captures"
  | "run"
  | "time"
  | "trace"
  | "traceContext"
  | "location"
>;

/** A request with all templates and secrets filled in, to be sent but never stored. */
export type RenderedRequest = { ok: true; request: HttpRequest } | {
  ok: false;
  reason: "template" | "refused";
  detail: string;
};

/** The context with the variables of templates, and the values of secrets. */
interface Rendering extends Filling {
  facts: RenderContext;
  /** The target's URL. */
  base: string;
}

/** The config does not allow a link to this origin. */
class OriginRefused extends Error {}

/**
 * Fills in `step`. Header names of the result are in lower case. Throws `ConfigFault`, and else only for our
 * own mistakes.
 */
export function render(step: StepRequest, facts: RenderContext): RenderedRequest {
  const { ports: { clock, secrets }, captures, run } = facts;
  const base = secrets.reveal(facts.baseUrl);
  const context = { facts, base, secrets, scope: new Scope({ captures, run, now: clock.now() }) };
  try {
    const body = bodyOf(step.body, context);
    const url = urlOf(step, context);
    const headers = headersOf(step, context, { url, type: body.type });
    return { ok: true, request: { url, method: step.method, headers, body: body.content } };
  } catch (error) {
    if (error instanceof TemplateError) return { ok: false, reason: "template", detail: error.message };
    if (error instanceof OriginRefused) return { ok: false, reason: "refused", detail: error.message };
    throw error;
  }
}

function urlOf(request: StepRequest, context: Rendering): URL {
  const { path, origins, query } = request;
  const asked = origins ? linkOf(path, origins, context) : pathUrlOf(request, context);
  if (query.length === 0) return asked;
  const { href, search } = asked;
  const pairs = query.map(([name, value]) => `${percent(name)}=${percent(fill(value, context))}`);
  const joint = href.endsWith("?") ? "" : search ? "&" : "?";
  return new URL(href + joint + pairs.join("&"));
}

/**
 * A URL as an answer gave it (RFC 3986 section 5.1): beside the last one, at the target or at one of
 * `origins`, without its fragment.
 */
function linkOf(link: Template, origins: readonly string[], context: Rendering): URL {
  const text = fill(link, context);
  const base = URL.parse(context.base);
  const last = context.facts.location.url;
  const url = /^\p{Cc}|^$/u.test(text) ? null : URL.parse(text, last ?? base ?? undefined);
  if (!url) throw new TemplateError(`${link.source} makes no URL`);
  url.hash = "";
  if (url.origin === base?.origin || origins.includes(url.origin)) return url;
  throw new OriginRefused(
    `${link.source} leads to ${url.origin}, which is not among the hosts of this target`,
  );
}

function pathUrlOf(request: StepRequest, context: Rendering): URL {
  const { path } = request;
  // Inserted values are encoded, so a forbidden character can only come from the config.
  const text = context.secrets.reveal(insert(path, context, "url"));
  if (!URL_PART.test(text)) throw new ConfigFault(`${path.source} holds what no URL can`);
  const { base } = context;
  const url = path.literal ? resolveFixedUrl(request, base, text) : resolveUrl(base, text);
  if (!url && path.literal) throw new ConfigFault(`Cannot make a URL of the path ${path.source}`);
  if (!url) throw new TemplateError("an inserted value makes no URL");
  return url;
}

/**
 * No fragments, which are never sent, and no line breaks, which a URL parser drops silently (URL standard).
 */
const URL_PART = /^[^\p{Cc}#]*$/u;

/** Methods without side effects, which need no idempotency key. */
const SAFE = new Set(["GET", "HEAD"]);

function headersOf(
  { headers, method }: StepRequest,
  context: Rendering,
  { url, type }: { url: URL; type?: string },
): Record<string, string> {
  // What names the run goes nowhere else.
  const { facts } = context;
  const isTargets = isSameOrigin(context.base, url) || facts.origins.includes(url.origin);
  const sent: Record<string, string> = Object.create(null);
  sent["user-agent"] = USER_AGENT;
  if (type) sent["content-type"] = type;
  if (isTargets && !SAFE.has(method)) sent["idempotency-key"] = keyOf(facts);
  if (isTargets && facts.traceContext) {
    // No step sends nearly as many requests.
    const number = facts.index * 100_000 + facts.trace.requests;
    sent.traceparent = facts.traceContext.traceparent(number);
  }
  for (const [name, template] of headers) {
    const value = insert(template, context, "none");
    if (!HEADER_VALUE.test(value)) {
      throw new TemplateError(`header ${name} would hold a line break or another forbidden character`);
    }
    sent[name.toLowerCase()] = revealHeader(context.secrets, name, value);
  }
  if (isTargets) sent["x-assay-run"] = facts.run.id;
  return sent;
}

/** The idempotency key; the same if the slot is walked again. */
const keyOf = ({ run, index, time }: RenderContext) => `${run.id}-${index}${time > 1 ? `.${time}` : ""}`;

interface RenderedBody {
  content?: HttpRequest["body"];
  type?: string;
}

function bodyOf(body: StepRequest["body"], context: Rendering): RenderedBody {
  switch (body.kind) {
    case "none":
      return {};
    case "json":
      return { content: writeJson(json(body.value, context)), type: "application/json" };
    case "file":
      return { content: decodeBase64(body.base64), type: "application/octet-stream" };
    case "multipart":
      return multipart(body.parts, context);
    case "form": {
      const pairs = body.fields.map(([name, value]) => [name, fill(value, context)]);
      return { content: new URLSearchParams(pairs).toString(), type: "application/x-www-form-urlencoded" };
    }
    case "raw":
      return { content: fill(body.text, context), type: "text/plain;charset=UTF-8" };
  }
}

/** Encodes a multipart body (RFC 7578), with a boundary that occurs in no part. */
function multipart(parts: readonly Part[], context: Rendering): RenderedBody {
  const filled = parts.map(({ name, value, filename, type }) => {
    const disposition = [`form-data; name="${quoted(name)}"`];
    if (filename !== undefined) disposition.push(`filename="${quoted(filename)}"`);
    const headers = [
      `content-disposition: ${disposition.join("; ")}`,
      ...type ? [`content-type: ${type}`] : [],
    ];
    const content = "base64" in value
      ? decodeBase64(value.base64)
      : new TextEncoder().encode(fill(value, context));
    return { headers: headers.join("\r\n"), content };
  });
  const texts = filled.map(({ content }) => new TextDecoder("latin1").decode(content));
  let boundary = "assay";
  while (texts.some((text) => text.includes(boundary))) boundary += "-";
  const encode = (text: string) => new TextEncoder().encode(text);
  const chunks = filled.flatMap(({ headers, content }) => [
    encode(`--${boundary}\r\n${headers}\r\n\r\n`),
    content,
    encode("\r\n"),
  ]);
  return {
    content: concat([...chunks, encode(`--${boundary}--\r\n`)]),
    type: `multipart/form-data; boundary="${boundary}"`,
  };
}

function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((size, { byteLength }) => size + byteLength, 0));
  chunks.reduce((at, chunk) => (whole.set(chunk, at), at + chunk.byteLength), 0);
  return whole;
}

/** HTML standard, "multipart/form-data encoding algorithm". */
const quoted = (name: string) => name.replace(/["\r\n]/g, encodeURIComponent);

function json(value: JsonTemplate, context: Rendering): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => json(item, context));
  if ("fields" in value) {
    return Object.fromEntries(value.fields.map(([name, item]) => [name, json(item, context)]));
  }
  if (!value.single) return fill(value, context);
  const typed = value.value(context.scope);
  if (!typed.ok) throw new TemplateError(typed.detail);
  return typed.value;
}

function percent(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
