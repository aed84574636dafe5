/** Runs a bundle in bare workerd, without wrangler, with its objects on disk. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { freePort } from "../../test/edge/ports.ts";
import { minifyModule } from "../cli/minify.ts";
import { folder, wrangler } from "../../test/edge/wrangler.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** The workerd binary that wrangler depends on. */
const BINARY = (() => {
  const found = readdirSync(join(ROOT, "node_modules/.deno"))
    .filter((name) => name.startsWith("@cloudflare+workerd-")).sort().at(-1);
  if (!found) throw new Error("Cannot find workerd below node_modules: run `deno install`");
  const [name] = found.slice("@cloudflare+".length).split("@");
  return join(ROOT, "node_modules/.deno", found, "node_modules/@cloudflare", name!, "bin/workerd");
})();

/** The version of workerd: its name and date. */
export async function version(): Promise<string> {
  const { stdout } = await new Deno.Command(BINARY, { args: ["--version"] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** The code that `wrangler deploy` would upload with this config. `main` overrides that of wrangler.toml. */
export async function bundle(config: unknown, main?: string): Promise<string> {
  const { path, remove } = folder();
  try {
    const args = [...main ? [main] : [], "--dry-run", "--minify", "--outdir", join(path, "out")];
    const { success, stderr } = await (await wrangler("deploy", path, config, args)).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const file = join(path, "out", `${basename(main ?? "worker.ts", ".ts")}.js`);
    return await minifyModule(readFileSync(file, "utf8"));
  } finally {
    remove();
  }
}

/** A Worker for workerd: code, text bindings, and Durable Objects if it has any. */
export interface WorkerProgram {
  code: string;
  /** Further ES modules, by file name. */
  modules?: Record<string, string>;
  vars?: Record<string, string>;
  /** Class names by binding. */
  objects?: Record<string, string>;
}

/** A running workerd. */
export interface Workerd {
  url: string;
  /** CPU time of all its threads so far, ms (Linux, scheduler/sched-stats.rst). */
  cpuMs(): number;
  /** From the start of the process to the first 200 of the requested path, ms. */
  firstAnswerMs: number;
  stop(): Promise<void>;
}

/**
 * Starts workerd in a new folder, and waits until it listens. Throws unless it then answers `path` with 200.
 */
export async function serve(program: WorkerProgram, path: string): Promise<Workerd> {
  const { path: home, remove } = folder();
  const port = await freePort();
  for (const [name, code] of modulesOf(program)) writeFileSync(join(home, name), code);
  writeFileSync(join(home, "config.capnp"), capnp(program, home, port));
  const url = `http://127.0.0.1:${port}`;
  const command = new Deno.Command(BINARY, {
    args: ["serve", join(home, "config.capnp")],
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  });
  const began = performance.now();
  const process = command.spawn();
  const ended = process.status.finally(remove);
  await waitUntilReady(url + path, ended);
  return {
    url,
    firstAnswerMs: performance.now() - began,
    cpuMs: () =>
      readdirSync(`/proc/${process.pid}/task`)
        .map((task) => readFileSync(`/proc/${process.pid}/task/${task}/schedstat`, "utf8"))
        .reduce((sum, text) => sum + Number(text.split(" ")[0]) / 1e6, 0),
    async stop() {
      process.kill("SIGKILL");
      await ended;
    },
  };
}

/** Polls the port until it is open, then sends one request. */
async function waitUntilReady(url: string, ended: Promise<unknown>): Promise<void> {
  let isOver = false;
  ended.then(() => isOver = true);
  while (!await isOpen(Number(new URL(url).port))) {
    if (isOver) throw new Error("workerd exited before it listened");
    await new Promise((resolve) => setTimeout(resolve));
  }
  const response = await fetch(url);
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  }
  await response.arrayBuffer();
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** The text of a setting in wrangler.toml. */
const setting = (name: string): string => {
  const found = new RegExp(`^${name} = (.+)$`, "m").exec(readFileSync(join(ROOT, "wrangler.toml"), "utf8"));
  if (!found) throw new Error(`wrangler.toml does not set ${name}`);
  return found[1]!;
};

/** All modules, the main module first. */
const modulesOf = ({ code, modules }: WorkerProgram) => Object.entries({ "worker.js": code, ...modules });

/** The workerd config (src/workerd/server/workerd.capnp). */
function capnp(program: WorkerProgram, home: string, port: number): string {
  const { vars = {}, objects = {} } = program;
  const modules = modulesOf(program).map(([name]) => `(name = "${name}", esModule = embed "${name}")`);
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`),
    ...Object.entries(objects).map(([name, of]) => `(name = "${name}", durableObjectNamespace = "${of}")`),
  ];
  const namespaces = Object.values(objects)
    .map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = ${setting("compatibility_date")},
      compatibilityFlags = ${setting("compatibility_flags")},
      bindings = [${bindings.join(", ")}],
      durableObjectNamespaces = [${namespaces.join(", ")}],
      durableObjectStorage = (localDisk = "disk"),
      globalOutbound = "network",
    )),
    (name = "network", network = (allow = ["private"])),
    (name = "disk", disk = (path = "${home}", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`;
}
