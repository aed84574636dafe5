/** Who is signed in on a page: a signed cookie that names a token, and holds none. */
import type { Context } from "hono";
import { deleteCookie, setSignedCookie } from "hono/cookie";
import { parseSigned } from "hono/utils/cookie";
import type { Config } from "../../../config/config.ts";
import type { Ports } from "../../../base/ports.ts";
import type { SigningKey } from "./signing_key.ts";
import { HOUR_MS } from "../../../base/time.ts";

const NAME = "assay_session";
const LASTS_MS = 12 * HOUR_MS;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Sessions of one config: `<key of the token>.<expiry, epoch ms>.<HMAC-SHA-256>`. They die with the secret of `api.token`, and with the
 * signing key of the store.
 */
export interface Sessions {
  /** Sets the cookie for the holder of this key. */
  begin(c: Context, key: string, expiresAt?: number): Promise<void>;
  end(c: Context): void;
  /** Ends all of them: here at once, in other processes over the same store within 30 seconds. */
  endAll(): Promise<void>;
  /** The key in the request's cookie: signed by us, not expired, and sent by our own page if it is to change something. */
  key(c: Context): Promise<string | undefined>;
  /** The same for a Cookie header of which nobody has to know who sent it, because it only reads. */
  keyIn(cookie?: string): Promise<string | undefined>;
}

/** Sessions; undefined without `api.token`. */
export function sessions(
  config: Config,
  { clock, secrets }: Pick<Ports, "clock" | "secrets">,
  signing: SigningKey,
): Sessions | undefined {
  const { token, proxies } = config.api;
  if (!token) return undefined;
  // The random key, so that nobody can try tokens on a cookie; the token, so that another one ends what it opened.
  const secretOf = (key: string) => `assay session ${key} ${secrets.reveal(token)}`;
  /** What the cookie says; false: this key did not sign it; undefined: there is none. */
  const read = async (cookie: string, key: string | undefined) =>
    key === undefined ? false : (await parseSigned(cookie, secretOf(key), NAME))[NAME];
  const keyIn: Sessions["keyIn"] = async (cookie) => {
    if (!cookie?.includes(NAME)) return undefined;
    const known = await read(cookie, await signing.recent());
    // Another process may have made the key that signed it a moment ago.
    const text = known === false ? await read(cookie, await signing.newest()) : known;
    const [, key, until] = /^(.+)\.(\d+)$/.exec(text || "") ?? [];
    return key !== undefined && clock.now() < Number(until) ? key : undefined;
  };
  const isSecure = (c: Context) =>
    c.req.url.startsWith("https:") ||
    (proxies > 0 && c.req.header("x-forwarded-proto")?.split(",").at(-1)?.trim() === "https");
  const cookieOptions = (c: Context) =>
    ({ path: "/", httpOnly: true, sameSite: "Strict", secure: isSecure(c) }) as const;
  return {
    async begin(c, key, expiresAt = Infinity) {
      const until = Math.min(clock.now() + LASTS_MS, expiresAt);
      const maxAge = Math.max(0, Math.floor((until - clock.now()) / 1_000));
      await setSignedCookie(c, NAME, `${key}.${until}`, secretOf(await signing.ensure()), {
        ...cookieOptions(c),
        maxAge,
      });
    },
    end: (c) => void deleteCookie(c, NAME, cookieOptions(c)),
    endAll: () => signing.replace(),
    async key(c) {
      if (!SAFE_METHODS.has(c.req.method) && !isSameOrigin(c, config.publicUrl)) return undefined;
      return await keyIn(c.req.header("cookie"));
    },
    keyIn,
  };
}

/**
 * Whether a page of ours sent this request: by Sec-Fetch-Site (Fetch Metadata), else by Origin (RFC 6454), which browsers send with all
 * that may change something. A request that says neither is not ours.
 */
export function isSameOrigin(c: Context, publicUrl?: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (!origin || !URL.canParse(origin)) return false;
  const hosts = [c.req.url, publicUrl].flatMap((url) => url ? new URL(url).host : []);
  return hosts.includes(new URL(origin).host);
}
