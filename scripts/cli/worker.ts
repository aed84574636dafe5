/**
 * `deno task deploy` and `deno task dev:worker`. Both compile the config to JSON, so that the bundle needs
 * neither the YAML parser nor the schema, and generate the table of the kinds that it names. `deploy` then
 * checks the plan's limits and bundles. Both end with wrangler, which gets every option that is not ours.
 */
import { Command, CommanderError, Option } from "commander";
import { parseEnv } from "node:util";
import { KINDS } from "../../functions/deno/kinds.ts";
import { withObjects } from "../../src/capacity/objects.ts";
import { EDGE_LATENCY_MS, latencyOption } from "./latency_option.ts";
import { defaultTurns, type Plan } from "../../src/base/limits.ts";
import { compileConfig, loadCompiled } from "../../src/config/compiled.ts";
import type { Config } from "../../src/config/config.ts";
import { diffConfigs, formatDiff } from "../../src/config/diff.ts";
import { ConfigError } from "../../src/config/mod.ts";
import { minifyModule } from "./minify.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  loadFile,
  parseVar,
  USAGE,
  type VarFlags,
  varsOf,
  warn,
} from "./terminal.ts";
import { formatKindCosts, type Metafile } from "./kind_cost.ts";
import { stepModules, workerKinds } from "./worker_kinds.ts";

const WRANGLER = "npm:wrangler@4.155.0";
/**
 * The files that wrangler.toml names. `deploy` uses others, because a running `dev` reloads when these
 * change.
 */
const DEV = { config: ".assay/config.json", kinds: ".assay/kinds.ts" };
/** The folder of the deployed bundle. */
const BUNDLE = ".assay/bundle";
const DEPLOY = { config: ".assay/deployed.json", kinds: ".assay/deployed_kinds.ts" };

interface Options extends Pick<VarFlags, "environment"> {
  var: string[];
  configFile: string;
  plan: Plan;
  latency?: number;
}

const program = new Command().exitOverride().showHelpAfterError();
for (const verb of ["deploy", "dev"] as const) {
  program.command(verb)
    .description(
      verb === "deploy"
        ? "Check the config and its budget, then deploy to Cloudflare"
        : "Run the Worker in workerd on this machine",
    )
    .option("--config-file <file>", "the config file", DEFAULT_FILE)
    .addOption(environmentOption())
    .addOption(
      new Option("--var <name=value>", "a value for ${var:name}, or name:value for wrangler; may be repeated")
        .argParser((text: string, all: string[]) => [...all, text]).default([]),
    )
    .addOption(new Option("--plan <plan>", "the Workers plan").choices(["free", "paid"]).default("free"))
    .addOption(latencyOption())
    .argument("[options...]", "options for wrangler")
    .allowUnknownOption()
    .exitOverride()
    .action(async (rest: string[], options: Options) => Deno.exit(await runWrangler(verb, rest, options)));
}
try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  Deno.exit(error.exitCode === 0 ? 0 : USAGE);
}

/** Whether a `--var` is for the config (`name=value`) and not for wrangler (`name:value`). */
function isConfigVar(text: string): boolean {
  return /^[^:=]+=/.test(text);
}

async function runWrangler(verb: "deploy" | "dev", words: string[], options: Options) {
  const { configFile, plan, latency: latencyMs = EDGE_LATENCY_MS, environment, var: given } = options;
  const vars = given.filter(isConfigVar);
  const rest = [...words, ...given.filter((text) => !isConfigVar(text)).flatMap((text) => ["--var", text])];
  const secrets = verb === "dev" ? await devVars() : {};
  const env = (name: string) => secrets[name] ?? Deno.env.get(name);
  // wrangler holds the secrets, so an unset one is only a warning here.
  const loaded = await loadFile(configFile, {
    runtime: "cloudflare",
    envMissing: "warning",
    env,
    turns: defaultTurns(plan),
    ...varsOf({ environment, var: vars.reduce(parseVar, {}) }),
  });
  warn(configFile, loaded);
  const placed = withObjects(loaded.config, { plan, latencyMs });
  const compiled = JSON.stringify(compileConfig(loaded.value, { ...loaded, config: placed }));
  const files = verb === "deploy" ? DEPLOY : DEV;
  if (verb === "deploy") await printDiff(files.config, loaded.config);
  await Deno.mkdir(".assay", { recursive: true });
  await Deno.writeTextFile(files.config, compiled);
  await Deno.writeTextFile(files.kinds, await workerKinds(loaded));
  const plain = rest.some((word) => /^(-e|--env)\b/.test(word)) ? [] : ["--env="];
  // `--var` comes last: wrangler reads every word after it as another variable.
  if (verb === "dev") return await run(WRANGLER, "dev", ...rest, ...plain, "--var", "ASSAY_PLACES:assumed");
  const assay = new URL("assay.ts", import.meta.url).pathname;
  const named = [
    ...environment === undefined ? [] : ["--environment", environment],
    ...vars.flatMap((text) => ["--var", text]),
  ];
  const code = await run(
    assay,
    "budget",
    configFile,
    "--plan",
    plan,
    "--latency",
    `${latencyMs}ms`,
    ...named,
  );
  if (code !== 0) return code;
  const [config, kinds] = await Promise.all([files.config, files.kinds].map((file) => Deno.realPath(file)));
  const aliases = ["--alias", `#config:${config}`, `#kinds:${kinds}`];
  const sizes = `${BUNDLE}/meta.json`;
  const own = ["--dry-run", "--minify", "--outdir", BUNDLE, "--metafile", sizes];
  const bundling = [...own, ...whichWorker(rest), ...plain, ...aliases];
  const bundled = await run(WRANGLER, "deploy", ...bundling);
  if (bundled !== 0) return bundled;
  const metafile: Metafile = JSON.parse(await Deno.readTextFile(sizes));
  console.error(formatKindCosts(metafile, await stepModules(loaded.config)));
  const file = `${BUNDLE}/worker.js`;
  await Deno.writeTextFile(file, await minifyModule(await Deno.readTextFile(file)));
  return await run(WRANGLER, "deploy", file, "--no-bundle", ...rest, ...plain, "--var", `ASSAY_PLAN:${plan}`);
}

/** Prints what changes since the last deployment from this folder, if this version can read that config. */
async function printDiff(file: string, config: Config): Promise<void> {
  const text = await Deno.readTextFile(file).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  if (text === null) return;
  try {
    const before = await loadCompiled(JSON.parse(text), { kinds: KINDS, runtime: "cloudflare" });
    console.error([`against ${file}:`, ...formatDiff(diffConfigs(before.config, config))].join("\n"));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`${file} was written by another version of Assay, so the changes are unknown`);
  }
}

/** The options for wrangler that select the Worker. */
function whichWorker(rest: readonly string[]): string[] {
  return rest.flatMap((word, i) => {
    if (!/^(-c|--config|-e|--env)(=|$)/.test(word)) return [];
    return word.includes("=") ? [word] : [word, rest[i + 1] ?? ""];
  });
}

/** The secrets that wrangler gives the Worker on this machine. */
async function devVars(): Promise<Record<string, string | undefined>> {
  try {
    return parseEnv(await Deno.readTextFile(".dev.vars"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Runs a program and returns its exit code. Passes SIGTERM on to it. */
async function run(...args: string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const stop = () => child.kill("SIGTERM");
  Deno.addSignalListener("SIGTERM", stop);
  const { code } = await child.status;
  Deno.removeSignalListener("SIGTERM", stop);
  return code;
}
