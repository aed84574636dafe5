import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { compileConfig, loadCompiled } from "../../src/config/compiled.ts";
import type { Config } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/mod.ts";
import { readYaml } from "../../src/config/yaml.ts";
import { BASE, loadText } from "./load_text.ts";

const options = { kinds: { ...KINDS, dialects: [{ name: "http" }] } };
const value = () => readYaml(BASE).value as Record<string, unknown>;
const bundled = (compiled: unknown) => JSON.parse(JSON.stringify(compiled));

test("a compiled config reads the same as its text, digests included", async () => {
  const { config } = await loadCompiled(bundled(compileConfig(value())), options);
  const digests = ({ checks }: Config) => checks.map(({ key, digest }) => [key, digest]);
  expect(digests(config)).toEqual(digests(await loadText(BASE)));
});

test("the mark is that of the present grammar (deno task schema writes it)", () => {
  const schema = readFileSync(new URL("../../schema/assay.schema.json", import.meta.url));
  expect(compileConfig({}).grammar).toBe(createHash("sha256").update(schema).digest("hex").slice(0, 8));
});

test.each([
  ["a config as it is written", value()],
  ["one of another version", { ...compileConfig(value()), grammar: "0000000" }],
  ["one without its config", { grammar: compileConfig({}).grammar }],
  ["nothing", null],
])("%s is refused: nobody has checked its shape", async (_, given) => {
  const failure = await loadCompiled(given, options).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ConfigError);
  expect(`${failure}`).toContain("deno task deploy");
});
