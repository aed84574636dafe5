import { accept, type LoadedConfig, type LoadOptions } from "./accept.ts";
import type { Config } from "./config.ts";
import { packTree } from "./expression/tree.ts";
import grammar from "./grammar.json" with { type: "json" };
import { ConfigError, pathText } from "./problem.ts";
import { readReferences } from "./references.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { SecretUse } from "./secret_values.ts";
import type { Draft } from "./validate.ts";
import { isRecord } from "../base/json.ts";
import { trustingCompiler } from "./trusted.ts";

/** A config as bundled in a deployment: a value that passed `load`, and the fingerprint of its grammar. */
export interface Compiled {
  grammar: string;
  config: unknown;
  /** Durable Objects per place. */
  objects: number;
  /** The digests of each target's checks, in order; computed at each start if absent. */
  digests?: string[][];
  /** The tree of each expression, by its text; parsed at its first use if absent. */
  trees?: Record<string, string>;
  /** The secrets it references. Of paths that differ only in numbers, one is kept; the others are counted. */
  secrets: SecretUse[];
}

/** In a config that passed, every reference is replaced. */
const ALL_REPLACED = { sinks: [], steps: [{ references: /^/ }] };

const withFewPaths = ({ paths, ...use }: SecretUse): SecretUse => {
  const alike = Map.groupBy(paths, (path) => pathText(path).replace(/\d+/g, "0"));
  const few = [...alike.values()].map(([first]) => first!);
  return { ...use, paths: few, more: paths.length - few.length || undefined };
};

/** What compiling needs of a loaded config. */
interface Loaded extends Pick<LoadedConfig, "trees"> {
  config: Pick<Config, "objects" | "targets">;
}

/** Compiles a value that passed `load`; `loaded` is the result of that. */
export const compileConfig = (config: unknown, loaded?: Loaded): Compiled => ({
  grammar: grammar.mark,
  config,
  objects: loaded?.config.objects ?? 1,
  digests: loaded?.config.targets.map(({ checks }) => checks.map(({ digest }) => digest)),
  trees: loaded && Object.fromEntries([...loaded.trees].map(([source, tree]) => [source, packTree(tree)])),
  secrets: readReferences(config as Draft<RawConfig>, ALL_REPLACED, () => {}).map(withFewPaths),
});

/** Loads a compiled config without checking its shape or expressions again. */
export async function loadCompiled(value: unknown, options: LoadOptions): Promise<LoadedConfig> {
  const { config, objects, digests, trees, secrets } = readCompiled(value);
  return await accept({ draft: config as Draft<RawConfig> }, { ...options, objects }, {
    compiler: (_note, answers) => trustingCompiler({ ...answers, trees }),
    digests: digests?.flat(),
    secrets,
  });
}

/** Parts that probers do not need, and that may name targets outside of their share. */
const OF_THE_LEDGER = {
  api: undefined,
  heartbeat: undefined,
  hooks: undefined,
  maintenance: undefined,
  routes: undefined,
  webhooks: undefined,
};

/**
 * The part of a config that a prober object needs for these targets. Objects are many, and each starts by
 * itself.
 */
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

/** Checks that this version's grammar compiled the value. Throws a `ConfigError` otherwise. */
function readCompiled(value: unknown): Compiled {
  if (isRecord(value) && value.grammar === grammar.mark && isRecord(value.config)) {
    return value as unknown as Compiled;
  }
  const message = "this config was not compiled by this version of Assay: deploy with `deno task deploy`";
  throw new ConfigError([{ severity: "error", path: "config", message }]);
}
