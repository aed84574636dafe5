// @ts-types="../../base/std.d.ts"
import { encodeHex } from "@std/encoding/hex";
import { oneLine } from "../../base/text.ts";
import { CAPTURED_CHARS } from "./observation.ts";
import { runRedactor } from "./run_redactor.ts";
import type { RunContext } from "./step_kind.ts";

/**
 * The captures with these names as bounded texts without secrets; equal values give equal texts. Undefined if
 * there are none.
 */
export async function captureTexts(
  context: RunContext,
  names: readonly string[],
): Promise<Record<string, string> | undefined> {
  const known = names.filter((name) =>
    Object.hasOwn(context.captures, name) && !context.secretCaptures.has(name)
  );
  if (known.length === 0) return undefined;
  const redact = runRedactor(context);
  const texts = known.map(async (name) =>
    [name, await boundText(redact(textOf(context.captures[name])))] as const
  );
  return Object.fromEntries(await Promise.all(texts));
}

/** Returns a text unchanged, and any other value as JSON with sorted keys. */
const textOf = (value: unknown) =>
  typeof value === "string" ? value : JSON.stringify(value, inOrder) ?? "null";

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1));
}

async function boundText(text: string): Promise<string> {
  const line = oneLine(text, CAPTURED_CHARS);
  if (line === text) return text;
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  const mark = `… ${encodeHex(hash).slice(0, 12)}`;
  return oneLine(text, CAPTURED_CHARS - mark.length, "") + mark;
}
