/**
 * Types for the used parts of the Deno standard library, whose npm copy has none. The `@std/...` names are
 * mapped in deno.json and in the aliases of wrangler.toml and vitest.config.ts. Where JSR is reachable, map
 * them to `jsr:@std/...` and delete this file.
 */

/** One `Set-Cookie`. */
export interface SetCookie {
  name: string;
  value: string;
  /** May be an invalid date. */
  expires?: Date;
  /** Seconds; may be NaN. */
  maxAge?: number;
  domain?: string;
  path?: string;
  secure?: boolean;
}

/** All well-formed `Set-Cookie` lines of a response, except those with a negative age. */
export function getSetCookies(headers: Pick<Headers, "getSetCookie">): SetCookie[];

/** Bytes as base64 (RFC 4648 section 4). */
export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string;

/** Decodes base64. Throws if the text is invalid. */
export function decodeBase64(b64: string): Uint8Array<ArrayBuffer>;

/** Bytes as hex. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;

/** Bytes as base64url without padding (RFC 4648 section 5). */
export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string;
