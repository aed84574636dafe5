import { compiler } from "./compile.ts";
import type { Config } from "./config.ts";
import { digestOf } from "./digest.ts";
import { freeze } from "./freeze.ts";
import { ConfigError, type Finding, inOrder, type Locate, type Problem, toProblems } from "./problem.ts";
import { checkReferences, type Environment } from "./references.ts";
import { readRegions, type Runtime } from "./regions.ts";
import { readSettings } from "./settings.ts";
import { shape } from "./shape.ts";
import { readTargets } from "./targets.ts";

export { ConfigError, type Problem } from "./problem.ts";

/** What a config is held against. */
export interface LoadOptions extends Environment {
  /** Names of the report dialects, without `auto`. */
  dialects: readonly string[];
  /** Undefined: valid if either can run it. */
  runtime?: Runtime;
  /** Opens private addresses, whatever the config says. */
  allowPrivate?: boolean;
}

interface Reading {
  value?: unknown;
  locate: Locate;
  problems: Problem[];
}

/** A config that passed, and what is doubtful in it. */
export interface Loaded {
  config: Config;
  warnings: Problem[];
}

/** Reads, checks and freezes a YAML text; throws a `ConfigError` with all problems at once. */
export async function load(source: { kind: "yaml"; text: string }, options: LoadOptions): Promise<Loaded> {
  // Only here, so that a bundle that loads values alone holds no YAML parser.
  const { readYaml } = await import("./yaml.ts");
  return await accept(readYaml(source.text), options);
}

/** The same for a value that was compiled from a config, without positions. */
export function loadValue(value: unknown, options: LoadOptions): Promise<Loaded> {
  return accept({ value: value ?? null, locate: () => undefined, problems: [] }, options);
}

async function accept({ value, locate, problems }: Reading, options: LoadOptions): Promise<Loaded> {
  if (value === undefined) throw new ConfigError(problems);
  const findings: Finding[] = [];
  const config = attempt(value, options, findings);
  const all = inOrder([...problems, ...toProblems(findings, locate)]);
  if (all.some(({ severity }) => severity === "error")) throw new ConfigError(all);
  await Promise.all(config.checks.map(async (check) => check.digest = await digestOf(check)));
  return { config: freeze(config), warnings: all };
}

function attempt(value: unknown, options: LoadOptions, findings: Finding[]): Config {
  try {
    return build(value, options, findings);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "this config is nested too deeply";
    throw new ConfigError([{ severity: "error", path: "config", message }]);
  }
}

function build(value: unknown, options: LoadOptions, findings: Finding[]): Config {
  const note = (finding: Finding) => void findings.push(finding);
  const { draft, findings: shapes } = shape(value);
  findings.push(...shapes);
  const allowPrivate = options.allowPrivate || draft.allowPrivate === true;
  checkReferences(draft, options, note);
  const regions = readRegions(draft.regions, options.runtime, note);
  const { dialects } = options;
  const targets = readTargets(draft, { dialects, allowPrivate, compiler: compiler(note), note });
  const checks = targets.flatMap((target) => target.checks);
  return { ...readSettings(draft, { ...options, allowPrivate }, note), regions, targets, checks };
}
