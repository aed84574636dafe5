import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Child, spawn } from "./child.ts";

const secrets = { ASSAY_TOKEN: "an-operator-token" };
const folder = mkdtempSync(join(tmpdir(), "assay-reload-"));
const file = join(folder, "assay.yaml");
const target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response("ok"));

let child: Child;
let url: string;
beforeAll(async () => {
  write(["read"]);
  child = spawn("../../scripts/cli/assay.ts", ["start", file, "--port", "0"], secrets);
  const line = await child.line("err", (line) => line.includes('"assay started"'));
  url = `http://127.0.0.1:${JSON.parse(line).port}`;
}, 60_000);
afterAll(async () => {
  child.kill("SIGTERM");
  await child.ended;
  await target.shutdown();
  rmSync(folder, { recursive: true });
});

/** Writes a config of these checks; `more` stands at its top. */
function write(checks: string[], more = "") {
  writeFileSync(
    file,
    `version: 1
store: { sqlite: ${join(folder, "assay.db")} }
${more}
api: { token: "\${env:ASSAY_TOKEN}" }
allowPrivate: true
targets:
  - id: shop
    url: http://127.0.0.1:${target.addr.port}
    checks:
${
      checks.map((id) => `      - { id: ${id}, turns: 1, confirm: 0, journey: [{ expect: status == 200 }] }`)
        .join("\n")
    }
`,
  );
}

const ask = async (path: string, method = "GET") => {
  const answer = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${secrets.ASSAY_TOKEN}` },
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : undefined };
};

/** Sends SIGHUP, and waits for what the log says of it. */
async function hangup() {
  const known = child.err.length;
  child.kill("SIGHUP");
  const line = await child.line(
    "err",
    (line, i) => i >= known && /"the config was (not )?reloaded/.test(line),
  );
  return JSON.parse(line);
}

const configPart = async () => (await ask("/readyz")).body.checks.config[0];

test(
  "a process reads its config again at SIGHUP, keeps it where the new one is wrong, and says so",
  async () => {
    write(["read", "write"]);
    expect(await hangup()).toMatchObject({
      message: "the config was reloaded",
      checks: 2,
      added: ["shop/write"],
    });
    expect((await ask("/v1/targets/shop")).body.checks.map(({ id }: { id: string }) => id)).toEqual([
      "read",
      "write",
    ]);

    write(["read"], "every: often");
    expect(await hangup()).toMatchObject({
      message: "the config was not reloaded: the previous one stays in effect",
    });
    expect(await configPart()).toMatchObject({
      status: "warn",
      output: expect.stringContaining("first at 3:1"),
    });
    expect((await ask("/")).text).toContain("cannot be used (first at 3:1)");
    expect((await ask("/v1/targets/shop")).body.checks).toHaveLength(2);

    write(["read"], "listen: 127.0.0.1:1");
    expect(await ask("/v1/reload", "POST")).toMatchObject({
      status: 409,
      body: { detail: "listen cannot change while Assay runs: restart it, or put listen back as it was" },
    });

    write(["read"]);
    expect(await ask("/v1/reload", "POST")).toMatchObject({ status: 200, body: { removed: ["shop/write"] } });
    expect(await configPart()).toMatchObject({ status: "pass", output: "1 checks" });
  },
  60_000,
);
