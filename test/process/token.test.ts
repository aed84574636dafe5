import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawn } from "./child.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assay-token-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function assay(...args: string[]) {
  const child = spawn("../../scripts/cli/assay.ts", args);
  const { code } = await child.ended;
  return { code, out: child.out, err: child.err.join("\n") };
}

const create = (...args: string[]) => assay("token", "create", ...args);

describe.concurrent("assay token create", () => {
  test("prints the token, and a row that holds its hash and can be pasted into a config", async () => {
    const { code, out, err } = await create(
      "--id",
      "ci",
      "--scope",
      "read",
      "--target",
      "shop-*",
      "--expires",
      "90d",
    );
    expect([code, err]).toEqual([0, ""]);
    const [token, , , ...row] = out;
    // 256 bits in base64url.
    expect(token).toMatch(/^assay_[A-Za-z0-9_-]{43}$/);
    expect(row.join("\n")).toContain(`sha256:${createHash("sha256").update(token!).digest("base64url")}`);
    expect(row.join("\n")).not.toContain(token);
    const file = join(folder, "assay.yaml");
    writeFileSync(
      file,
      [
        "version: 1",
        "controls: [https://up.example]",
        "api:",
        ...row.map((line) => `  ${line}`),
        "targets:",
        "  - { id: shop-eu, url: https://a.example, checks: [{ journey: [{ expect: body.ok == true }] }] }",
        "",
      ].join("\n"),
    );
    expect(await assay("check", file)).toMatchObject({
      code: 0,
      out: [expect.stringContaining("valid: 1 target")],
    });
  });

  test("as JSON; several scopes and targets; never twice the same", async () => {
    const args = ["--id", "cd", "--scope", "operate,report", "--target", "a", "--target", "b-*", "--json"];
    const [one, two] = await Promise.all([create(...args), create(...args, "--expires", "2099-01-31")]);
    const [first, second] = [JSON.parse(one.out.join("\n")), JSON.parse(two.out.join("\n"))];
    const row = { id: "cd", scopes: ["operate", "report"], targets: ["a", "b-*"] };
    const hash = expect.stringMatching(/^sha256:[A-Za-z0-9_-]{43}$/);
    expect(first.row).toEqual({ ...row, hash });
    expect(second.row).toEqual({ ...row, hash, expires: "2099-01-31" });
    expect(first.token).not.toBe(second.token);
  });

  test.each([
    ["no id", ["--scope", "read"], "--id"],
    ["no scope", ["--id", "ci"], "--scope"],
    ["an id that is none", ["--id", "C I", "--scope", "read"], "id: an id"],
    ["an unknown scope", ["--id", "ci", "--scope", "raed"], "No scope is named raed"],
    ["a target that is none", ["--id", "ci", "--scope", "read", "--target", "A B"], "targets.0"],
    ["no time", ["--id", "ci", "--scope", "read", "--expires", "soon"], "expires: a date"],
    ["an admin of some targets", ["--id", "ci", "--scope", "admin", "--target", "a"], "all targets"],
  ])("usage, exit 3: %s", async (_, args, says) => {
    expect(await create(...args)).toMatchObject({ code: 3, out: [], err: expect.stringContaining(says) });
  });
});

test("a token that was made opens a started Assay, which counts requests by the address of the connection", async () => {
  const made = await create("--id", "boss", "--scope", "admin", "--json");
  const { token, row } = JSON.parse(made.out.join("\n"));
  const file = join(folder, "started.yaml");
  const target =
    "{ id: shop, url: https://a.example, checks: [{ every: 1d, journey: [{ expect: body.ok == true }] }] }";
  const settings = JSON.stringify({ tokens: [row], rateLimit: { perMinute: 10 } });
  writeFileSync(file, `version: 1\nstore: { memory: {} }\napi: ${settings}\ntargets: [${target}]\n`);
  const child = spawn("../../scripts/cli/assay.ts", ["start", file, "--port", "0"]);
  try {
    const line = await child.line("err", (line) => line.includes("assay started"));
    const { port } = JSON.parse(line);
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const headers = { authorization: `Bearer ${token}`, "x-forwarded-for": `192.0.2.${i}` };
      const answer = await fetch(`http://127.0.0.1:${port}/v1/tokens`, { headers });
      const text = await answer.text();
      statuses.push(answer.status);
      if (i === 0) {
        expect(JSON.parse(text).tokens).toMatchObject([{ id: "boss", lastUsedAt: expect.any(String) }]);
      }
    }
    // A slow machine may have earned one more, at one in six seconds.
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
    expect(statuses.slice(10)).toContain(429);
  } finally {
    child.kill("SIGKILL");
    await child.ended;
  }
});
