import { messageOf } from "../../base/error_message.ts";
import { exchange, type HttpRequest, USER_AGENT } from "../../base/http/client.ts";
import { refusal } from "../../base/http/guard.ts";
import type { Ports } from "../../base/ports.ts";
import { mask } from "../../base/secrets.ts";
import { SECOND_MS } from "../../base/time.ts";
import type { Sink, SinkAnswer, SinkEnvironment, SinkMessage, SinkPorts } from "./sink.ts";

const CAP_BYTES = 64 * 1024;
const HEADERS = { "content-type": "application/json", "user-agent": USER_AGENT };
const BAD_URL = "its URL is not valid";

/** Of 4xx, what says "not now". Any other says "never": the same request would be answered the same. */
const NOT_NOW = new Set([408, 409, 425, 429]);

/** A delivery that is one HTTP request: where to, and what is in it. */
export interface SinkRequest<Settings> {
  /** May hold `${env:NAME}`. */
  url(settings: Settings, message: SinkMessage): string;
  /** Default method POST; default headers say JSON. */
  fill(
    message: SinkMessage,
    settings: Settings,
    ports: SinkPorts,
  ): Partial<Omit<HttpRequest, "url">> | Promise<Partial<Omit<HttpRequest, "url">>>;
}

/** The `deliver` of a sink that sends one HTTP request: no redirect is followed, and the status says what came of it. */
export function overHttp<Settings>({ url: urlOf, fill }: SinkRequest<Settings>): Sink<Settings>["deliver"] {
  return async (message, settings, ports) => {
    let receiver: string | undefined;
    const fail = (detail: string): SinkAnswer => ({ kind: "unanswered", receiver, detail });
    try {
      const url = URL.parse(ports.secrets.reveal(urlOf(settings, message)));
      if (!url) return fail(BAD_URL);
      receiver = ports.secrets.redact(url.origin);
      const { method = "POST", headers, body } = await fill(message, settings, ports);
      const request = { url, method, headers: { ...HEADERS, ...headers }, body };
      const got = await exchange(ports, request, { deadlineMs: ports.deadlineMs, capBytes: CAP_BYTES });
      if (got.kind === "failure") return fail(`${got.reason}: ${redactUrl(got.detail, url, ports)}`);
      const { status, headers: sent } = got;
      const retryAfterMs = parseRetryAfter(sent.get("retry-after"), ports.clock.now());
      return { kind: kindOf(status), status, receiver, detail: `answered ${status}`, retryAfterMs };
    } catch (error) {
      return fail(ports.secrets.redact(messageOf(error)));
    }
  };
}

/** What would keep every request to a URL from going out. Throws for a reference that is not set. */
export function checkUrl(url: string, { secrets, allowPrivate }: SinkEnvironment): string | undefined {
  const parsed = URL.parse(secrets.reveal(url));
  return parsed ? refusal(parsed, allowPrivate) ?? undefined : BAD_URL;
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

/** A receiver's path and query are often its secret, where they are cut to length as well; whole URLs are cut to their origin by `messageOf`. */
function redactUrl(detail: string, url: URL, { secrets }: Pick<Ports, "secrets">): string {
  const { pathname, search, hash, username, password } = url;
  // The longer first, so that a part of another leaves nothing of it.
  const parts = [pathname + search + hash, pathname + search, pathname, search, hash, username, password];
  return secrets.redact(parts.filter((part) => part.length > 1).reduce(mask, detail));
}
