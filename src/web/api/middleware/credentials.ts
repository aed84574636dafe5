/** What a request shows of who it is, and how that is compared. */
import type { Context, MiddlewareHandler } from "hono";
import { auth } from "hono/utils/basic-auth";
import { problem } from "./problem.ts";
import { MAX_TOKENS } from "../../../config/schema/token_scopes.ts";
import { Cache } from "../../../base/cache.ts";

/** A SHA-256 as eight words. */
export type Digest = Uint32Array;

/** One more than the config can list, for `api.token`. */
const COMPARED = MAX_TOKENS + 1;
const ZERO_DIGEST: Digest = new Uint32Array(8);

/**
 * The token of a request: RFC 6750 bearer, or the password of Basic (RFC 7617), which is how tools send `https://gate:TOKEN@host`.
 * Undefined: it shows none; empty: it shows something else.
 */
export function tokenOf(c: Context): string | undefined {
  const header = c.req.header("authorization");
  if (header === undefined) return undefined;
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  return bearer ?? auth(c.req.raw)?.password ?? "";
}

/** SHA-256 of a text. */
export async function sha256(text: string): Promise<Digest> {
  return new Uint32Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

const CACHED_DIGESTS = 1_000;
const LONGEST = 256;

/**
 * The same, remembering the texts that were shown last, right and wrong ones alike: hashing costs more than the rest of a request, and
 * who asks all the time shows one token all the time.
 */
export function digester(): (text: string) => Digest | Promise<Digest> {
  const known = new Cache<string, Digest>({ max: CACHED_DIGESTS });
  return (text) =>
    known.get(text) ?? sha256(text).then((digest) => {
      if (text.length <= LONGEST) known.set(text, digest);
      return digest;
    });
}

/** A digest from its 64 hex digits. */
export function fromHex(hex: string): Digest {
  const bytes = Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

/** Whether two digests are the same; takes as long if not. */
export function timingSafeEqual(a: Digest, b: Digest): boolean {
  let different = 0;
  for (let i = 0; i < ZERO_DIGEST.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

/** Where `given` stands among `known`, or -1. It compares as often for a right token as for a wrong one, however many there are. */
export function indexOfDigest(given: Digest, known: readonly Digest[], compare = timingSafeEqual): number {
  let found = -1;
  for (let i = 0; i < COMPARED; i++) if (compare(given, known[i] ?? ZERO_DIGEST)) found = i;
  return found < known.length ? found : -1;
}

/** Whether the request shows this token. Compares digests, so that the time taken reveals nothing of it. */
export async function hasToken(c: Context, token: string | undefined): Promise<boolean> {
  const given = tokenOf(c);
  if (!token || !given) return false;
  const [a, b] = await Promise.all([sha256(given), sha256(token)]);
  return timingSafeEqual(a, b);
}

/** Lets only the bearer of `token` through; without a configured token no request. */
export function requireToken(token: () => string | undefined, where: string): MiddlewareHandler {
  return async (c, next) => {
    const expected = token();
    if (!expected) {
      return problem(
        c,
        "forbidden",
        `Set ${where} in the config; without it only the coarse status is public`,
      );
    }
    if (!await hasToken(c, expected)) {
      return problem(c, "unauthorized", "Send `authorization: Bearer <token>` with the configured token");
    }
    await next();
  };
}
