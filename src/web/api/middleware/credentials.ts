/** What a request shows of who it is, and how that is compared. */
import type { Context, MiddlewareHandler } from "hono";
import { auth } from "hono/utils/basic-auth";
import { problem } from "./problem.ts";
import { MAX_TOKENS } from "../../../config/schema/api.ts";

/** A SHA-256 as eight words. */
export type Digest = Uint32Array;

/** One more than the config can list, for `api.token`. */
const COMPARED = MAX_TOKENS + 1;
const NOBODY: Digest = new Uint32Array(8);

/**
 * The token of a request: RFC 6750 bearer, or the password of Basic (RFC 7617), which is how tools send `https://gate:TOKEN@host`.
 * Undefined: it shows none; empty: it shows something else.
 */
export function shown(c: Context): string | undefined {
  const header = c.req.header("authorization");
  if (header === undefined) return undefined;
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(header) ?? [];
  return bearer ?? auth(c.req.raw)?.password ?? "";
}

/** SHA-256 of a text. */
export async function digestOf(text: string): Promise<Digest> {
  return new Uint32Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

const REMEMBERED = 1_000;
const LONGEST = 256;

/**
 * The same, remembering the texts that were shown last, right and wrong ones alike: hashing costs more than the rest of a request, and
 * who asks all the time shows one token all the time.
 */
export function digester(): (text: string) => Digest | Promise<Digest> {
  const known = new Map<string, Digest>();
  return (text) =>
    known.get(text) ?? digestOf(text).then((digest) => {
      if (text.length <= LONGEST) known.set(text, digest);
      if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
      return digest;
    });
}

/** A digest from its 64 hex digits. */
export function fromHex(hex: string): Digest {
  const bytes = Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

/** Whether two digests are the same; takes as long if not. */
export function same(a: Digest, b: Digest): boolean {
  let different = 0;
  for (let i = 0; i < NOBODY.length; i++) different |= a[i]! ^ b[i]!;
  return different === 0;
}

/** Where `given` stands among `known`, or -1. It compares as often for a right token as for a wrong one, however many there are. */
export function find(given: Digest, known: readonly Digest[], compare = same): number {
  let found = -1;
  for (let i = 0; i < COMPARED; i++) if (compare(given, known[i] ?? NOBODY)) found = i;
  return found < known.length ? found : -1;
}

/** Whether the request shows this token. Compares digests, so that the time taken tells nothing of it. */
export async function bears(c: Context, token: string | undefined): Promise<boolean> {
  const given = shown(c);
  if (!token || !given) return false;
  const [a, b] = await Promise.all([digestOf(given), digestOf(token)]);
  return same(a, b);
}

/** Lets only the bearer of `token` through; without a configured token nobody. */
export function guarded(token: () => string | undefined, where: string): MiddlewareHandler {
  return async (c, next) => {
    const expected = token();
    if (!expected) {
      return problem(
        c,
        "forbidden",
        `Set ${where} in the config; without it only the coarse status is public`,
      );
    }
    if (!await bears(c, expected)) {
      return problem(c, "unauthorized", "Send `authorization: Bearer <token>` with the configured token");
    }
    await next();
  };
}
