/** Reads a request's credentials and compares them in constant time. */
import type { Context, MiddlewareHandler } from "hono";
import { auth } from "hono/utils/basic-auth";
import { problem } from "./problem.ts";
import { MAX_TOKENS } from "../../../config/schema/token_scopes.ts";
import { Cache } from "../../../base/cache.ts";

/** A SHA-256 as eight words. */
export type Digest = Uint32Array;

/** The config's limit, and one for `api.token`. */
const COMPARED = MAX_TOKENS + 1;
const ZERO_DIGEST: Digest = new Uint32Array(8);

/**
 * The token of a request: RFC 6750 bearer, or the password of Basic (RFC 7617), which tools send for
 * `https://gate:TOKEN@host`. Undefined: no Authorization header. Empty: a header without a usable token.
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
const MAX_CACHED_CHARACTERS = 256;

/**
 * Like {@linkcode sha256}, with a cache of recent tokens, valid or not. Hashing costs more than the rest of a
 * request, and a polling client sends the same token every time.
 */
export function digester(): (text: string) => Digest | Promise<Digest> {
  const known = new Cache<string, Digest>({ max: CACHED_DIGESTS });
  return (text) =>
    known.get(text) ?? sha256(text).then((digest) => {
      if (text.length <= MAX_CACHED_CHARACTERS) known.set(text, digest);
      return digest;
    });
}

/** Parses a digest from 64 hex digits. */
export function fromHex(hex: string): Digest {
  const bytes = Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

/** Whether two digests are equal, in constant time. */
export function timingSafeEqual(a: Digest, b: Digest): boolean {
  let different = 0;
  for (let i = 0; i < ZERO_DIGEST.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

/** The index of `given` among `known`, or -1. The number of comparisons is constant. */
export function indexOfDigest(given: Digest, known: readonly Digest[], compare = timingSafeEqual): number {
  let found = -1;
  for (let i = 0; i < COMPARED; i++) if (compare(given, known[i] ?? ZERO_DIGEST)) found = i;
  return found < known.length ? found : -1;
}

/** Whether the request has this token. Compares digests, so that timing reveals nothing about the token. */
export async function hasToken(c: Context, token: string | undefined): Promise<boolean> {
  const given = tokenOf(c);
  if (!token || !given) return false;
  const [a, b] = await Promise.all([sha256(given), sha256(token)]);
  return timingSafeEqual(a, b);
}

/** Requires this bearer token; if none is configured, every request is refused. */
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
