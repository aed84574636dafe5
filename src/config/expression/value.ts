import { oneLine } from "../../base/text.ts";

/** Why an expression has no usable value. */
export type ValueReason = "missing" | "null" | "type" | "parse" | "limit" | "error";

/** The value of an expression, or why there is none. */
export type Value = { ok: true; value: unknown } | { ok: false; reason: ValueReason; detail: string };

/** Thrown during evaluation if the answer lacks a value that the expression needs. */
export class Unmet extends Error {
  override readonly name = "Unmet";
  constructor(readonly reason: ValueReason, message: string) {
    super(message);
  }
}

/** Whether `value` is a CEL map: a plain object, one without prototype, or a Map. */
export function isMap(value: unknown): value is Record<string, unknown> | Map<unknown, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof Map) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Converts a record to a CEL map: to a Map if it has a key `constructor`, by which the library recognizes
 * types.
 */
export function toMap(record: Record<string, unknown>): Record<string, unknown> | Map<unknown, unknown> {
  return Object.hasOwn(record, "constructor") ? new Map(Object.entries(record)) : record;
}

/** A CEL map with case-insensitive look-up. Its keys must be in lower case. */
export class CaselessMap extends Map<unknown, unknown> {
  constructor(entries: Iterable<[string, unknown]>) {
    super(entries);
    // The library recognizes types by `constructor`.
    Object.defineProperty(this, "constructor", { value: Map });
  }
  override get(key: unknown): unknown {
    return super.get(typeof key === "string" ? key.toLowerCase() : key);
  }
}

/** The keys and values of a CEL map. */
export function entriesOf(map: Record<string, unknown> | Map<unknown, unknown>): [unknown, unknown][] {
  return map instanceof Map ? [...map] : Object.entries(map);
}

const KINDS: Record<string, string> = {
  string: "string",
  number: "number",
  bigint: "number",
  boolean: "bool",
  undefined: "nothing",
};

/** The kind of a CEL value: null, string, number, bool, list, map, or the name of a rarer type. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return KINDS[typeof value] ?? typeof value;
  if (Array.isArray(value)) return "list";
  if (isMap(value)) return "map";
  if (value instanceof Date) return "timestamp";
  if (value instanceof Uint8Array) return "bytes";
  return rareKindOf(value);
}

/** The kind of an instance of a class of the library. Minified code renames them. */
function rareKindOf(value: object): string {
  const tag = Object.prototype.toString.call(value);
  if (tag === "[object google.protobuf.Duration]") return "duration";
  if (tag.startsWith("[object Type<")) return "type";
  return typeof value.valueOf() === "bigint" ? "number" : "value";
}

/** CEL equality: lists and maps by content, an int and a double by value, other kinds never. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const kind = kindOf(a);
  if (kind !== kindOf(b)) return false;
  if (kind === "list" || kind === "bytes") {
    const [left, right] = [a as unknown[], b as unknown[]];
    return left.length === right.length && left.every((item, i) => equal(item, right[i]));
  }
  if (isMap(a) && isMap(b)) {
    const right = new Map(entriesOf(b));
    const left = entriesOf(a);
    return left.length === right.size &&
      left.every(([key, item]) => right.has(key) && equal(item, right.get(key)));
  }
  // Loose equality compares a bigint and a number exactly.
  return (a as object).valueOf() == (b as object).valueOf();
}

const SHOWN_ITEMS = 8;

/** Prints a value in at most 100 characters, with quotes around strings. Reads only a bounded part of it. */
export function print(value: unknown, levels = 3): string {
  if (typeof value === "string") return `'${oneLine(value, 98)}'`;
  if (value instanceof Date) return String(value.toJSON());
  const list = Array.isArray(value);
  if (!list && !isMap(value)) return oneLine(String(value), 100);
  const join = (items: string[], more: boolean) => [...items, ...(more ? ["…"] : [])].join(", ");
  if (levels === 0) return list ? "[…]" : "{…}";
  if (list) {
    const items = value.slice(0, SHOWN_ITEMS).map((item) => print(item, levels - 1));
    return oneLine(`[${join(items, value.length > SHOWN_ITEMS)}]`, 100);
  }
  const entries = entriesOf(value);
  const items = entries.slice(0, SHOWN_ITEMS).map(([key, item]) => `${key}: ${print(item, levels - 1)}`);
  return oneLine(`{${join(items, entries.length > SHOWN_ITEMS)}}`, 100);
}

/**
 * Converts a CEL value to JSON types: ints become numbers, or bigints if a double would lose digits;
 * timestamps become ISO 8601. Throws `Unmet` for other types.
 */
export function toJson(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (isMap(value)) return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, toJson(item)]));
  if (value === null || typeof value !== "object") return value;
  if (kindOf(value) === "number") return toJson(value.valueOf());
  throw new Unmet("type", `a ${kindOf(value)} is not a JSON value`);
}
