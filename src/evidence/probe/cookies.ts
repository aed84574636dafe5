import ipaddr from "ipaddr.js";
import type { AnswerHeaders, Clock } from "../../base/ports.ts";
import type { SetCookie } from "../../base/std.d.ts";
// @ts-types="../../base/std.d.ts"
import { getSetCookies } from "@std/http/cookie";

/** The minimum of RFC 6265 section 6.1, used as the limit. */
const MAX_COOKIES = 50;
const MAX_COOKIE_CHARS = 4096;

interface Cookie {
  name: string;
  value: string;
  /** Host name, or the parent domain the cookie was set for. */
  domain: string;
  hostOnly: boolean;
  /** "" for the default port, so that http and https share a cookie as in RFC 6265. */
  port: string;
  path: string;
  secure: boolean;
  /** Epoch ms. */
  expiresMs: number;
}

/**
 * The cookies of one run (RFC 6265), stricter in two points: a cookie is never sent to another port, and one
 * received over https is never sent over http, because these are other origins.
 */
export class CookieJar {
  #cookies: Cookie[] = [];
  readonly #clock: Pick<Clock, "now">;

  constructor(clock: Pick<Clock, "now">) {
    this.#clock = clock;
  }

  /** Stores the `Set-Cookie` headers of an answer from `url`. */
  store(url: URL, headers: AnswerHeaders): void {
    if (!headers.has("set-cookie")) return;
    const nowMs = this.#clock.now();
    for (const line of getSetCookies(withoutNegativeAges(headers))) {
      const cookie = accept(line, url, nowMs);
      if (!cookie) continue;
      this.#cookies = this.#cookies.filter((other) => !isSame(other, cookie));
      if (cookie.expiresMs > nowMs && this.#cookies.length < MAX_COOKIES) this.#cookies.push(cookie);
    }
    this.#cookies.sort((a, b) => b.path.length - a.path.length);
  }

  /** All cookie values, each of which is a credential. */
  values(): string[] {
    return this.#cookies.map(({ value }) => value);
  }

  /**
   * The `Cookie` header for `url`, longest paths first; undefined if empty. Non-ASCII text is UTF-8, one
   * character per byte.
   */
  header(url: URL): string | undefined {
    const sent = this.#sent(url);
    return sent.length ? bytesOf(sent.map(({ name, value }) => `${name}=${value}`).join("; ")) : undefined;
  }

  /** The cookies for `url` by name; the longest path wins. */
  byName(url: URL): Record<string, string> {
    const pairs = this.#sent(url).map(({ name, value }): [string, string] => [name, value]);
    return Object.fromEntries(pairs.toReversed());
  }

  #sent(url: URL): Cookie[] {
    if (this.#cookies.length === 0) return [];
    const nowMs = this.#clock.now();
    return this.#cookies.filter((cookie) => cookie.expiresMs > nowMs && belongs(cookie, url));
  }
}

/** Replaces negative ages by 0: deno-std drops such cookies, but RFC 6265 section 5.2.2 expires them. */
function withoutNegativeAges(headers: AnswerHeaders): Pick<Headers, "getSetCookie"> {
  const lines = headers.getSetCookie().map((line) => line.replace(/(;\s*max-age\s*=\s*)-\d+/gi, "$10"));
  return { getSetCookie: () => lines };
}

const utf8 = new TextEncoder();

/**
 * Encodes non-ASCII text as UTF-8 bytes, as browsers send cookies: a header accepts only Latin-1 characters.
 */
const bytesOf = (text: string): string =>
  text.replace(/[^\0-\x7f]+/g, (past) => String.fromCharCode(...utf8.encode(past)));

function accept(line: SetCookie, url: URL, nowMs: number): Cookie | null {
  const { name, value } = line;
  if (!name || name.length + value.length > MAX_COOKIE_CHARS) return null;
  if (line.secure && url.protocol !== "https:") return null;
  const host = url.hostname;
  const domain = line.domain?.replace(/^\./, "").toLowerCase() || host;
  if (domain !== host && !isParent(domain, host)) return null;
  const hostOnly = !line.domain || domain === host && isAddress(host);
  const path = line.path?.startsWith("/") ? line.path : defaultPath(url.pathname);
  const expiresMs = expiry(line, nowMs);
  return {
    name,
    value,
    domain,
    hostOnly,
    port: url.port,
    path,
    secure: url.protocol === "https:",
    expiresMs,
  };
}

/** `Max-Age` takes precedence over `Expires`. Without a readable one the cookie lasts for the run. */
function expiry({ maxAge, expires }: SetCookie, nowMs: number): number {
  if (maxAge !== undefined && !Number.isNaN(maxAge)) return maxAge <= 0 ? -Infinity : nowMs + maxAge * 1000;
  const at = expires?.getTime() ?? NaN;
  return Number.isNaN(at) ? Infinity : at;
}

/** Whether `domain` is a parent of `host` with a dot in it, so that no cookie is set for `com`. */
function isParent(domain: string, host: string): boolean {
  return host.endsWith(`.${domain}`) && domain.includes(".") && !isAddress(host);
}

function isAddress(host: string): boolean {
  return host.startsWith("[") || ipaddr.IPv4.isValid(host);
}

/** RFC 6265 section 5.1.4. */
function defaultPath(pathname: string): string {
  return pathname.slice(0, pathname.lastIndexOf("/")) || "/";
}

function isSame(a: Cookie, b: Cookie): boolean {
  return a.name === b.name && a.domain === b.domain && a.port === b.port && a.path === b.path;
}

function belongs({ domain, hostOnly, port, path, secure }: Cookie, url: URL): boolean {
  if (port !== url.port || (secure && url.protocol !== "https:")) return false;
  if (url.hostname !== domain && (hostOnly || !isParent(domain, url.hostname))) return false;
  const { pathname } = url;
  return pathname === path ||
    (pathname.startsWith(path) && (path.endsWith("/") || pathname[path.length] === "/"));
}
