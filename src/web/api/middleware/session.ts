/** Page sessions: a signed cookie that names a token but does not contain it. */
import type { Context } from "hono";
import type { Config } from "../../../config/config.ts";
import type { Ports } from "../../../base/ports.ts";
import { proxiesOf } from "./client_address.ts";
import type { SigningKey } from "../../../storage/records/signing_key.ts";
import { hmacSha256 } from "../../../base/hmac.ts";
import { HOUR_MS, SECOND_MS } from "../../../base/time.ts";
import { fromHex, timingSafeEqual } from "./credentials.ts";
// @ts-types="../../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";

const NAME = "assay_session";
const COOKIE = /(?:^|;)\s*assay_session=([^;]*)/;
const SIGNED = /^(.+)\.([0-9a-f]{64})$/;
const LIFETIME_MS = 12 * HOUR_MS;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Sessions of one config. The cookie is `<token's key>.<expiry, epoch ms>.<HMAC-SHA-256>`. Sessions end when
 * the secret of `api.token` or the store's signing key changes.
 */
export interface Sessions {
  /** Sets the cookie for the token with this key. */
  begin(c: Context, key: string, expiresAt?: number): Promise<void>;
  end(c: Context): void;
  /** Ends all sessions: in this process at once, in others with the same store within 30 seconds. */
  endAll(): Promise<void>;
  /**
   * The token's key in the request's cookie, if the signature is valid and unexpired and, for a write, our
   * own page sent the request.
   */
  key(c: Context): Promise<string | undefined>;
  /** The same for a Cookie header alone, for requests that only read. */
  keyIn(cookie?: string): Promise<string | undefined>;
}

/** Creates the sessions; undefined without `api.token`. */
export function sessions(
  config: Config,
  { clock, secrets }: Pick<Ports, "clock" | "secrets">,
  signing: SigningKey,
): Sessions | undefined {
  const { token } = config.api;
  if (!token) return undefined;
  // The random key prevents guessing the token offline against a cookie. The token is part of the secret so
  // that changing it ends all sessions.
  const secretOf = (key: string) => `assay session ${key} ${secrets.reveal(token)}`;
  /** The cookie's text; undefined: this key did not sign it. */
  const read = async (cookie: string, key: string | undefined) => {
    const [, text, signature] = SIGNED.exec(cookie) ?? [];
    if (key === undefined || text === undefined) return undefined;
    const mac = await hmacSha256(secretOf(key), text);
    return timingSafeEqual(new Uint32Array(mac.buffer), fromHex(signature!)) ? text : undefined;
  };
  const keyIn: Sessions["keyIn"] = async (header) => {
    const [, cookie] = COOKIE.exec(header ?? "") ?? [];
    if (!cookie) return undefined;
    // Another process may have created the signing key a moment ago.
    const text = await read(cookie, await signing.recent()) ?? await read(cookie, await signing.newest());
    const [, key, until] = /^(.+)\.(\d+)$/.exec(text ?? "") ?? [];
    return key !== undefined && clock.now() < Number(until) ? key : undefined;
  };
  const isSecure = (c: Context) =>
    c.req.url.startsWith("https:") ||
    (proxiesOf(c, config.api) > 0 &&
      c.req.header("x-forwarded-proto")?.split(",").at(-1)?.trim() === "https");
  const setCookie = (c: Context, value: string, maxAgeSec: number) => {
    const flags = `Path=/; HttpOnly; ${isSecure(c) ? "Secure; " : ""}SameSite=Strict`;
    c.header("set-cookie", `${NAME}=${value}; Max-Age=${maxAgeSec}; ${flags}`, { append: true });
  };
  return {
    async begin(c, key, expiresAt = Infinity) {
      const until = Math.min(clock.now() + LIFETIME_MS, expiresAt);
      const text = `${key}.${until}`;
      const signature = encodeHex(await hmacSha256(secretOf(await signing.ensure()), text));
      setCookie(c, `${text}.${signature}`, Math.max(0, Math.floor((until - clock.now()) / SECOND_MS)));
    },
    end: (c) => setCookie(c, "", 0),
    endAll: () => signing.replace(),
    async key(c) {
      if (!SAFE_METHODS.has(c.req.method) && !isSameOriginRequest(c, config.publicUrl)) return undefined;
      return await keyIn(c.req.header("cookie"));
    },
    keyIn,
  };
}

/**
 * Whether our own page sent this request: by Sec-Fetch-Site (Fetch Metadata), else by Origin (RFC 6454),
 * which browsers send with every write. A request without either is not ours.
 */
export function isSameOriginRequest(c: Context, publicUrl?: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (!origin || !URL.canParse(origin)) return false;
  const hosts = [c.req.url, publicUrl].flatMap((url) => url ? new URL(url).host : []);
  return hosts.includes(new URL(origin).host);
}
