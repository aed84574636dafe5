import { oneLine } from "../../base/text.ts";
import { isMap, toMap, Unmet } from "./value.ts";

/** Levels of lists and maps that a body may have; deeper ones are refused, so that nothing later recurses without end. */
const BODY_LEVELS = 100;

/** The value of a JSON text, or why it has none. */
export function parseJson(text: string): { value: unknown } | { unmet: Unmet } {
  try {
    const special = text.includes('"constructor"') || LONG_NUMBER.test(text);
    const value: unknown = JSON.parse(text, special ? revive : undefined);
    if (isWithinDepth(value, BODY_LEVELS)) return { value };
    return { unmet: new Unmet("parse", `body is nested deeper than ${BODY_LEVELS} levels`) };
  } catch {
    const seen = text.trim() === "" ? "it is empty" : `starts with '${oneLine(text.trimStart(), 60)}'`;
    return { unmet: new Unmet("parse", `body is not JSON: ${seen}`) };
  }
}

/** What may be an integer beyond 2^53, or only look like one. */
const LONG_NUMBER = /\d{16}/;

/**
 * An object becomes a Map where the library needs one, and an integer that a double cannot hold a bigint. One beyond every double
 * stays infinite, and is refused wherever it is used.
 */
function revive(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return isMap(value) && !(value instanceof Map) ? toMap(value) : value;
  if (Number.isSafeInteger(value) || !Number.isFinite(value)) return value;
  return context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

declare global {
  interface JSON {
    /** What stands in the JSON as it is written here (ECMAScript, "JSON.parse source text access"). */
    rawJSON(text: string): unknown;
  }
}

/** `value` as a JSON text; bigints are integers like others, and keep their digits. */
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
