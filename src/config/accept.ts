import type { Checks } from "./checks.ts";
import type { Compiler, CompilerOptions } from "./compiler.ts";
import type { Check, Config } from "./config.ts";
import { digestOf } from "./digest.ts";
import type { Node } from "./expression/tree.ts";
import { freeze } from "./freeze.ts";
import type { KindsAndReaders } from "./readers.ts";
import type { Runtime } from "./runtime.ts";
import {
  ConfigError,
  type Finding,
  type Locate,
  type Note,
  type Problem,
  sortProblems,
  toProblems,
} from "./problem.ts";
import { checkSecrets, type Environment, type SecretUse } from "./secret_values.ts";
import { readRegions } from "./regions.ts";
import { dealPhases } from "./phases.ts";
import { readSettings } from "./settings.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { readTargets } from "./targets.ts";
import { cronReader } from "./timing.ts";
import { noteLacking } from "./lacking.ts";

/** The environment that a config is validated for. */
export interface LoadOptions extends Environment {
  /** The kinds that this program supports. */
  kinds: KindsAndReaders;
  /** Undefined: valid if any runtime can run it. */
  runtime?: Runtime;
  /** Turns per slot on this runtime if the config sets none; default 3. */
  turns?: number;
  /** Durable Objects per place, on Cloudflare; default 1. */
  objects?: number;
  /** Allows private addresses, whatever the config says. */
  allowPrivate?: boolean;
}

const MOST_TURNS = 3;

/** A parsed config, before validation across fields. */
export interface ParsedConfig {
  /** The parts with the right shape; undefined if nothing could be read. */
  draft?: Draft<RawConfig>;
  findings?: Finding[];
  locate?: Locate;
  problems?: Problem[];
}

/** A valid config and its warnings. */
export interface LoadedConfig {
  config: Config;
  warnings: Problem[];
  /** The tree of each expression that was checked, by its text. */
  trees: ReadonlyMap<string, Node>;
}

/** How a config is built: with full checks if it is new, without if it passed before. */
export interface BuildMode {
  compiler(note: Note, options: CompilerOptions): Compiler;
  /** The digest of each check in order; computed if absent. */
  digests?: readonly string[];
  /** Absent for a config that has passed them. */
  checks?: Checks;
  /** What it refers to, where `checks` do not say. */
  secrets?: readonly SecretUse[];
}

/**
 * Validates a parsed config, fills in defaults and freezes a new one. Throws a `ConfigError` with all
 * problems.
 */
export async function accept(
  reading: ParsedConfig,
  options: LoadOptions,
  mode: BuildMode,
): Promise<LoadedConfig> {
  const { draft, findings = [], locate = () => undefined, problems = [] } = reading;
  if (draft === undefined) throw new ConfigError(problems);
  const patterns = await options.kinds.patternsFor?.(draft);
  const note: Note = (finding) => void findings.push(finding);
  const trees = new Map<string, Node>();
  const config = withDepthCheck(() => build(draft, { ...options, ...mode, patterns, parsed: trees }, note));
  const all = sortProblems([...problems, ...toProblems(findings, locate)]);
  if (all.some(({ severity }) => severity === "error")) throw new ConfigError(all);
  await setDigests(config.checks, mode.digests);
  // A compiled config is read at each wake-up of an object, and freezing would take a quarter of that time.
  return { config: mode.checks ? freeze(config) : config, warnings: all, trees };
}

/** Sequential, because each concurrent hash may take its own thread. */
async function setDigests(checks: readonly Check[], digests: BuildMode["digests"]): Promise<void> {
  for (const [i, check] of checks.entries()) check.digest = digests?.[i] ?? await digestOf(check);
}

/** Runs a recursive walk of a config. Turns a stack overflow into a `ConfigError`. */
export function withDepthCheck<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "this config is nested too deeply";
    throw new ConfigError([{ severity: "error", path: "config", message }]);
  }
}

type BuildOptions = LoadOptions & BuildMode & Pick<CompilerOptions, "patterns" | "parsed">;

function build(draft: Draft<RawConfig>, options: BuildOptions, note: Note): Config {
  const { kinds, checks, patterns, parsed } = options;
  const { dialects: rows, stores, auths = [], functions, libraryOf } = kinds;
  const allowPrivate = options.allowPrivate || draft.allowPrivate === true;
  checkSecrets(checks?.references(draft, kinds, note) ?? options.secrets ?? [], options, note);
  if (options.runtime === "cloudflare" && !allowPrivate) checks?.edgeAddresses(draft, note);
  const regions = readRegions(draft.regions, options, note);
  const isWorker = options.runtime === "cloudflare" ||
    regions.some(({ probers }) => probers.some(({ kind }) => kind === "place"));
  const dialects = rows.map(({ name }) => name);
  const settings = readSettings(draft, { ...options, ...kinds, allowPrivate }, note);
  const store = stores.find(({ kind }) => kind === settings.store.kind);
  const cron = cronReader(kinds.compileCron);
  const targets = readTargets(draft, {
    ...kinds,
    dialects,
    auths,
    cron,
    env: options.env,
    turns: Math.min(options.turns ?? MOST_TURNS, store?.turns ?? MOST_TURNS),
    allowPrivate,
    runtime: isWorker ? "cloudflare" : options.runtime,
    compiler: options.compiler(note, { patterns, functions, libraryOf, parsed, isWorker }),
    checks,
    note,
  });
  checks?.dependencies(targets, note);
  const all = targets.flatMap((target) => target.checks);
  const { maintenance: windows } = draft;
  if (windows?.length && !kinds.readMaintenance) noteLacking("maintenance", ["maintenance"], note);
  // Not on Cloudflare: a place has as many objects as it needs, and each wake-up costs.
  if (!isWorker) dealPhases(all, settings);
  return {
    ...settings,
    objects: options.objects ?? 1,
    regions,
    targets,
    checks: all,
    maintenance: kinds.readMaintenance?.(windows, { targets, cron, note }) ?? [],
  };
}
