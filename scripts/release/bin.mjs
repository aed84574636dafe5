#!/usr/bin/env node
/**
 * Runs Assay in the Deno that npm installed as a dependency, with the permissions that the verb needs, and
 * forwards signals. Assay stops when this process is gone (functions/deno/stop_signals.ts). Started by npx,
 * this process stops Assay when npx is gone.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const WATCH_MS = 1_000;

/** Verbs that write files: a store, a config, a plot. */
const WRITE = ["start", "init", "import", "export", "plan", "notify", "backup", "restore"];
/** Verbs that start other programs. */
const RUN = ["push"];

/** Limits heap growth by garbage in a process that runs for months (docs/benchmarks.md). */
const SMALL_HEAP = "--v8-flags=--heap-growing-percent=30";

/** Private addresses that Deno denies on top of Assay's own guard. Deno's flag has no IPv6 networks. */
const PRIVATE = [
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "[::1]",
];

function permissions(verb) {
  return [
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    ...WRITE.includes(verb) ? ["--allow-write"] : [],
    ...RUN.includes(verb) ? ["--allow-run"] : [],
    ...process.env.ASSAY_DENY_NET === "private" ? [`--deny-net=${PRIVATE}`] : [],
  ];
}

/** The path of Deno. Installs it first if npm did not run its install script. */
function denoPath() {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve("deno/package.json"));
  const known = join(folder, process.platform === "win32" ? "deno.exe" : "deno");
  return existsSync(known) ? known : require("deno/install_api.cjs").runInstall();
}

function parentOf(pid) {
  const stat = `/proc/${pid}/stat`;
  if (existsSync(stat)) return Number(readFileSync(stat, "utf8").split(") ").at(-1).split(" ")[1]);
  return Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pid)], { encoding: "utf8" }));
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

const args = process.argv.slice(2);
const child = spawn(denoPath(), [
  "run",
  "--no-config",
  "--no-lock",
  "--unstable-cron",
  "--unstable-net",
  ...args[0] === "start" ? [SMALL_HEAP] : [],
  ...permissions(args[0]),
  fileURLToPath(new URL("../lib/assay.js", import.meta.url)),
  ...args,
], {
  stdio: "inherit",
  env: { ...process.env, ASSAY_LAUNCHER: String(process.pid), DENO_NO_UPDATE_CHECK: "1" },
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));

// npx runs this process through a shell, so watch both ancestors. Without npx do not: a process may outlive
// the shell that started it.
if (process.env.npm_command === "exec" && process.platform !== "win32") {
  const ancestors = [process.ppid, parentOf(process.ppid)];
  setInterval(() => ancestors.every(isRunning) || child.kill("SIGTERM"), WATCH_MS).unref();
}
child.on("error", (error) => {
  console.error(`Cannot start Deno: ${error.message}`);
  process.exit(3);
});
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
