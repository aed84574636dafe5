import { accept, type LoadedConfig, type LoadOptions } from "./accept.ts";
import type { Config } from "./config.ts";
import grammar from "./grammar.json" with { type: "json" };
import { ConfigError } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { isRecord } from "../base/json.ts";
import { trustingCompiler } from "./trusted.ts";

/** A config as a deployment bundles it: what passed `load`, the mark of the grammar that it passed, and what was made of it then. */
export interface Compiled {
  grammar: string;
  config: unknown;
  /** Objects of each place. */
  objects: number;
  /** Of each check in order; absent: they are made at each start. */
  digests?: string[];
}

/** Compiles a value that passed `load`; `made` is what it came to. */
export const compileConfig = (config: unknown, made?: Pick<Config, "objects" | "checks">): Compiled => ({
  grammar: grammar.mark,
  config,
  objects: made?.objects ?? 1,
  digests: made?.checks.map(({ digest }) => digest),
});

/** Loads what was compiled from a config that passed `load`: neither its shape nor an expression in it is checked again. */
export async function loadCompiled(value: unknown, options: LoadOptions): Promise<LoadedConfig> {
  const { config, objects, digests } = readCompiled(value);
  return await accept({ draft: config as Draft<RawConfig> }, { ...options, objects }, {
    compiler: (_note, answers) => trustingCompiler(answers),
    digests,
  });
}

/** The value again; a `ConfigError` if this grammar has not passed it: another version's, or written by hand. */
function readCompiled(value: unknown): Compiled {
  if (isRecord(value) && value.grammar === grammar.mark && isRecord(value.config)) {
    return value as unknown as Compiled;
  }
  const message = "this config was not compiled by this version of Assay: deploy with `deno task deploy`";
  throw new ConfigError([{ severity: "error", path: "config", message }]);
}
