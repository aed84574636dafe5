import { isRecord } from "../../base/json.ts";

/** Depth limit of a JSON body, so that dialects can recurse safely; a deeper body is not a readable claim. */
const MAX_DEPTH = 32;

/** The JSON object or list in `text`; undefined for any other text, invalid JSON, or more than 32 levels. */
export function tryParseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    // Each level takes two characters.
    return text.length > 2 * MAX_DEPTH && isDeep(json) ? undefined : json;
  } catch {
    return undefined;
  }
}

/** Whether `text` looks like JSON, even if {@linkcode tryParseJson} rejects it. */
export function looksLikeJson(text: string): boolean {
  return /^\s*(\{|\[\s*[\[{"\d])/.test(text);
}

/** The JSON objects in a list; empty if `value` is not a list. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** `value` if it is a non-empty text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/**
 * A text, number or boolean as text, anything else as "". Unlike `String()` and templates, it never throws.
 */
export function scalar(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : "";
}

function isDeep(json: unknown): boolean {
  const open: [value: unknown, depth: number][] = [[json, 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > MAX_DEPTH) return true;
    for (const child of Object.values(value)) open.push([child, depth + 1]);
  }
  return false;
}

/** The entries of a map in which all values are texts; undefined for anything else. */
export function textEntries(map: unknown): [name: string, text: string][] | undefined {
  if (!isRecord(map)) return undefined;
  const entries = Object.entries(map);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
    ? entries
    : undefined;
}

/** The first non-empty text of `values`. */
export function firstText(...values: unknown[]): string | undefined {
  return values.map(textOf).find((text) => text !== undefined);
}
