import type { Checks } from "./checks.ts";
import type { Compiler, CompilerOptions } from "./compile.ts";
import type { Check, Config } from "./config.ts";
import { digestOf } from "./digest.ts";
import type { Patterns } from "./expression/mod.ts";
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
import { checkReferences, type Environment } from "./references.ts";
import { readRegions } from "./regions.ts";
import { dealPhases } from "./phases.ts";
import { readSettings } from "./settings.ts";
import type { RawConfig } from "./schema/mod.ts";
import type { Draft } from "./validate.ts";
import { readTargets } from "./targets.ts";
import { cronReader } from "./timing.ts";
import { noteLacking } from "./lacking.ts";
import { webhookSecrets } from "./webhooks.ts";

/** What a config is held against. */
export interface LoadOptions extends Environment {
  /** The kinds that this program has. */
  kinds: KindsAndReaders;
  /** Undefined: valid if either can run it. */
  runtime?: Runtime;
  /** Turns of a slot that this runtime bears where the config names none; default 3. */
  turns?: number;
  /** Objects of each place, on Cloudflare; default 1. */
  objects?: number;
  /** Opens private addresses, whatever the config says. */
  allowPrivate?: boolean;
}

const MOST_TURNS = 3;

/** What was read of a config, before it is held against a program. */
export interface ParsedConfig {
  /** What was written, as far as it has the right shape; undefined: nothing could be read. */
  draft?: Draft<RawConfig>;
  findings?: Finding[];
  locate?: Locate;
  problems?: Problem[];
}

/** A config that passed, and what is doubtful in it. */
export interface LoadedConfig {
  config: Config;
  warnings: Problem[];
}

/** What a config is made with, which differs between one that was just written and one that passed before. */
export interface Making {
  compiler(note: Note, options: CompilerOptions): Compiler;
  /** Of each check in order; absent: they are made. */
  digests?: readonly string[];
  /** Absent: it has passed them. */
  checks?: Checks;
}

/** Checks what was read, fills in every default, and freezes what is new; throws a `ConfigError` with all problems at once. */
export async function accept(
  reading: ParsedConfig,
  options: LoadOptions,
  making: Making,
): Promise<LoadedConfig> {
  const { draft, findings = [], locate = () => undefined, problems = [] } = reading;
  if (draft === undefined) throw new ConfigError(problems);
  const patterns = await options.kinds.patternsFor?.(draft);
  const note: Note = (finding) => void findings.push(finding);
  const config = withDepthCheck(() => build(draft, { ...options, ...making, patterns }, note));
  const all = sortProblems([...problems, ...toProblems(findings, locate)]);
  if (all.some(({ severity }) => severity === "error")) throw new ConfigError(all);
  await setDigests(config.checks, making.digests);
  // What passed before is read at each wake of an object, and to freeze it would be a quarter of that.
  return { config: making.checks ? freeze(config) : config, warnings: all };
}

/** One after the other: each hash that is under way at once may take a thread of its own. */
async function setDigests(checks: readonly Check[], digests: Making["digests"]): Promise<void> {
  for (const [i, check] of checks.entries()) check.digest = digests?.[i] ?? await digestOf(check);
}

/** What walks a config, which may be nested more deeply than the stack. */
export function withDepthCheck<T>(walk: () => T): T {
  try {
    return walk();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = "this config is nested too deeply";
    throw new ConfigError([{ severity: "error", path: "config", message }]);
  }
}

type BuildOptions = LoadOptions & Making & { patterns?: Patterns };

function build(draft: Draft<RawConfig>, options: BuildOptions, note: Note): Config {
  const { kinds, checks } = options;
  const { dialects: rows, stores, sinks, steps, auths = [], functions } = kinds;
  const allowPrivate = options.allowPrivate || draft.allowPrivate === true;
  checkReferences(draft, { ...options, places: webhookSecrets(draft.webhooks, sinks), steps }, note);
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
    compiler: options.compiler(note, { patterns: options.patterns, functions, isWorker }),
    checks,
    note,
  });
  checks?.dependencies(targets, note);
  const all = targets.flatMap((target) => target.checks);
  const { maintenance: windows } = draft;
  if (windows?.length && !kinds.readMaintenance) noteLacking("maintenance", ["maintenance"], note);
  // There a place has objects as many as it needs, and each wake-up costs.
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
