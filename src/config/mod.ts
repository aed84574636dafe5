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

/** A config as a text, or as the value that was compiled from one. */
export type Source = { kind: "yaml"; text: string } | { kind: "value"; value: unknown };

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

/** Reads, checks and freezes a config; throws a `ConfigError` with all problems at once. */
export async function load(
  source: Source,
  options: LoadOptions,
): Promise<{ config: Config; warnings: Problem[] }> {
  const { value, locate, problems } = await readSource(source);
  if (value === undefined) throw new ConfigError(problems);
  const findings: Finding[] = [];
  const config = attempt(value, options, findings);
  const all = inOrder([...problems, ...toProblems(findings, locate)]);
  if (all.some(({ severity }) => severity === "error")) throw new ConfigError(all);
  await Promise.all(config.checks.map(async (check) => check.digest = await digestOf(check)));
  return { config: freeze(config), warnings: all };
}

async function readSource(source: Source): Promise<Reading> {
  if (source.kind === "value") return { value: source.value ?? null, locate: () => undefined, problems: [] };
  const { readYaml } = await import("./yaml.ts");
  return readYaml(source.text);
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
  return { ...readSettings(draft, allowPrivate, note), regions, targets, checks };
}
