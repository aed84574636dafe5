/** The package as npm installs it into an empty folder, where nothing but Node and npm is. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { afterAll, expect } from "vitest";
import manifest from "../../deno.json" with { type: "json" };
import { testWith } from "../world/tool.ts";

const root = mkdtempSync(join(tmpdir(), "assay-npm-"));
const folder = join(root, "empty");
const programs = join(root, "programs");
const liar = createServer((request, reply) => {
  reply.writeHead(request.url === "/readyz" ? 200 : 500).end("ok");
});
const started: number[] = [];
afterAll(() => {
  for (const pid of started.filter(isRunning)) process.kill(pid, "SIGKILL");
  liar.close();
  rmSync(root, { recursive: true });
});

const env = { ...process.env, PATH: programs, DENO_DIR: join(root, "deno"), NO_COLOR: "1" };

/** Runs a program to its end. */
async function run(program: string, args: string[], cwd = folder) {
  const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([child.stdout, child.stderr].map((stream) => Array.fromAsync(stream)));
  const code = child.exitCode ?? (await once(child, "exit"))[0];
  return { code, out: out!.join(""), err: err!.join("") };
}

/** Starts `program` with `assay start`, and waits until it is up; `deno` is the process that serves. */
async function start(program: string, args: string[]) {
  const child = spawn(program, [...args, "start", "--port", "0"], {
    cwd: folder,
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  started.push(child.pid!);
  const lines: string[] = [];
  const up = Promise.withResolvers<void>();
  createInterface(child.stderr).on("line", (line) => {
    lines.push(line);
    if (line.includes('"assay started"')) up.resolve();
  });
  const closed = once(child.stderr, "close");
  await Promise.race([up.promise, closed.then(() => Promise.reject(new Error(lines.join("\n"))))]);
  const chain = [child.pid!, ...descendants(child.pid!)];
  started.push(...chain);
  return { child, chain, closed, said: (text: string) => lines.some((line) => line.includes(text)) };
}

/** The processes below this one, parents first. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(
    Number,
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isRunning(pid: number): boolean {
  // One that has ended and that nobody waits for stands there, too.
  return existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

testWith("npm", "apt-get install -y npm")(
  "two commands in an empty folder come to a verified drift, and nothing outlives who started it",
  async () => {
    const { status } = spawnSync(Deno.execPath(), ["task", "--quiet", "release"], { stdio: "inherit" });
    expect(status).toBe(0);
    mkdirSync(folder);
    mkdirSync(programs);
    const bin = dirname(process.env.PATH!.split(":").map((path) => join(path, "npm")).find(existsSync)!);
    for (const program of ["node", "npm", "npx", "sh", "env"]) {
      const path = process.env.PATH!.split(":").concat(bin).map((one) => join(one, program)).find(existsSync);
      symlinkSync(path!, join(programs, program));
    }
    const packed = await run("npm", [
      "pack",
      "--json",
      "--pack-destination",
      root,
      join(import.meta.dirname!, "../../dist/npm"),
    ]);
    const [{ filename, files }] = JSON.parse(packed.out);
    expect(files.map(({ path }: { path: string }) => path).toSorted()).toEqual([
      "LICENSE",
      "README.md",
      "bin/assay.mjs",
      "lib/assay.js",
      "lib/worker.js",
      "package.json",
      "schema/assay.schema.json",
    ]);

    const url = await new Promise<string>((resolve) =>
      liar.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${(liar.address() as AddressInfo).port}`))
    );
    const installed = await run("npm", [
      "install",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      join(root, filename),
    ]);
    expect(installed.code, installed.err).toBe(0);
    const drift = await run("npx", ["assay", "init", url, "--allow-private"]);
    expect(drift.out).toContain("127-0-0-1/default: drift\n  says  ready (http), then ready (http)\n");
    expect(drift.code).toBe(1);

    const launcher = "node_modules/@assay/assay/bin/assay.mjs";
    expect((await run("node", [launcher, "--version"])).out.trim()).toBe(manifest.version);

    const asked = await start("node", [launcher]);
    asked.child.kill("SIGTERM");
    await asked.closed;
    expect(asked.said("assay is stopping")).toBe(true);
    expect(asked.chain.filter(isRunning)).toEqual([]);

    for (const started of [await start("npx", ["assay"]), await start("node", [launcher])]) {
      started.child.kill("SIGKILL");
      await started.closed;
      expect(started.said("assay is stopping")).toBe(true);
    }
  },
  170_000,
);
