/** What all verbs share: reading a config, printing its problems, exit codes. */
import { closest } from "../../src/base/closest.ts";
import { InvalidArgumentError, Option } from "commander";
import { ConfigError, type ConfigOptions, load, type Problem } from "../../src/config/mod.ts";
import type { Config } from "../../src/config/config.ts";
import type { Locate } from "../../src/config/problem.ts";
import type { ConfigText } from "../../src/config/mod.ts";
import { readBeside, readConfigFiles } from "./config_files.ts";
import { secretLookup } from "../../functions/deno/secrets.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

/** The config is not valid. */
export const INVALID = 1;
/** Wrong use of the command line, or a file that cannot be read. */
export const USAGE = 3;
/** The file that every verb reads when none is named. */
export const DEFAULT_FILE = "assay.yaml";

/** A config and the text it came from. */
export interface LoadedFile {
  /** With all references to secrets that it holds. */
  text: string;
  /** The config in one piece, as it can be compiled. */
  value: unknown;
  /** Where a path of `value` is written. */
  locate: Locate;
  config: Config;
  warnings: Problem[];
}

/** Loads a config; rejects with a ConfigError if it is not valid, with another Error if it cannot be read. */
export async function readConfig(file: string, options: Partial<ConfigOptions>): Promise<LoadedFile> {
  const files = await readConfigFiles(file).catch((cause) => {
    const advice = cause instanceof Deno.errors.NotFound ? "; `assay init <url>` writes one" : "";
    throw new Error(`Cannot read ${file}: ${cause.message}${advice}`, { cause });
  });
  const env = secretLookup();
  // Deno Deploy bills what wakes it up: there a slot is one instant.
  const turns = env("DENO_DEPLOY") ? 1 : undefined;
  const all = { kinds: KINDS, env, variables: env, turns, readFile: readBeside, ...options };
  const read = await load({ kind: "files", files: named(files) }, all);
  return { ...read, text: JSON.stringify(read.value) };
}

/** Loads a config; prints every problem and exits 1 if it is not valid, 3 if it cannot be read. */
export async function loadFile(
  file: string,
  { json, ...options }: Partial<ConfigOptions> & { json?: boolean },
): Promise<LoadedFile> {
  try {
    return await readConfig(file, options);
  } catch (error) {
    if (!(error instanceof ConfigError)) fail(USAGE, (error as Error).message);
    printResult(
      { json, value: { file, valid: false, problems: error.problems } },
      formatProblems(file, error.problems),
    );
    Deno.exit(INVALID);
  }
}

/** One text needs no file name in its errors. */
const named = (files: ConfigText[]) => files.length === 1 ? files.map(({ text }) => ({ text })) : files;

/** What `--var` and `--environment` were given. */
export interface VarFlags {
  var?: Record<string, string>;
  environment?: string;
}

/** `--var name=value`, which may stand several times. */
export const varOption = () =>
  new Option("--var <name=value>", "a value for ${var:name}; may be repeated")
    .argParser((text: string, known?: Record<string, string>) => parseVar(known ?? {}, text));

/** `--environment name`. */
export const environmentOption = () =>
  new Option("--environment <name>", "the values under environments.<name>").env("ASSAY_ENVIRONMENT");

/** Both, as `loadFile` takes them. */
export const varsOf = ({ var: vars, environment }: VarFlags) => ({ vars, environment });

/** The known values with that of one more `name=value`. */
export function parseVar(known: Record<string, string>, text: string): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Not name=value.");
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Problems, one paragraph each: file:line:column, path, what was expected, found and may be meant. */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  return problems.map(({ severity, file: part = file, line, column, path, message, ...more }) => {
    const { expected, found, suggestion } = more;
    const where = line === undefined ? part : `${part}:${line}:${column}`;
    const notes = [
      expected && `expected: ${expected}`,
      found && `found: ${found}`,
      suggestion && `did you mean: ${suggestion}`,
    ].filter(Boolean).map((note) => `    ${note}`);
    return [`${where}: ${severity}: ${path ? `${path}: ` : ""}${message}`, ...notes].join("\n");
  }).join("\n");
}

/** Prints JSON or text to standard output. */
export function printResult({ json, value }: { json?: boolean; value: unknown }, text: string): void {
  console.log(json ? JSON.stringify(value, null, 2) : text);
}

/** "No target has the id shpo (did you mean shop?)": what is not there, and what was probably meant. */
export function unknownText(message: string, word: string, words: readonly string[]): string {
  const meant = closest(word, words);
  return `${message} ${word}${meant ? ` (did you mean ${meant}?)` : ""}`;
}

/** Says why on standard error, and exits. */
export function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}

/** Warnings go to standard error, so that output stays clean. */
export function warn(file: string, { warnings }: LoadedFile): void {
  if (warnings.length > 0) console.error(formatProblems(file, warnings));
}
