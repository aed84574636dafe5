import { oneLine } from "../../base/text.ts";
import { isMap, toMap, Unmet } from "./value.ts";

/** Maximum nesting of a body, which bounds every later recursion. */
const BODY_LEVELS = 100;

/** Parses a JSON text, or says why it cannot be parsed. */
export function parseJson(text: string): { value: unknown } | { unmet: Unmet } {
  try {
    const special = text.includes('"constructor"') || LONG_NUMBER.test(text);
    const value: unknown = JSON.parse(text, special ? revive : undefined);
    // Each level takes two characters.
    if (text.length <= 2 * BODY_LEVELS || isWithinDepth(value, BODY_LEVELS)) return { value };
    return { unmet: new Unmet("parse", `body is nested deeper than ${BODY_LEVELS} levels`) };
  } catch {
    const seen = text.trim() === "" ? "it is empty" : `starts with '${oneLine(text.trimStart(), 60)}'`;
    return { unmet: new Unmet("parse", `body is not JSON: ${seen}`) };
  }
}

/** Finds numbers that may be integers beyond 2^53. */
const LONG_NUMBER = /\d{16}/;

/**
 * Reviver: objects become a Map where the library needs one, and integers that a double cannot hold become a
 * bigint. A number beyond the range of doubles stays infinite, which operators refuse.
 */
function revive(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return isMap(value) && !(value instanceof Map) ? toMap(value) : value;
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value;
  return context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

declare global {
  interface JSON {
    /** A raw JSON text for `JSON.stringify` (ECMAScript, "JSON.parse source text access"). */
    rawJSON(text: string): unknown;
  }
}

/** Serializes a value as JSON; bigints are written as integers with all digits. */
export const writeJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item) => typeof item === "bigint" ? JSON.rawJSON(String(item)) : item);

function isWithinDepth(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  for (const item of value instanceof Map ? value.values() : Object.values(value)) {
    if (!isWithinDepth(item, levels - 1)) return false;
  }
  return true;
}
