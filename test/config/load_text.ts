import { KINDS } from "../../functions/deno/kinds.ts";
import { ConfigError, load, type LoadOptions, type Problem } from "../../src/config/mod.ts";
import type { Config } from "../../src/config/config.ts";

/** A small valid config; the tests change single places of it. */
export const BASE = `version: 1
targets:
  - id: shop
    url: https://shop.example
    checks:
      - id: write
        report: { path: /readyz }
        journey:
          - expect: ["status == 200", "body.ok == true"]
`;

const OPTIONS: LoadOptions = {
  kinds: { ...KINDS, dialects: ["http", "k8s-readyz", "spring", "health-json"].map((name) => ({ name })) },
};

/** BASE with `find` replaced; fails if it is not there. */
export function edit(find: string, replacement: string, text = BASE): string {
  if (!text.includes(find)) throw new Error(`The text has no ${JSON.stringify(find)}`);
  return text.replace(find, () => replacement);
}

/** Loads a config that must be valid. */
export async function loadText(text: string, options: Partial<LoadOptions> = {}): Promise<Config> {
  return (await load({ kind: "yaml", text }, { ...OPTIONS, ...options })).config;
}

/** Loads a config and returns its problems, errors and warnings. */
export async function problemsOf(text: string, options: Partial<LoadOptions> = {}): Promise<Problem[]> {
  try {
    return (await load({ kind: "yaml", text }, { ...OPTIONS, ...options })).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** Takes the mark `▸` out of a text and says where it was. */
export function takeMark(text: string): { text: string; line: number; column: number } {
  const before = text.slice(0, text.indexOf("▸")).split("\n");
  return { text: text.replace("▸", ""), line: before.length, column: before.at(-1)!.length + 1 };
}
