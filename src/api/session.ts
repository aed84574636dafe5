/** Who is signed in on a page: a signed cookie that names a token, and holds none. */
import type { Context } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import type { Config } from "../config/config.ts";
import type { Ports } from "../ports.ts";

const NAME = "assay_session";
const LASTS_MS = 12 * 3_600_000;
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Sessions of one config: `<key of the token>.<expiry, epoch ms>.<HMAC-SHA-256>`. They die with the secret of `api.token`. */
export interface Sessions {
  /** Sets the cookie for the holder of this key. */
  begin(c: Context, key: string, expiresAt?: number): Promise<void>;
  end(c: Context): void;
  /** The key in the request's cookie: signed by us, not expired, and sent by our own page if it is to change something. */
  key(c: Context): Promise<string | undefined>;
}

/** Sessions, keyed from `api.token`; undefined without one. */
export function sessions(
  config: Config,
  { clock, vault }: Pick<Ports, "clock" | "vault">,
): Sessions | undefined {
  const { token, proxies } = config.api;
  if (!token) return undefined;
  const secret = () => `assay session ${vault.reveal(token)}`;
  const isSecure = (c: Context) =>
    c.req.url.startsWith("https:") ||
    (proxies > 0 && c.req.header("x-forwarded-proto")?.split(",").at(-1)?.trim() === "https");
  const flags = (c: Context) =>
    ({ path: "/", httpOnly: true, sameSite: "Strict", secure: isSecure(c) }) as const;
  return {
    async begin(c, key, expiresAt = Infinity) {
      const until = Math.min(clock.now() + LASTS_MS, expiresAt);
      const maxAge = Math.max(0, Math.floor((until - clock.now()) / 1_000));
      await setSignedCookie(c, NAME, `${key}.${until}`, secret(), { ...flags(c), maxAge });
    },
    end: (c) => void deleteCookie(c, NAME, flags(c)),
    async key(c) {
      if (!SAFE_METHODS.has(c.req.method) && !ownOrigin(c, config.publicUrl)) return undefined;
      if (!c.req.header("cookie")?.includes(NAME)) return undefined;
      const [, key, until] = /^(.+)\.(\d+)$/.exec(await getSignedCookie(c, secret(), NAME) || "") ?? [];
      return key !== undefined && clock.now() < Number(until) ? key : undefined;
    },
  };
}

/**
 * Whether a page of ours sent this request: by Sec-Fetch-Site (Fetch Metadata), else by Origin (RFC 6454), which browsers send with all
 * that may change something. A request that says neither is not ours.
 */
export function ownOrigin(c: Context, publicUrl?: string): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined) return site === "same-origin";
  const origin = c.req.header("origin");
  if (!origin || !URL.canParse(origin)) return false;
  const hosts = [c.req.url, publicUrl].flatMap((url) => url ? new URL(url).host : []);
  return hosts.includes(new URL(origin).host);
}
