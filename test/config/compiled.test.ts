import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { compileConfig, loadCompiled, shareOf } from "../../src/config/compiled.ts";
import type { Config } from "../../src/config/config.ts";
import { ConfigError, loadValue } from "../../src/config/mod.ts";
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

test("a share of a compiled config holds its targets as the whole does, and nothing that names others", async () => {
  const [shop] = value().targets as Record<string, unknown>[];
  const targets = ["shop", "till", "depot"].map((id) => ({
    ...shop,
    id,
    ...(id === "till" && { dependsOn: ["shop"] }),
  }));
  const written = {
    ...value(),
    controls: ["https://control.example"],
    api: { tokens: [{ id: "ci", hash: `sha256:${"0".repeat(64)}`, scopes: ["read"], targets: ["shop"] }] },
    maintenance: [{ id: "m", match: { target: "shop" }, reason: "r", cron: "0 2 * * *", duration: "1h" }],
    targets,
  };
  const whole = await loadValue(written, options);
  const compiled = bundled(compileConfig(whole.value, whole));
  const { config, warnings } = await loadCompiled(
    shareOf(compiled, new Set(["till", "depot", "gone"])),
    options,
  );
  expect(warnings).toEqual([]);
  const named = ({ checks }: Config) =>
    checks.map(({ key, digest, target }) => [key, digest, target.dependsOn]);
  expect(named(config)).toEqual(named(whole.config).slice(1));
  expect(config.controls).toEqual(whole.config.controls);
});

test("a digest that was compiled is not made again", async () => {
  const whole = await loadValue(value(), options);
  const { digests, ...compiled } = bundled(compileConfig(whole.value, whole));
  const { config } = await loadCompiled({ ...compiled, digests: [["as compiled"]] }, options);
  expect(digests).toEqual([whole.config.checks.map(({ digest }) => digest)]);
  expect(config.checks.map(({ digest }) => digest)).toEqual(["as compiled"]);
});

test("a compiled config names the secrets that it refers to", () => {
  const webhooks = [{ id: "a", url: "${env:A_URL}", secret: "${env:A_SECRET:-none}" }];
  expect(compileConfig({ ...value(), webhooks }).secrets).toEqual([
    { name: "A_URL", paths: [["webhooks", 0, "url"]] },
    { name: "A_SECRET", fallback: "none", paths: [["webhooks", 0, "secret"]] },
  ]);
});

test("a compiled config is held against the secrets of its deployment, each named where it stands", async () => {
  const [shop] = value().targets as Record<string, unknown>[];
  const steps = [{ request: { path: "/", headers: { "x-key": "${env:KEY}" } }, expect: ["status == 200"] }];
  const targets = ["shop", "till"].map((id) => ({
    ...shop,
    id,
    checks: [{ contract: "It works.", journey: steps }],
  }));
  const compiled = compileConfig({ ...value(), targets, api: { token: "${env:TOKEN}" } });
  const problemsOf = async (env: Record<string, string>) => {
    const loading = loadCompiled(bundled(compiled), { ...options, env: (name) => env[name] });
    const { problems } = await loading.then(
      ({ warnings }) => ({ problems: warnings }),
      (error: ConfigError) => error,
    );
    return problems.map(({ severity, path, message }) => `${severity} ${path}: ${message}`).toSorted();
  };
  const key = 'targets[0].checks[0].journey[0].request.headers["x-key"]';
  expect(await problemsOf({})).toEqual([
    "error api.token: TOKEN is not set",
    `error ${key}: KEY is not set; also used at 1 more`,
  ]);
  expect(await problemsOf({ TOKEN: "short", KEY: "a\nb and so on" })).toEqual([
    `error ${key}: the value of KEY cannot be sent here`,
    "warning api.token: TOKEN has fewer than 16 characters: it may be guessed",
  ]);
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
