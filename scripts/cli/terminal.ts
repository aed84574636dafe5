/** Shared by all verbs: reading a config, printing its problems, exit codes. */
import { closest } from "../../src/base/closest.ts";
import { InvalidArgumentError, Option } from "commander";
import { ConfigError, type ConfigOptions, load, type Problem, type Read } from "../../src/config/mod.ts";
import type { ConfigText } from "../../src/config/mod.ts";
import { readBeside, readConfigFiles } from "./config_files.ts";
import { secretLookup } from "../../functions/deno/secrets.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

/** Exit code for an invalid config. */
export const INVALID = 1;
/** Exit code for wrong usage, or a file that cannot be read. */
export const USAGE = 3;
/** The config file that verbs read by default. */
export const DEFAULT_FILE = "assay.yaml";

/** A config and the text it came from. */
export interface LoadedFile extends Read {
  /** The config as JSON text, with its secret references unresolved. */
  text: string;
}

/** Loads a config. Rejects with a ConfigError if it is invalid, with another Error if it cannot be read. */
export async function readConfig(file: string, options: Partial<ConfigOptions>): Promise<LoadedFile> {
  const files = await readConfigFiles(file).catch((cause) => {
    const advice = cause instanceof Deno.errors.NotFound ? "; `assay init <url>` writes one" : "";
    throw new Error(`Cannot read ${file}: ${cause.message}${advice}`, { cause });
  });
  const env = secretLookup();
  // Deno Deploy bills each wake-up, so there all probers start a slot together.
  const turns = env("DENO_DEPLOY") ? 1 : undefined;
  const all = { kinds: KINDS, env, variables: env, turns, readFile: readBeside, ...options };
  const read = await load({ kind: "files", files: named(files) }, all);
  return { ...read, text: JSON.stringify(read.value) };
}

/** Loads a config. Prints every problem and exits 1 if it is invalid, 3 if it cannot be read. */
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

/** Leaves out the name of a single file, because errors then need none. */
const named = (files: ConfigText[]) => files.length === 1 ? files.map(({ text }) => ({ text })) : files;

/** The values of `--var` and `--environment`. */
export interface VarFlags {
  var?: Record<string, string>;
  environment?: string;
}

/** `--var name=value`, repeatable. */
export const varOption = () =>
  new Option("--var <name=value>", "a value for ${var:name}; may be repeated")
    .argParser((text: string, known?: Record<string, string>) => parseVar(known ?? {}, text));

/** `--environment name`. */
export const environmentOption = () =>
  new Option("--environment <name>", "use the values under environments.<name>").env("ASSAY_ENVIRONMENT");

/** Both options as `loadFile` takes them. */
export const varsOf = ({ var: vars, environment }: VarFlags) => ({ vars, environment });

/** Adds one `name=value` to the known values. */
export function parseVar(known: Record<string, string>, text: string): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Not name=value.");
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) };
}

/**
 * Formats problems, one paragraph each: file:line:column, path, message, expected and found values,
 * suggestion.
 */
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

/** "No target has the id shpo (did you mean shop?)". */
export function unknownText(message: string, word: string, words: readonly string[]): string {
  const meant = closest(word, words);
  return `${message} ${word}${meant ? ` (did you mean ${meant}?)` : ""}`;
}

/** Prints a message to standard error and exits. */
export function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}

/** Prints a config's warnings to standard error, so that standard output stays machine-readable. */
export function warn(file: string, { warnings }: LoadedFile): void {
  if (warnings.length > 0) console.error(formatProblems(file, warnings));
}
