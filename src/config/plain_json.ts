import { isRecord } from "../base/json.ts";

const KEY_OR_TEXT = /"(?:[^"\\]|\\.)*"\s*:?/g;

/**
 * Parses a config written as JSON without positions, which take fifty times its memory. Undefined if the YAML
 * reader is needed: to report what is wrong, or because it reads the text differently (duplicate keys, merge
 * keys).
 */
export function readPlainJson(text: string): Record<string, unknown> | undefined {
  if (!/^\s*\{/.test(text) || text.includes('"<<"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && countKeys(value) === writtenKeys(text) ? value : undefined;
  } catch {
    // Not JSON, or nested too deeply for the stack.
    return undefined;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const inner = Object.values(value);
  return inner.reduce<number>((sum, one) => sum + countKeys(one), Array.isArray(value) ? 0 : inner.length);
}

function writtenKeys(text: string): number {
  let count = 0;
  for (const [found] of text.matchAll(KEY_OR_TEXT)) if (found.endsWith(":")) count++;
  return count;
}
