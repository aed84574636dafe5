import { accept, type LoadedConfig, type LoadOptions } from "./accept.ts";
import type { Config } from "./config.ts";
import grammar from "./grammar.json" with { type: "json" };
import { ConfigError } from "./problem.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { isRecord } from "../base/json.ts";
import { references } from "../base/secrets.ts";
import { trustingCompiler } from "./trusted.ts";

/** A config as a deployment bundles it: what passed `load`, the mark of the grammar that it passed, and what was made of it then. */
export interface Compiled {
  grammar: string;
  config: unknown;
  /** Objects of each place. */
  objects: number;
  /** Of the checks of each target in order; absent: they are made at each start. */
  digests?: string[][];
  /** The names of the secrets that it refers to. */
  secrets: string[];
}

/** Compiles a value that passed `load`; `made` is what it came to. */
export const compileConfig = (config: unknown, made?: Pick<Config, "objects" | "targets">): Compiled => ({
  grammar: grammar.mark,
  config,
  objects: made?.objects ?? 1,
  digests: made?.targets.map(({ checks }) => checks.map(({ digest }) => digest)),
  secrets: references(JSON.stringify(config)),
});

/** Loads what was compiled from a config that passed `load`: neither its shape nor an expression in it is checked again. */
export async function loadCompiled(value: unknown, options: LoadOptions): Promise<LoadedConfig> {
  const { config, objects, digests } = readCompiled(value);
  return await accept({ draft: config as Draft<RawConfig> }, { ...options, objects }, {
    compiler: (_note, answers) => trustingCompiler(answers),
    digests: digests?.flat(),
  });
}

/** What no prober needs, and what may name targets that are not in its share. */
const OF_THE_LEDGER = {
  api: undefined,
  heartbeat: undefined,
  hooks: undefined,
  maintenance: undefined,
  routes: undefined,
  webhooks: undefined,
};

/** What a prober of a place needs to walk these targets: a place has many objects, and each wakes up by itself. */
export function shareOf(value: unknown, targetIds: ReadonlySet<string>): Compiled {
  const { config, digests, ...rest } = readCompiled(value);
  const { targets = [], ...settings } = config as Draft<RawConfig>;
  const isMine = (_: unknown, i: number) => targetIds.has(targets[i]?.id ?? "");
  return {
    ...rest,
    config: { ...settings, ...OF_THE_LEDGER, targets: targets.filter(isMine) },
    digests: digests?.filter(isMine),
  };
}

/** The value again; a `ConfigError` if this grammar has not passed it: another version's, or written by hand. */
function readCompiled(value: unknown): Compiled {
  if (isRecord(value) && value.grammar === grammar.mark && isRecord(value.config)) {
    return value as unknown as Compiled;
  }
  const message = "this config was not compiled by this version of Assay: deploy with `deno task deploy`";
  throw new ConfigError([{ severity: "error", path: "config", message }]);
}
