import { accept, type Loaded, type LoadOptions } from "./accept.ts";
import grammar from "./grammar.json" with { type: "json" };
import { ConfigError } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { isRecord } from "../base/json.ts";

/** A config as a deployment bundles it: what passed `load`, and the mark of the grammar that it passed. */
export interface Compiled {
  grammar: string;
  config: unknown;
  /** Objects of each place. */
  objects: number;
}

/** Compiles a value that passed `load`. */
export const compileConfig = (config: unknown, { objects = 1 } = {}): Compiled => ({
  grammar: grammar.mark,
  config,
  objects,
});

/** Loads what was compiled from a config that passed `load`: its shape is not checked again. */
export async function loadCompiled(value: unknown, options: LoadOptions): Promise<Loaded> {
  const { config, objects } = readCompiled(value);
  return await accept({ draft: config as Draft<RawConfig> }, { ...options, objects });
}

/** The value again; a `ConfigError` if this grammar has not passed it: another version's, or written by hand. */
function readCompiled(value: unknown): Pick<Compiled, "config" | "objects"> {
  if (isRecord(value) && value.grammar === grammar.mark && isRecord(value.config)) {
    return { config: value.config, objects: Number(value.objects ?? 1) };
  }
  const message = "this config was not compiled by this version of Assay: deploy with `deno task deploy`";
  throw new ConfigError([{ severity: "error", path: "config", message }]);
}
