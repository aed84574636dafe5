import { messageOf } from "../../base/error_message.ts";
import { exchange, type HttpRequest, resolveUrl, USER_AGENT } from "../../base/http/client.ts";
import { refusal } from "../../base/http/guard.ts";
import { parseObject } from "../../base/json.ts";
import { type AnswerHeaders, ConfigFault, type Ports } from "../../base/ports.ts";
import { hasReference, mask } from "../../base/secrets.ts";
import { oneLine } from "../../base/text.ts";
import { SECOND_MS } from "../../base/time.ts";
import type { SinkAnswer, SinkEnvironment, SinkMessage, SinkPorts } from "./sink.ts";

const CAP_BYTES = 64 * 1024;
const HEADERS = { "content-type": "application/json", "user-agent": USER_AGENT };
const BAD_URL = "its URL is not valid";
/** How much of a response body the failure detail quotes. */
const WORDS_CHARS = 300;

/** 4xx statuses worth a retry. After any other the same request would fail again. */
const RETRYABLE = new Set([408, 409, 425, 429]);

/** A receiver's response. `body` is cut at 64 kB; `json` is empty unless the body is a JSON object. */
export interface SinkReply {
  status: number;
  headers: AnswerHeaders;
  body: string;
  json: Record<string, unknown>;
  /** Epoch ms. */
  receivedAt: number;
}

/** Describes a delivery that is one HTTP request. */
export interface SinkRequest<Settings, Message = SinkMessage> {
  /** May hold `${env:NAME}`. */
  url(settings: Settings, message: Message): string;
  /** Resolved below the URL, and replaces its query. May hold `${env:NAME}`. */
  path?(message: Message, settings: Settings): string | undefined;
  /** Query parameters to set on the URL. */
  query?(message: Message): Record<string, string>;
  /** Method (default POST), headers (default JSON) and body. */
  fill(
    message: Message,
    settings: Settings,
    ports: SinkPorts,
  ): Partial<Omit<HttpRequest, "url">> | Promise<Partial<Omit<HttpRequest, "url">>>;
  /** Overrides what the status and `retry-after` say. */
  read?(reply: SinkReply): Partial<Pick<SinkAnswer, "kind" | "retryAfterMs">> | undefined;
  /** Settings for one immediate second request, if the receiver says that it has moved. */
  redirect?(reply: SinkReply, settings: Settings): Settings | undefined;
}

/**
 * Makes the `deliver` of a sink that sends one HTTP request. Never follows redirects; the status gives the
 * answer.
 */
export function overHttp<Settings, Message = SinkMessage>(
  request: SinkRequest<Settings, Message>,
): (message: Message, settings: Settings, ports: SinkPorts) => Promise<SinkAnswer> {
  return async (message, settings, ports) => {
    const began = ports.clock.elapsed();
    const first = await sendOnce(request, { message, settings, ports });
    const moved = first.reply && request.redirect?.(first.reply, settings);
    if (!moved) return first.answer;
    const remaining = { ...ports, deadlineMs: ports.deadlineMs - (ports.clock.elapsed() - began) };
    return (await sendOnce(request, { message, settings: moved, ports: remaining })).answer;
  };
}

interface Sending<Settings, Message> {
  message: Message;
  settings: Settings;
  ports: SinkPorts;
}

async function sendOnce<Settings, Message>(
  { url: urlOf, path: pathOf, query, fill, read }: SinkRequest<Settings, Message>,
  { message, settings, ports }: Sending<Settings, Message>,
): Promise<{ answer: SinkAnswer; reply?: SinkReply }> {
  let receiver: string | undefined;
  const fail = (detail: string) => ({ answer: { kind: "unanswered" as const, receiver, detail } });
  try {
    const [address, path] = [urlOf(settings, message), pathOf?.(message, settings)];
    const url = locate(address, path, ports);
    if (!url) return fail(BAD_URL);
    for (const [name, value] of Object.entries(query?.(message) ?? {})) url.searchParams.set(name, value);
    // If the whole URL is a secret, its origin may still be shown.
    receiver = address.startsWith("${") ? url.origin : ports.secrets.redact(url.origin);
    const { method = "POST", headers, body } = await fill(message, settings, ports);
    const outgoing = { url, method, headers: { ...HEADERS, ...headers }, body };
    const got = await exchange(ports, outgoing, { deadlineMs: ports.deadlineMs, capBytes: CAP_BYTES });
    if (got.kind === "failure") return fail(`${got.reason}: ${redactUrl(got.detail, url, ports)}`);
    const text = new TextDecoder().decode(got.bytes);
    const { status, headers: answered } = got;
    const receivedAt = ports.clock.now();
    const reply = { status, headers: answered, body: text, json: parseObject(text), receivedAt };
    const retryAfterMs = parseRetryAfter(answered.get("retry-after"), receivedAt);
    const secret = hasReference(`${address}${path}`) ? partsOf(url) : [];
    const words = oneLine(secret.reduce(mask, redactUrl(text, url, ports)), WORDS_CHARS).trim();
    const detail = `answered ${status}${words && `: ${words}`}`;
    const plain = { kind: kindOf(status), status, receiver, detail, retryAfterMs };
    return { answer: { ...plain, ...read?.(reply) }, reply };
  } catch (error) {
    return fail(ports.secrets.redact(messageOf(error)));
  }
}

/** The URL of a request, with `path` resolved below it if given; null if it is not valid. */
export function locate(
  url: string,
  path: string | undefined,
  { secrets }: Pick<Ports, "secrets">,
): URL | null {
  const base = secrets.reveal(url);
  return path === undefined ? URL.parse(base) : resolveUrl(base, secrets.reveal(path));
}

/** Why every request to a URL would fail, if so. Throws if a reference is not set. */
export function checkUrl(url: string, { secrets, allowPrivate }: SinkEnvironment): string | undefined {
  const parsed = URL.parse(secrets.reveal(url));
  return parsed ? refusal(parsed, allowPrivate) ?? undefined : BAD_URL;
}

/** Resolves a secret. Throws `ConfigFault` if it is not set or empty. */
export function revealToken({ secrets }: Pick<SinkEnvironment, "secrets">, reference: string): string {
  const token = secrets.reveal(reference);
  if (token.trim() === "") throw new ConfigFault(`${reference} is empty`);
  return token;
}

function kindOf(status: number): SinkAnswer["kind"] {
  if (status === 410) return "gone";
  if (RETRYABLE.has(status)) return "deferred";
  const hundred = Math.floor(status / 100);
  return hundred === 2 ? "delivered" : hundred === 4 ? "rejected" : "deferred";
}

/** RFC 9110 section 10.2.3: seconds or a date. Returns ms from now, 0 if absent or invalid. */
function parseRetryAfter(retryAfter: string | null, nowMs: number): number {
  const text = retryAfter?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

/** Converts a JSON number of seconds to ms; undefined for any other value. */
export const secondsOf = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && Number.isFinite(value)
    ? Math.ceil(value * SECOND_MS)
    : undefined;

/** Shorter parts occur in any text and are not secrets. */
const SHORTEST = 4;

/** Path segments and query values of a URL, longest first. */
const partsOf = ({ pathname, searchParams }: URL): string[] =>
  [...pathname.split("/"), ...searchParams.values()].filter(({ length }) => length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);

/** Masks the parts of a receiver's URL in a text: its path and query are often the secret. */
function redactUrl(detail: string, url: URL, { secrets }: Pick<SinkPorts, "secrets">): string {
  const { pathname, search, hash, username, password } = url;
  // Longest first: masking a part first would leave the rest of the whole visible.
  const parts = [pathname + search + hash, pathname + search, pathname, search, hash, username, password];
  return secrets.redact(parts.filter((part) => part.length > 1).reduce(mask, secrets.redact(detail)));
}
