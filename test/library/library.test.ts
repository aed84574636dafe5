import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { judge } from "../../examples/library/judge.ts";
import { compare, DIALECTS, read, tally, wins } from "../../src/mod.ts";
import deno from "../../deno.json" with { type: "json" };
import { CASES } from "./cases.ts";

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env: { NO_COLOR: "1" } })
    .output();
  const [out, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  if (!success) throw new Error(`${command} failed: ${out}${error}`);
  return out!;
}

test.each(CASES)("on Deno: %s", (_, results, outcome) => expect(judge(results)).toBe(outcome));

test("on Node the same, as one file of plain JavaScript", async () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-library-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const bundle = join(folder, "judge.mjs");
  const flags = ["--bundle", "--format=esm", "--platform=neutral", "--main-fields=module,main"];
  await run("node_modules/.bin/esbuild", "examples/library/judge.ts", ...flags, `--outfile=${bundle}`);
  const script = `import { judge } from ${JSON.stringify(bundle)};
    console.log(JSON.stringify(JSON.parse(process.argv[1]).map(judge)));`;
  const printed = await run(
    "node",
    "--input-type=module",
    "-e",
    script,
    JSON.stringify(CASES.map(([, results]) => results)),
  );
  expect(JSON.parse(printed)).toEqual(CASES.map(([, , outcome]) => outcome));
});

test("the examples in the docstrings come true", () => {
  const claim = { state: "ready", question: "readiness" } as const;
  expect(compare(claim, "fail", claim).word).toBe("drift");
  const quorum = { open: "majority", resolve: "majority", minReporting: 2 } as const;
  expect(tally(["drift", "drift", "ready"], quorum)).toBe("drift");
  expect(wins("majority", 1, 2)).toBe(false);
  const url = new URL("https://shop.example/readyz");
  const answer = { url, status: 200, headers: new Headers(), text: '{"status":"UP"}' };
  expect(read(answer, { dialect: "auto" }, DIALECTS).state).toBe("ready");
});

test("whatever is exported has its docstring, and names no type that is not", async () => {
  await run(Deno.execPath(), "doc", "--lint", ...Object.values(deno.exports));
});
