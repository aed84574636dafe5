import { isRecord } from "../../base/json.ts";

/** Levels of a JSON body that are read; a deeper one is no readable claim, so that dialects may recurse freely. */
const MAX_DEPTH = 32;

/** The JSON in `text`; `undefined` if its first character opens no object or list, it is broken, or over 32 levels deep. */
export function tryParseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    return isDeep(json) ? undefined : json;
  } catch {
    return undefined;
  }
}

/** Whether `text` was meant to be JSON, although {@linkcode tryParseJson} may have refused it. */
export function looksLikeJson(text: string): boolean {
  return /^\s*(\{|\[\s*[\[{"\d])/.test(text);
}

/** The JSON objects in a list; none if `value` is no list. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** `value` if it is a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A text, number or boolean as text, anything else as an empty one: unlike `String()` and templates it never throws. */
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

/** The entries of a map of nothing but texts; undefined if it is none. */
export function textEntries(map: unknown): [name: string, text: string][] | undefined {
  if (!isRecord(map)) return undefined;
  const entries = Object.entries(map);
  return entries.every((entry): entry is [string, string] => typeof entry[1] === "string")
    ? entries
    : undefined;
}

/** The first of `values` that is a text and not empty. */
export function firstText(...values: unknown[]): string | undefined {
  return values.map(textOf).find((text) => text !== undefined);
}
