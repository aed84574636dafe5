/** `assay export` and `assay replay`, as programs: a store is written, exported and judged again under another config. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openSqlite } from "../../functions/deno/sqlite.ts";
import { settlerFixture, threeRegions } from "../world/settler_fixture.ts";
import { spawn } from "./child.ts";

const SECRETS = {
  PROBER_TOKEN: "a-token-of-its-own-0",
  HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

let folder: string;
let history: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "assay-"))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A config of three regions in a file of this name, with other thresholds. */
function configFile(name: string, settings = ""): string {
  const file = join(folder, name);
  const text = threeRegions([
    ["store: { memory: {} }", `store: { sqlite: "${join(folder, "assay.db")}" }`],
    ["{ id: read,", `{ id: read, ${settings}`],
  ]);
  writeFileSync(file, text);
  return file;
}

async function assay(...args: string[]): Promise<{ code: number; out: string }> {
  const { ended, out, err } = spawn("../../scripts/cli/assay.ts", args, SECRETS);
  const { code } = await ended;
  return { code, out: [...out, ...(code === 0 ? [] : err)].join("\n") };
}

test("a drift is exported, without a secret", async () => {
  const store = openSqlite(join(folder, "assay.db"));
  const shop = await settlerFixture(threeRegions(), { store });
  await shop.runMinutes(2);
  shop.script.set("drift");
  await shop.runMinutes(5);
  shop.script.set("ready");
  await shop.runMinutes(3);
  await store.close();
  const { code, out } = await assay("export", configFile("assay.yaml"), "--since", "4000d");
  expect(code).toBe(0);
  expect(out.split("\n")).toHaveLength(1 + 10 + 1);
  for (const secret of Object.values(SECRETS)) expect(out).not.toContain(secret);
  history = join(folder, "history.jsonl");
  const { openedAt } = out.split("\n").map((line) => JSON.parse(line)).at(-1);
  const divergence = { kind: "incident", check: "shop/read", of: "divergence", family: "agreement" };
  const line = JSON.stringify({ ...divergence, scope: "global", episode: 1, openedAt: openedAt + 60_000 });
  writeFileSync(history, `${out}\n${line}`);
}, 180_000);

test.each<[name: string, settings: string, told: RegExp[]]>([
  ["the same", "", [/drift, .*: opened at the same time/]],
  ["a threshold of one", "failureThreshold: 1,", [/drift, .*: 60 s earlier/]],
  ["a threshold of three", "failureThreshold: 3,", [/drift, .*: 60 s later/]],
])("and judged again under another config: %s", async (_name, settings, told) => {
  const { code, out } = await assay("replay", history, "--config", configFile("other.yaml", settings));
  expect([code, out]).toEqual([0, out]);
  expect(out).toMatch(/^shop\/read, 10 slots\n {2}happened: \n {4}drift, /);
  for (const line of told) expect(out).toMatch(line);
  expect(out).toMatch(
    /divergence, .* to the end: not replayed, because history does not keep its evidence\n {2}under /,
  );
}, 180_000);

test("what is no history says so", async () => {
  const { code, out } = await assay("replay", configFile("assay.yaml"), "--config", configFile("other.yaml"));
  expect(code).toBe(3);
  expect(out).toMatch(/^Cannot replay .*line 1/);
}, 180_000);
