/**
 * Types of what is used of the Deno standard library, whose copy on npm has none. The names `@std/...` are mapped in deno.json and in the
 * aliases of wrangler.toml and vitest.config.ts: where JSR can be reached they become `jsr:@std/...`, and this file goes.
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

/** All well-formed `Set-Cookie` lines of a response, but those of negative age. */
export function getSetCookies(headers: Pick<Headers, "getSetCookie">): SetCookie[];

/** Bytes as base64 (RFC 4648 section 4). */
export function encodeBase64(data: string | Uint8Array | ArrayBuffer): string;

/** The bytes of a base64 text. Throws if it is none. */
export function decodeBase64(b64: string): Uint8Array<ArrayBuffer>;

/** Bytes as hex. */
export function encodeHex(src: string | Uint8Array | ArrayBuffer): string;

/** Bytes as base64url without padding (RFC 4648 section 5). */
export function encodeBase64Url(data: string | Uint8Array | ArrayBuffer): string;
