/** Runs wrangler as a process, on this repository's own `wrangler.toml`, with a config of the test. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KINDS } from "../../functions/deno/kinds.ts";
import { workerKinds } from "../../scripts/cli/worker_kinds.ts";
import { withObjects } from "../../src/capacity/objects.ts";
import { EDGE_LATENCY_MS } from "../../scripts/cli/latency_option.ts";
import { compileConfig } from "../../src/config/compiled.ts";
import { loadValue } from "../../src/config/mod.ts";
import { freePort } from "./ports.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** A new folder, and what removes it. */
export function folder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "assay-edge-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A wrangler command on a copy of `wrangler.toml` in `path` that bundles `config` in place of the compiled one, and `worker`. */
export async function wrangler(
  verb: "deploy" | "dev",
  path: string,
  config: unknown,
  args: string[],
  env: Record<string, string> = {},
  worker = "functions/worker.ts",
): Promise<Deno.Command> {
  const file = join(path, "config.json");
  const toml = join(path, "wrangler.toml");
  const kinds = join(path, "kinds.ts");
  const loaded = await loadValue(config, { kinds: KINDS, runtime: "cloudflare" });
  const placed = withObjects(loaded.config, { plan: "paid", latencyMs: EDGE_LATENCY_MS });
  writeFileSync(file, JSON.stringify(compileConfig(config, { ...loaded, config: placed })));
  writeFileSync(kinds, await workerKinds(loaded));
  const own = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const places: [from: string, to: string][] = [
    ["./.assay/config.json", file],
    ["functions/worker.ts", join(ROOT, worker)],
    ["./schema", join(ROOT, "schema")],
    ["./.assay/kinds.ts", kinds],
    ...[...own.matchAll(/"(\.\/(?:node_modules|src)\/[^"]+)"/g)].map((
      [, path],
    ): [string, string] => [path!, join(ROOT, path!)]),
  ];
  writeFileSync(toml, places.reduce((text, [from, to]) => replaceAllOrThrow(text, from, to), own));
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--quiet",
      "npm:wrangler@4.155.0",
      verb,
      "--config",
      toml,
      "--env=",
      ...args,
    ],
    cwd: ROOT,
    env: { WRANGLER_SEND_METRICS: "false", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

function replaceAllOrThrow(toml: string, from: string, to: string): string {
  if (!toml.includes(`"${from}"`)) throw new Error(`${from} does not stand in wrangler.toml`);
  return toml.replace(`"${from}"`, JSON.stringify(to));
}

/** A Worker that `wrangler dev` runs. */
export interface Dev {
  url: string;
  /** Fires cron for a slot (epoch ms), and answers once the handler has. */
  fire(slot: number): Promise<string>;
  stop(): Promise<void>;
}

/** Starts `wrangler dev` with these variables and secrets; rejects with what it printed if it ends before it serves. */
export async function dev(config: unknown, vars: Record<string, string>, worker?: string): Promise<Dev> {
  const { path, remove } = folder();
  const file = join(path, "vars.env");
  writeFileSync(file, Object.entries(vars).map(([name, value]) => `${name}="${value}"\n`).join(""));
  const url = `http://127.0.0.1:${await freePort()}`;
  const command = await wrangler(
    "dev",
    path,
    config,
    [
      ...["--local", "--ip", "127.0.0.1", "--port", new URL(url).port],
      ...["--inspector-port", `${await freePort()}`],
      ...["--persist-to", join(path, "state"), "--env-file", file, "--show-interactive-dev-session=false"],
    ],
    {},
    worker,
  );
  const process = command.spawn();
  let printed = "";
  let isReady = () => {};
  const ready = new Promise<void>((resolve) => isReady = resolve);
  const reading = [process.stdout, process.stderr].map(async (stream) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string>)) {
      printed += text;
      if (printed.includes(`Ready on ${url}`)) isReady();
    }
  });
  const ended = Promise.all([process.status, ...reading]).finally(remove);
  await Promise.race([
    ready,
    ended.then(() => Promise.reject(new Error(`wrangler dev ended:\n${printed}`))),
  ]);
  return {
    url,
    async fire(slot) {
      const answer = await fetch(`${url}/cdn-cgi/local/scheduled?cron=*+*+*+*+*&time=${slot}&format=json`);
      return (await answer.json()).outcome;
    },
    async stop() {
      process.kill("SIGTERM");
      await ended;
    },
  };
}
