/** One of several deployments of a config: which prober it is, and on Deno Deploy, whether it may act. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Child, spawn } from "./child.ts";

let folder: string;
let target: Deno.HttpServer<Deno.NetAddr>;
let hits: number;
let hit: () => void;
let firstHit: Promise<void>;
let child: Child | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-"));
  hits = 0;
  firstHit = new Promise((resolve) => hit = resolve);
  target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    hits++;
    hit();
    return new Response("ok");
  });
});
afterEach(async () => {
  child?.kill("SIGKILL");
  await Promise.all([child?.ended, target.shutdown()]);
  rmSync(folder, { recursive: true });
});

/** Starts Assay as one of two deployments; nobody answers at either prober's address. Answers its port. */
async function started(env: Record<string, string>): Promise<number> {
  const file = join(folder, "assay.yaml");
  const nowhere = `url: "http://127.0.0.1:1", token: "\${env:PROBER_TOKEN}"`;
  writeFileSync(
    file,
    `version: 1
store: { memory: {} }
allowPrivate: true
regions:
  - { id: eu, probers: [{ id: eu, ${nowhere} }] }
  - { id: us, probers: [{ id: us, ${nowhere} }] }
targets:
  - id: shop
    url: http://127.0.0.1:${target.addr.port}
    checks: [{ id: orders, report: { path: /readyz }, journey: [{ request: { path: / }, expect: status == 200 }] }]
`,
  );
  child = spawn("../../scripts/cli/assay.ts", ["start", file, "--port", "0"], {
    PROBER_TOKEN: "a-token",
    ...env,
  });
  const line = await child.line("err", (line) => line.includes('"port"') || line.includes("timeline"));
  return JSON.parse(line).port;
}

test("ASSAY_HERE: the process asks itself without its address, and others may ask it", async () => {
  const port = await started({ ASSAY_HERE: "eu" });
  await firstHit;
  const ask = (token: string) =>
    fetch(`http://127.0.0.1:${port}/v1/rounds`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
    });
  const answers = await Promise.all([ask("wrong"), ask("a-token")]);
  await Promise.all(answers.map((answer) => answer.text()));
  expect(answers[0]!.status).toBe(401);
  expect(answers[1]!.status).not.toBe(401);
});

test("ASSAY_HERE that is no prober of the config is said at once", async () => {
  await expect(started({ ASSAY_HERE: "mars" })).rejects.toThrow("The config has no prober mars");
});

test("on Deno Deploy the production timeline acts", async () => {
  await started({ ASSAY_HERE: "eu", DENO_DEPLOY: "true", DENO_TIMELINE: "production" });
  await firstHit;
});

test("on Deno Deploy any other timeline answers and does nothing", async () => {
  const port = await started({ ASSAY_HERE: "eu", DENO_DEPLOY: "true", DENO_TIMELINE: "git-branch/main" });
  const livez = await fetch(`http://127.0.0.1:${port}/livez`);
  await livez.text();
  expect(livez.status).toBe(200);
  child!.kill("SIGTERM");
  expect(await child!.ended).toMatchObject({ code: 0 });
  expect(child!.err.join("\n")).toContain("not the production timeline");
  expect(hits).toBe(0);
});
