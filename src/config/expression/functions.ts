import { hmac as hmacOf } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
// @ts-types="../../base/std.d.ts"
import { decodeBase64, encodeBase64 } from "@std/encoding/base64";
// @ts-types="../../base/std.d.ts"
import { encodeBase64Url } from "@std/encoding/base64url";
// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";
import type { ExpressionFunction } from "./scope.ts";
import { Unmet } from "./value.ts";

/** Texts are converted to UTF-8. */
type Data = string | Uint8Array<ArrayBuffer>;

const utf8 = new TextEncoder();
const bytesOf = (data: Data) => typeof data === "string" ? utf8.encode(data) : data;

const HASHES = { sha1, sha256, sha512 };

function hash(name: string) {
  if (Object.hasOwn(HASHES, name)) return HASHES[name as keyof typeof HASHES];
  throw new Unmet("error", `'${name}' is not a hash: one of ${Object.keys(HASHES).join(", ")}`);
}

const hmac = (name: string, key: Data, text: Data) => hmacOf(hash(name), bytesOf(key), bytesOf(text));

/** Constant within a run, so that a repeated walk sends the same values. */
function seeded(run: string, purpose: string): Uint8Array {
  return sha256(utf8.encode(`${purpose}\0${run}`));
}

/** A UUID in version 4 format (RFC 9562 section 5.4). */
function uuid(run: string, name = ""): string {
  const bytes = seeded(run, `uuid\0${name}`).slice(0, 16);
  bytes[6] = bytes[6]! & 0x0f | 0x40;
  bytes[8] = bytes[8]! & 0x3f | 0x80;
  return encodeHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** An int from 0 up to, but not including, `below`. */
function random(run: string, below: bigint, name = ""): bigint {
  if (below < 1n) throw new Unmet("error", `random(${below}) has nothing to choose from`);
  return BigInt(`0x${encodeHex(seeded(run, `random\0${name}`))}`) % below;
}

function urlDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Unmet("type", "this text is not percent-encoded UTF-8");
  }
}

function base64Decode(text: string): Uint8Array {
  try {
    return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new Unmet("type", "this text is not base64");
  }
}

const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
};

/** Decodes the basic HTML entities and numeric ones. Leaves unknown entities unchanged. */
const htmlUnescape = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const point = decimal === undefined ? parseInt(hex, 16) : Number(decimal);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

const DATA = ["string", "bytes"];

/** One overload for each combination of text and bytes in place of `data`. */
function row(name: string, takes: string[], gives: string, apply: ExpressionFunction["apply"]) {
  const mixtures = takes.reduce<string[][]>(
    (lists, type) => lists.flatMap((list) => (type === "data" ? DATA : [type]).map((one) => [...list, one])),
    [[]],
  );
  return mixtures.map((types): ExpressionFunction => ({ name, takes: types, gives, apply }));
}

/** Functions that CEL lacks. Bundled only if the config uses one. */
export const functions: readonly ExpressionFunction[] = [
  row("base64", ["data"], "string", (data: Data) => encodeBase64(data)),
  row("base64Url", ["data"], "string", (data: Data) => encodeBase64Url(data)),
  row("base64Decode", ["string"], "bytes", base64Decode),
  row("hex", ["data"], "string", (data: Data) => encodeHex(bytesOf(data))),
  row("sha256", ["data"], "bytes", (data: Data) => sha256(bytesOf(data))),
  row("hmac", ["string", "data", "data"], "bytes", hmac),
  row("urlEncode", ["string"], "string", (text: string) => encodeURIComponent(text.toWellFormed())),
  row("urlDecode", ["string"], "string", urlDecode),
  row("htmlUnescape", ["string"], "string", htmlUnescape),
  row("uuid", [], "string", uuid),
  row("uuid", ["string"], "string", uuid),
  row("random", ["int"], "int", random),
  row("random", ["int", "string"], "int", random),
].flat();

const NAMES = [...new Set(functions.map(({ name }) => name))];

/** Whether a config contains a call of one of the functions, or text that looks like one. */
export const namesFunction = (config: unknown): boolean =>
  new RegExp(`\\b(${NAMES.join("|")})\\(`).test(JSON.stringify(config));
