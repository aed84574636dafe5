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
/** What a receiver says of a notice that it does not take, as far as it is kept. */
const WORDS_CHARS = 300;

/** Of 4xx, what says "not now". Any other says "never": the same request would be answered the same. */
const NOT_NOW = new Set([408, 409, 425, 429]);

/** What a receiver answered; `body` is its beginning, `json` what it says if that is a JSON object. */
export interface SinkReply {
  status: number;
  headers: AnswerHeaders;
  body: string;
  json: Record<string, unknown>;
  /** Epoch ms. */
  receivedAt: number;
}

/** A delivery that is one HTTP request: where to, and what is in it. */
export interface SinkRequest<Settings, Message = SinkMessage> {
  /** May hold `${env:NAME}`. */
  url(settings: Settings, message: Message): string;
  /** In place of the URL's own path and query, below it. May hold `${env:NAME}`. */
  path?(message: Message, settings: Settings): string | undefined;
  /** Put into the URL's query, over what stands there. */
  query?(message: Message): Record<string, string>;
  /** Default method POST; default headers say JSON. */
  fill(
    message: Message,
    settings: Settings,
    ports: SinkPorts,
  ): Partial<Omit<HttpRequest, "url">> | Promise<Partial<Omit<HttpRequest, "url">>>;
  /** What an answer says otherwise than its status and its `retry-after` do. */
  read?(reply: SinkReply): Partial<Pick<SinkAnswer, "kind" | "retryAfterMs">> | undefined;
  /** The settings to send it once more with, at once: the receiver says that it has moved. */
  redirect?(reply: SinkReply, settings: Settings): Settings | undefined;
}

/** The `deliver` of a sink that sends one HTTP request: no redirect is followed, and the status says what came of it. */
export function overHttp<Settings, Message = SinkMessage>(
  request: SinkRequest<Settings, Message>,
): (message: Message, settings: Settings, ports: SinkPorts) => Promise<SinkAnswer> {
  return async (message, settings, ports) => {
    const began = ports.clock.elapsed();
    const first = await sendOnce(request, { message, settings, ports });
    const moved = first.reply && request.redirect?.(first.reply, settings);
    if (!moved) return first.answer;
    const left = { ...ports, deadlineMs: ports.deadlineMs - (ports.clock.elapsed() - began) };
    return (await sendOnce(request, { message, settings: moved, ports: left })).answer;
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
    // A URL that is a secret as a whole may show where it leads.
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

/** The URL of a request, its path if it has one of its own put below it. */
export function locate(
  url: string,
  path: string | undefined,
  { secrets }: Pick<Ports, "secrets">,
): URL | null {
  const base = secrets.reveal(url);
  return path === undefined ? URL.parse(base) : resolveUrl(base, secrets.reveal(path));
}

/** What would keep every request to a URL from going out. Throws for a reference that is not set. */
export function checkUrl(url: string, { secrets, allowPrivate }: SinkEnvironment): string | undefined {
  const parsed = URL.parse(secrets.reveal(url));
  return parsed ? refusal(parsed, allowPrivate) ?? undefined : BAD_URL;
}

/** A secret by reference. Throws `ConfigFault` if it is not set, or empty. */
export function revealToken({ secrets }: Pick<SinkEnvironment, "secrets">, reference: string): string {
  const token = secrets.reveal(reference);
  if (token.trim() === "") throw new ConfigFault(`${reference} is empty`);
  return token;
}

function kindOf(status: number): SinkAnswer["kind"] {
  if (status === 410) return "gone";
  if (NOT_NOW.has(status)) return "deferred";
  const hundred = Math.floor(status / 100);
  return hundred === 2 ? "delivered" : hundred === 4 ? "rejected" : "deferred";
}

/** RFC 9110 section 10.2.3: seconds or a date; in ms from now, 0 if there is none. */
function parseRetryAfter(retryAfter: string | null, nowMs: number): number {
  const text = retryAfter?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - nowMs;
  return Number.isNaN(wait) ? 0 : Math.max(0, wait);
}

/** A wait in seconds, as JSON says it: ms, undefined if it is none. */
export const secondsOf = (value: unknown): number | undefined =>
  typeof value === "number" && value >= 0 && Number.isFinite(value)
    ? Math.ceil(value * SECOND_MS)
    : undefined;

/** Shorter ones are found in any text, and are no secrets. */
const SHORTEST = 4;

/** What stands between the slashes of a path, and the values of a query, the longest first. */
const partsOf = ({ pathname, searchParams }: URL): string[] =>
  [...pathname.split("/"), ...searchParams.values()].filter(({ length }) => length >= SHORTEST)
    .toSorted((a, b) => b.length - a.length);

/** A receiver's path and query are often its secret, where they are cut to length as well; whole URLs are cut to their origin by `messageOf`. */
function redactUrl(detail: string, url: URL, { secrets }: Pick<SinkPorts, "secrets">): string {
  const { pathname, search, hash, username, password } = url;
  // The longer first, so that a part of another leaves nothing of it.
  const parts = [pathname + search + hash, pathname + search, pathname, search, hash, username, password];
  return secrets.redact(parts.filter((part) => part.length > 1).reduce(mask, secrets.redact(detail)));
}
