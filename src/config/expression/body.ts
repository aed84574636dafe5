import { oneLine } from "../../base/text.ts";
import { entriesOf, isMap, toMap, Unmet } from "./value.ts";

/** Levels of lists and maps that a body may have; deeper ones are refused, so that nothing later recurses without end. */
const BODY_LEVELS = 100;

/** The value of a JSON text, or why it has none. */
export function parseJson(text: string): { value: unknown } | { unmet: Unmet } {
  try {
    const value: unknown = JSON.parse(text, text.includes('"constructor"') ? reviveConstructor : undefined);
    if (isWithinDepth(value, BODY_LEVELS)) return { value };
    return { unmet: new Unmet("parse", `body is nested deeper than ${BODY_LEVELS} levels`) };
  } catch {
    const seen = text.trim() === "" ? "it is empty" : `starts with '${oneLine(text.trimStart(), 60)}'`;
    return { unmet: new Unmet("parse", `body is not JSON: ${seen}`) };
  }
}

const reviveConstructor = (_key: string, value: unknown): unknown =>
  isMap(value) && !(value instanceof Map) ? toMap(value) : value;

function isWithinDepth(value: unknown, levels: number): boolean {
  const items = Array.isArray(value) ? value : isMap(value) ? entriesOf(value) : undefined;
  if (!items) return true;
  if (levels === 0) return false;
  return items.every((item) => isWithinDepth(item, levels - 1));
}
