/** What all verbs share: reading a config, printing its problems, exit codes. */
import { ConfigError, load, type LoadOptions, type Problem } from "../../src/config/mod.ts";
import type { Config } from "../../src/config/config.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

/** The config is not valid. */
export const INVALID = 1;
/** Wrong use of the command line, or a file that cannot be read. */
export const USAGE = 3;
/** The file that every verb reads when none is named. */
export const DEFAULT_FILE = "assay.yaml";

/** A config and the text it came from. */
export interface LoadedFile {
  text: string;
  config: Config;
  warnings: Problem[];
}

/** Loads a config file; prints every problem and exits 1 if it is not valid, 3 if it cannot be read. */
export async function loadFile(
  file: string,
  options: Partial<LoadOptions> & { json?: boolean },
): Promise<LoadedFile> {
  const { json, ...rest } = options;
  const text = await Deno.readTextFile(file).catch((error) =>
    fail(USAGE, `Cannot read ${file}: ${error.message}`)
  );
  try {
    const env = (name: string) => Deno.env.get(name);
    // Deno Deploy bills what wakes it up: there a slot is one instant.
    const turns = env("DENO_DEPLOY") ? 1 : undefined;
    return { text, ...await load({ kind: "yaml", text }, { kinds: KINDS, env, turns, ...rest }) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    printResult(
      { json, value: { file, valid: false, problems: error.problems } },
      formatProblems(file, error.problems),
    );
    Deno.exit(INVALID);
  }
}

/** Problems, one paragraph each: file:line:column, path, what was expected, found and may be meant. */
export function formatProblems(file: string, problems: readonly Problem[]): string {
  return problems.map(({ severity, line, column, path, message, expected, found, suggestion }) => {
    const where = line === undefined ? file : `${file}:${line}:${column}`;
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

/** Says why on standard error, and exits. */
export function fail(code: number, message: string): never {
  console.error(message);
  Deno.exit(code);
}

/** Warnings go to standard error, so that output stays clean. */
export function warn(file: string, { warnings }: LoadedFile): void {
  if (warnings.length > 0) console.error(formatProblems(file, warnings));
}
