/** Programs of the machine that a test needs: without one it is skipped, and says how to get it; in CI that is a failure. */
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "vitest";

/** `test` where `program` is on the PATH; elsewhere a skipped or, in CI, a failed test that names `install`. */
export function testWith(program: string, install: string) {
  if (!spawnSync(program, ["--version"]).error) return test;
  const title = (name: string) => `${name} [needs ${program}: ${install}]`;
  const missing = () => {
    throw new Error(`${program} is missing: ${install}`);
  };
  return process.env.CI
    ? (name: string, _body: () => unknown, ms?: number) => test(title(name), missing, ms)
    : (name: string, body: () => unknown, ms?: number) => test.skip(title(name), body, ms);
}
