import { accept, type Loaded, type LoadOptions, type Parsed, withDepthCheck } from "./accept.ts";
import type { Kinds } from "./kinds.ts";

export type { Loaded, LoadOptions } from "./accept.ts";
export { ConfigError, type Problem } from "./problem.ts";

/** Reads, checks and freezes a YAML text; throws a `ConfigError` with all problems at once. */
export async function load(source: { kind: "yaml"; text: string }, options: LoadOptions): Promise<Loaded> {
  // Only here, so that a bundle that loads compiled values alone holds neither a YAML parser nor the grammar.
  const { readYaml } = await import("./yaml.ts");
  const { value, ...reading } = readYaml(source.text);
  if (value === undefined) return await accept(reading, options);
  return await accept({ ...await readValue(value, options.kinds), ...reading }, options);
}

/** The same for a value, without positions. */
export async function loadValue(value: unknown, options: LoadOptions): Promise<Loaded> {
  return await accept(await readValue(value ?? null, options.kinds), options);
}

async function readValue(value: unknown, kinds: Kinds): Promise<Parsed> {
  const { validate } = await import("./validate.ts");
  return withDepthCheck(() => validate(value, kinds));
}
