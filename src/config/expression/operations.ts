/** What expressions do with values, wherever CEL would pass over an error or compare values of two kinds. */
import { entriesOf, equal, isMap, kindOf, Unmet } from "./value.ts";
import type { Ordering } from "./tree.ts";

/** A member of a list or map, which must be there. */
export function at(holder: unknown, key: unknown): unknown {
  const found = lookUp(holder, key);
  if (found === undefined) throw new Unmet("missing", `${String(key)} is missing`);
  return found;
}

function lookUp(holder: unknown, key: unknown): unknown {
  if (holder === null) throw new Unmet("null", "null has no fields");
  if (Array.isArray(holder)) {
    if (kindOf(key) !== "number") throw new Unmet("type", "not a map");
    return holder[Number(key)];
  }
  if (!isMap(holder)) throw new Unmet("type", "not a map");
  if (typeof key !== "string") throw new Unmet("type", `a ${kindOf(key)} cannot be a key of a map`);
  if (holder instanceof Map) return holder.get(key);
  return Object.hasOwn(holder, key) ? holder[key] : undefined;
}

/** Whether two values of one kind are equal. Only a literal null may be compared with any kind. */
export function same(left: unknown, right: unknown, literalNull: boolean): boolean {
  if (literalNull) return left === right;
  const kind = kindOf(left);
  if (kind === "null" || kind !== kindOf(right)) throw incomparable(left, right);
  assertFinite(left);
  assertFinite(right);
  return equal(left, right);
}

const incomparable = (left: unknown, right: unknown) =>
  new Unmet("type", `cannot compare ${kindOf(left)} with ${kindOf(right)}`);

/** In a list, `item` must be of the kind of at least one element; in a map it must be a key. */
export function contains(item: unknown, holder: unknown, literalNull: boolean): boolean {
  const kind = kindOf(item);
  const comparable = Array.isArray(holder)
    ? literalNull ||
      (kind !== "null" && (holder.length === 0 || holder.some((one) => kindOf(one) === kind)))
    : isMap(holder) && kind === "string";
  if (!comparable) throw new Unmet("type", `cannot look for ${kind} in this ${kindOf(holder)}`);
  assertFinite(item);
  return Array.isArray(holder) ? holder.some((one) => equal(item, one)) : lookUp(holder, item) !== undefined;
}

/** Kinds with an order. */
const ORDERED = new Set(["number", "string", "bool", "timestamp", "duration"]);

// Numbers may be bigints or doubles; JavaScript compares them exactly.
type Ordered = number;

const ORDERINGS: Record<Ordering, (left: Ordered, right: Ordered) => boolean> = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
};

/** Compares two values of one kind that has an order. */
export function ordering(operator: Ordering): (left: unknown, right: unknown) => boolean {
  const compare = ORDERINGS[operator];
  return (left, right) => {
    const kind = kindOf(operand(left));
    if (kind !== kindOf(operand(right)) || !ORDERED.has(kind)) throw incomparable(left, right);
    return compare((left as Ordered).valueOf(), (right as Ordered).valueOf());
  };
}

/** Whether a map has this key. */
export function hasKey(holder: unknown, key: string): boolean {
  if (!isMap(holder)) throw new Unmet("type", "not a map");
  return lookUp(holder, key) !== undefined;
}

/** The number of characters, elements or bytes. */
export function sizeOf(value: unknown): bigint {
  if (value === null) throw new Unmet("null", "null has no size");
  if (typeof value === "string") return characters(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return BigInt(value.length);
  if (isMap(value)) return BigInt(entriesOf(value).length);
  throw new Unmet("type", `a ${kindOf(value)} has no size`);
}

/** CEL counts code points. */
function characters(text: string): bigint {
  let count = 0;
  for (let i = 0; i < text.length; i += text.codePointAt(i)! > 0xffff ? 2 : 1) count++;
  return BigInt(count);
}

/** A condition. */
export function truth(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new Unmet(value === null ? "null" : "type", "not a bool");
}

/** What a macro steps over: the elements of a list, or the keys of a map. */
export function itemsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (isMap(value)) return entriesOf(value).map(([key]) => key);
  throw new Unmet(value === null ? "null" : "type", "neither a list nor a map");
}

/** A search in texts. */
export const search =
  (find: (text: string, pattern: string) => unknown) => (text: unknown, pattern: unknown): unknown => {
    if (typeof text === "string" && typeof pattern === "string") return find(text, pattern);
    const other = typeof text === "string" ? pattern : text;
    throw new Unmet(text === null ? "null" : "type", `cannot match a ${kindOf(other)}`);
  };

/** An operand of the library's operators and functions: no null, no infinite number, no nested value. */
export function operand(value: unknown): unknown {
  if (value === null) throw new Unmet("null", "null");
  assertFinite(value);
  const first = firstOf(value);
  if (Array.isArray(first) || isMap(first)) {
    throw new Unmet("type", `cannot use a nested ${kindOf(value)} here`);
  }
  return value;
}

/** CEL's ints have 64 bits; larger JSON integers are converted to doubles. */
export function term(value: unknown): unknown {
  const checked = operand(value);
  return typeof checked === "bigint" && BigInt.asIntN(64, checked) !== checked ? Number(checked) : checked;
}

/**
 * Integers of answers multiply and divide as doubles; those beyond 2^53 are bigints and are converted here.
 */
export function factor(value: unknown): unknown {
  const checked = operand(value);
  return typeof checked === "bigint" && !Number.isSafeInteger(Number(checked)) ? Number(checked) : checked;
}

function firstOf(value: unknown): unknown {
  if (Array.isArray(value)) return value[0];
  if (!isMap(value)) return undefined;
  if (value instanceof Map) return value.values().next().value;
  for (const key in value) return value[key];
}

function assertFinite(value: unknown) {
  if (typeof value === "number" && !Number.isFinite(value)) throw new Unmet("type", "not a finite number");
}
