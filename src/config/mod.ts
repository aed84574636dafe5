import {
  accept,
  type LoadedConfig,
  type LoadOptions,
  type Making,
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

/** A text of a config, and the name of its file where there are several. */
export interface ConfigText {
  file?: string;
  text: string;
}

/** How a config is written: in one text, or in several whose lists are joined. */
export type ConfigSource = ({ kind: "yaml" } & ConfigText) | { kind: "files"; files: readonly ConfigText[] };

/** How it is put together, and what it is held against. */
export type ConfigOptions = LoadOptions & ComposeOptions & {
  /** Positions are read only where something is wrong. */
  withoutPlaces?: boolean;
};

/** What was read: `value` is the config in one piece, without vars, names and defaults of targets. */
export interface Read extends LoadedConfig {
  value: unknown;
  /** Where a path of `value` is written. */
  locate: Locate;
}

/** All is checked. */
const MAKING: Making = { compiler, checks: CHECKS };

const NOWHERE: Locate = () => undefined;

/** Reads, checks and freezes YAML texts; throws a `ConfigError` with all problems at once. */
export async function load(source: ConfigSource, options: ConfigOptions): Promise<Read> {
  // Only here, so that a bundle that loads compiled values alone holds neither a YAML parser nor the grammar.
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
    return { ...await accept({ problems }, options, MAKING), value: undefined, locate: NOWHERE };
  }
  return await acceptRoots(roots, problems, options, origins);
}

/** A text of JSON with which nothing is wrong; undefined: that cannot be said without positions. */
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

/** The same for a value, without positions. */
export async function loadValue(value: unknown, options: ConfigOptions): Promise<Read> {
  const { Origins } = await import("./compose/origins.ts");
  const { isRecord } = await import("../base/json.ts");
  if (isRecord(value)) return await acceptRoots([value], [], options, new Origins());
  return {
    ...await accept(await readValue(value ?? null, options.kinds), options, MAKING),
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
    ...await accept({ ...reading, locate, problems: [...found, ...problems] }, options, MAKING),
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
