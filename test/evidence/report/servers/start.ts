/** Real servers as processes. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { type Child, spawn } from "../../../process/child.ts";

const INSTALL = "deno install --config test/evidence/report/servers/deno.json";

/** A server that obeys `commands.ts`. */
export interface Server {
  url: string;
  become(state: string): Promise<unknown>;
  stop(): Promise<unknown>;
}

/** `test` where the packages of this folder are there or can be had; elsewhere a skipped or, in CI, a failed test. */
export function testWithPackages() {
  const config = fileURLToPath(new URL("deno.json", import.meta.url));
  const { status } = spawnSync(Deno.execPath(), [
    "install",
    "--frozen",
    "--quiet",
    "--config",
    config,
  ], {
    timeout: 120_000,
  });
  return status === 0 || process.env.CI ? test.concurrent : skipping;
}

const skipping = (name: string, body: () => unknown, ms?: number) =>
  test.skip(`${name} [needs its packages: ${INSTALL}]`, body, ms);

/** Starts a server script of this folder. */
export async function start(script: string): Promise<Server> {
  const child: Child = spawn(`../evidence/report/servers/${script}`, []);
  const url = await child.line("out", (_, index) => index === 0);
  let told = 0;
  return {
    url,
    async become(state) {
      const answer = ++told;
      await child.write(state);
      return child.line("out", (_, index) => index === answer);
    },
    stop() {
      child.kill("SIGKILL");
      return child.ended;
    },
  };
}
