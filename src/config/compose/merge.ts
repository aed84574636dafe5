import { isRecord } from "../../base/json.ts";
import type { Composition } from "./composition.ts";
import type { Entry } from "./origins.ts";

/**
 * Lists that are concatenated. Maps are merged key by key; any other key may have a value in only one file.
 */
const LISTS = ["targets", "webhooks", "controls", "regions"];
/** Keys that must be equal in all files that have them. */
const SAME = ["version"];

/** Merges several files into one map, in their order. */
export function mergeFiles(
  roots: readonly Record<string, unknown>[],
  composition: Composition,
): Record<string, unknown> {
  const [first, ...others] = roots;
  return others.reduce((all, one) => mergeMaps(all, one, composition, []), first ?? {});
}

function mergeMaps(
  all: Record<string, unknown>,
  one: Record<string, unknown>,
  composition: Composition,
  path: string[],
): Record<string, unknown> {
  const { origins, fail } = composition;
  const merged: Record<string, unknown> = { ...all };
  const entries = new Map<string, Entry | undefined>(
    Object.keys(all).map((key) => [key, origins.entry(all, key)]),
  );
  for (const [key, value] of Object.entries(one)) {
    const known = merged[key];
    if (!Object.hasOwn(merged, key)) {
      merged[key] = value;
      entries.set(key, origins.entry(one, key));
    } else if (Array.isArray(known) && Array.isArray(value) && path.length === 0 && LISTS.includes(key)) {
      merged[key] = origins.made([...known, ...value], origins.self(known), [
        ...known.map((_, i): [number, Entry | undefined] => [i, origins.entry(known, i)]),
        ...value.map((_, i): [number, Entry | undefined] => [known.length + i, origins.entry(value, i)]),
      ]);
    } else if (isRecord(known) && isRecord(value)) {
      merged[key] = mergeMaps(known, value, composition, [...path, key]);
    } else if (
      !(path.length === 0 && (SAME.includes(key) || key === "include") && isSame(key, known, value))
    ) {
      fail(one, [key], { at: "key", message: "another file has this key with another value", found: key });
    }
  }
  return origins.made(merged, origins.self(all) ?? origins.self(one), [...entries]);
}

const isSame = (key: string, known: unknown, value: unknown) => key === "include" || known === value;
