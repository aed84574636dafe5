import { Command, InvalidArgumentError, Option } from "commander";
import { isDeploy, isPreview } from "../../functions/deno/deploy.ts";
import { onStop } from "../../functions/deno/stop_signals.ts";
import { LOG_FORMATS, type LogFormat, processLog } from "../../functions/deno/log.ts";
import { denoPorts } from "../../functions/deno/ports.ts";
import { type Running, start } from "../../functions/deno/start.ts";
import { checkUrl } from "../../src/engine/notify/over_http.ts";
import { checkWebhooks } from "../../src/engine/notify/mod.ts";
import { planDoubts } from "../../src/capacity/plan_doubts.ts";
import { doubtsOf } from "../../src/config/doubts.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { capacityProblems } from "./measured.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  INVALID,
  type LoadedFile,
  readConfig,
  USAGE,
  type VarFlags,
  varOption,
  varsOf,
} from "./terminal.ts";
import { failToStart, loadForStart, logUncaught, usageToLog } from "./start_log.ts";
import { configTexts, watchConfig } from "./watch.ts";
import type { Log, Ports } from "../../src/base/ports.ts";
import type { Config } from "../../src/config/config.ts";
import type { ConfigOptions } from "../../src/config/mod.ts";

interface StartFlags extends VarFlags {
  prober?: string;
  here?: string;
  port?: number;
  allowPrivate?: boolean;
  watch?: boolean;
  log?: LogFormat;
}

/**
 * `assay start [file]`: runs until SIGTERM or SIGINT, then finishes work in flight. Reloads the config on
 * SIGHUP.
 */
export const startCommand = new Command("start")
  .description(
    "Run Assay, or with --prober only one of its probers. Exit 0 after SIGTERM, 1 config, 3 usage.",
  )
  .configureOutput(usageToLog)
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(new Option("--prober <id>", "only serve /v1/rounds as this prober").env("ASSAY_PROBER"))
  .addOption(new Option("--here <id>", "run all of Assay, and also serve as this prober").env("ASSAY_HERE"))
  .addOption(
    new Option("--port <port>", "listen on this port instead of the config's `listen`; 0 picks a free port")
      .argParser(parsePort),
  )
  .option("--watch", "reload the config when its files change, as on SIGHUP")
  .option("--allow-private", "let probes reach private and loopback addresses")
  .addOption(
    new Option("--log <format>", "how to write the log; by default text on a terminal, JSON lines otherwise")
      .choices(LOG_FORMATS),
  )
  .addOption(new Option("--json", "same as --log json").implies({ log: "json" }))
  .action(async (file: string, options: StartFlags) => {
    const log = processLog(options.log);
    logUncaught(log);
    const loading = loadOptions(options);
    const known = options.watch ? await configTexts(file) : undefined;
    const loaded = await loadForStart(file, loading, log);
    const first = await judged(file, loaded, options, log).catch((error) => failToStart(INVALID, error, log));
    if (loaded.config.allowPrivate) log.warn("probes may reach private and loopback addresses");
    const load = async () => await judged(file, await readConfig(file, loading), options, log);
    try {
      // Installs the handlers first: a supervisor may stop the process as soon as it logs "started".
      const started = Promise.withResolvers<Running>();
      const stop = () => started.promise.then(({ stop }) => stop()).then(() => Deno.exit(0));
      onStop(() => void stop());
      const reload = () => started.promise.then(({ reload }) => reload?.());
      if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => void reload());
      started.resolve(await start({ ...options, ...first, load }));
      if (options.watch) await watchConfig(file, { known, changed: reload });
    } catch (error) {
      failToStart(USAGE, error, log);
    }
  });

/**
 * Whether this process needs all secrets: a process that only probes does not, nor does a preview, which may
 * not act.
 */
const actsAlone = ({ prober }: StartFlags) => !prober && !isPreview();

const loadOptions = (options: StartFlags): Partial<ConfigOptions> => ({
  ...varsOf(options),
  withoutPlaces: true,
  runtime: isDeploy() ? "deno-deploy" : "deno",
  allowPrivate: options.allowPrivate,
  envMissing: actsAlone(options) ? "error" : "warning",
});

/** Returns the config with its ports, and logs its warnings. Rejects if a sink cannot be used. */
async function judged(file: string, { config, text, warnings }: LoadedFile, options: StartFlags, log: Log) {
  const doubts = options.prober
    ? []
    : [...doubtsOf(config, KINDS.stores), ...planDoubts(config), ...capacityProblems(config)];
  const ports = denoPorts(text, config, log);
  for (const { message, severity: _, ...where } of [...warnings, ...doubts]) {
    log.warn("config warning", { file, ...where, doubt: message });
  }
  const faults = actsAlone(options)
    ? [...await checkWebhooks(ports.secrets, config, KINDS.sinks), ...checkHeartbeat(ports, config)]
    : [];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return { config, ports };
}

/** Problems that would prevent sending the heartbeat. */
function checkHeartbeat({ secrets }: Ports, { heartbeat, allowPrivate }: Config): string[] {
  const fault = heartbeat && checkUrl(heartbeat.url, { secrets, allowPrivate });
  return fault === undefined ? [] : [`heartbeat: ${fault}`];
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError("Not a port.");
  return port;
}
