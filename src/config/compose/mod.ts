/**
 * Composes a config as written into one value that the grammar knows:
 *
 *     files -> merge -> fill in vars -> named steps, defaults, enabled -> embed files -> value
 *
 * Keeps the position of each part, so that every problem names its file, line and column.
 */
import { isRecord } from "../../base/json.ts";
import { pathText, type Problem } from "../problem.ts";
import type { Composition } from "./composition.ts";
import { expandChecks } from "./checks.ts";
import { embedFiles, type ReadFile } from "./files.ts";
import { mergeFiles } from "./merge.ts";
import type { Origins } from "./origins.ts";
import { fillIn, readVars, type VarOptions } from "./vars.ts";

/** Options of composition. */
export interface ComposeOptions extends VarOptions {
  /** Reads a file that a request sends; absent if files cannot be read here. */
  readFile?: ReadFile;
}

/** Top-level keys that composition resolves and removes. */
const OWN_KEYS = ["vars", "environments", "steps", "include"];

/** Composes the roots of all files into one value, and returns the problems found. */
export async function compose(
  roots: readonly Record<string, unknown>[],
  origins: Origins,
  options: ComposeOptions,
): Promise<{ value: unknown; problems: Problem[] }> {
  const problems: Problem[] = [];
  const composition: Composition = {
    origins,
    fail(root, path, { at = "value", ...problem }) {
      problems.push({
        severity: "error",
        ...origins.locate(root, path, at),
        path: pathText(path),
        ...problem,
      });
    },
  };
  const written = mergeFiles(roots, composition);
  const vars = readVars(written, options, composition);
  const filled = fillIn(written, "var", vars, composition);
  const value = expandChecks(filled, composition);
  const embedded = await embedFiles(value, options.readFile, composition);
  return { value: withoutOwnKeys(embedded, composition), problems };
}

function withoutOwnKeys(value: unknown, { origins }: Composition): unknown {
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([key]) => !OWN_KEYS.includes(key) && !key.startsWith("x-"));
  if (kept.length === Object.keys(value).length) return value;
  return origins.made(
    Object.fromEntries(kept),
    origins.self(value),
    kept.map(([key]) => [key, origins.entry(value, key)]),
  );
}
