/** What every verb that is about to use a token says of a short one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const SHORT = "hunter2-hunter2";
const LONG = `${SHORT}-`;
const WARNED = "warning: api.token: ASSAY_TOKEN has fewer than 16 characters: it may be guessed";
const script = (name: string) => fileURLToPath(new URL(`../../scripts/cli/${name}`, import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  const check = "{ report: { path: /readyz }, journey: [{ expect: body.ok == true }] }";
  const write = (name: string, regions: string, count: number) => {
    const targets = Array.from(
      { length: count },
      (_, i) => `  - { id: t${i}, url: "https://shop.example", checks: [${check}] }\n`,
    );
    const text = `version: 1\napi: { token: "\${env:ASSAY_TOKEN}" }\n${regions}\ntargets:\n`;
    writeFileSync(join(folder, name), text + targets.join(""));
  };
  write("one.yaml", "", 1);
  // Too much for the free plan: a deployment ends before it reaches anybody.
  write("many.yaml", "regions: [weur]", 1_000);
});
afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: string[], token: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", ...args],
    cwd: folder,
    env: { ASSAY_TOKEN: token },
  });
  const { code, stdout, stderr } = await child.output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

test.each([
  ["check", [script("assay.ts"), "check", "one.yaml"], 0, "one.yaml: valid"],
  ["check --json", [script("assay.ts"), "check", "one.yaml", "--json"], 0, '"valid": true'],
  ["start", [script("assay.ts"), "start", "one.yaml", "--prober", "nobody"], 3, "no prober nobody"],
  ["deploy", [script("worker.ts"), "deploy", "--config-file", "many.yaml"], 1, "over the limit of 50"],
])("%s warns of a token that may be guessed, and goes on", async (verb, args, code, then) => {
  const [short, long] = [await run(args, SHORT), await run(args, LONG)];
  const isJson = verb.includes("--json") || verb === "start";
  const said = isJson ? WARNED.split(": ").slice(2).join(": ") : WARNED;
  expect([short.code, long.code]).toEqual([code, code]);
  expect(short.text).toContain(said);
  for (const { text } of [short, long]) expect(text).toContain(then);
  expect(short.text).not.toContain(SHORT);
  expect(long.text).not.toContain("it may be guessed");
});
