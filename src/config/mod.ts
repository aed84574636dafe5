import {
  accept,
  type BuildMode,
  type LoadedConfig,
  type LoadOptions,
  type ParsedConfig,
  withDepthCheck,
} from "./accept.ts";
import { CHECKS } from "./checks.ts";
import { compiler } from "./compile.ts";
import type { ComposeOptions } from "./compose/mod.ts";
import type { Kinds } from "./kinds.ts";
import { ConfigError, type Locate, type Path, type Problem } from "./problem.ts";

export type { LoadedConfig, LoadOptions } from "./accept.ts";
export { ConfigError, type Problem };

/** A text of a config, with its file name if there are several. */
export interface ConfigText {
  file?: string;
  text: string;
}

/** The source of a config: one text, or several that are merged. */
export type ConfigSource = ({ kind: "yaml" } & ConfigText) | { kind: "files"; files: readonly ConfigText[] };

/** Options of composition and validation. */
export type ConfigOptions = LoadOptions & ComposeOptions & {
  /** Skips positions of a JSON text unless something is wrong, which saves memory. */
  withoutPlaces?: boolean;
};

/** A loaded config. `value` is the composed config: vars, named steps and target defaults are resolved. */
export interface Read extends LoadedConfig {
  value: unknown;
  /** Finds the position of a path of `value`. */
  locate: Locate;
}

const FULL_CHECKS: BuildMode = { compiler, checks: CHECKS };

const NOWHERE: Locate = () => undefined;

/** Reads, validates and freezes YAML texts. Throws a `ConfigError` with all problems. */
export async function load(source: ConfigSource, options: ConfigOptions): Promise<Read> {
  // Imported here, so that bundles with compiled configs include neither the YAML parser nor the grammar.
  const [{ readYaml }, { Origins }] = await Promise.all([
    import("./yaml.ts"),
    import("./compose/origins.ts"),
  ]);
  const origins = new Origins();
  const texts = source.kind === "yaml" ? [source] : source.files;
  const plain = options.withoutPlaces ? await loadPlain(texts, options) : undefined;
  if (plain) return plain;
  const readings = texts.map(({ text, file }) => readYaml(text, { file, origins }));
  const problems = readings.flatMap(({ problems }) => problems);
  const roots = readings.flatMap(({ value }) => value === undefined ? [] : [value]);
  if (roots.length < readings.length) {
    return { ...await accept({ problems }, options, FULL_CHECKS), value: undefined, locate: NOWHERE };
  }
  return await acceptRoots(roots, problems, options, origins);
}

/**
 * Loads a JSON text without positions; undefined if it has any problem, so that it must be read with
 * positions.
 */
async function loadPlain(texts: readonly ConfigText[], options: ConfigOptions): Promise<Read | undefined> {
  const { readPlainJson } = await import("./plain_json.ts");
  const value = texts.length === 1 ? readPlainJson(texts[0]!.text) : undefined;
  if (!value) return undefined;
  try {
    const read = await loadValue(value, options);
    return read.warnings.length === 0 ? read : undefined;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Loads a value, without positions. */
export async function loadValue(value: unknown, options: ConfigOptions): Promise<Read> {
  const { Origins } = await import("./compose/origins.ts");
  const { isRecord } = await import("../base/json.ts");
  if (isRecord(value)) return await acceptRoots([value], [], options, new Origins());
  return {
    ...await accept(await readValue(value ?? null, options.kinds), options, FULL_CHECKS),
    value,
    locate: NOWHERE,
  };
}

async function acceptRoots(
  roots: Record<string, unknown>[],
  found: Problem[],
  options: ConfigOptions,
  origins: import("./compose/origins.ts").Origins,
): Promise<Read> {
  const { compose } = await import("./compose/mod.ts");
  const { value, problems } = await withDepthCheck(() => compose(roots, origins, options));
  const reading = await readValue(value, options.kinds, (path) => origins.textOf(value, path));
  const locate: Locate = (path, at, offset) => origins.locate(value, path, at, offset);
  return {
    ...await accept({ ...reading, locate, problems: [...found, ...problems] }, options, FULL_CHECKS),
    value,
    locate,
  };
}

async function readValue(
  value: unknown,
  kinds: Kinds,
  textOf?: (path: Path) => string | undefined,
): Promise<ParsedConfig> {
  const { validate } = await import("./validate.ts");
  const written = JSON.stringify(value);
  await Promise.all(kinds.steps.map(({ kind, prepare }) => written.includes(`"${kind}"`) && prepare?.()));
  return withDepthCheck(() => validate(value, kinds, textOf));
}
