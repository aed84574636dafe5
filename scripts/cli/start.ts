import { Command, InvalidArgumentError, Option } from "commander";
import { isDeploy, isPreview } from "../../functions/deno/deploy.ts";
import { onStop } from "../../functions/deno/stop_signals.ts";
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
import type { Ports } from "../../src/base/ports.ts";
import type { Config } from "../../src/config/config.ts";
import type { ConfigOptions } from "../../src/config/mod.ts";

interface StartFlags extends VarFlags {
  prober?: string;
  here?: string;
  port?: number;
  allowPrivate?: boolean;
  watch?: boolean;
}

/** `assay start [file]`: runs until SIGTERM or SIGINT, then finishes what is in flight; reads the config again at SIGHUP. */
export const startCommand = new Command("start")
  .description("Run Assay, or with --prober only one prober of it. Exit 0 after SIGTERM, 1 config, 3 usage.")
  .configureOutput(usageToLog)
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(new Option("--prober <id>", "only answer /v1/rounds as this prober").env("ASSAY_PROBER"))
  .addOption(new Option("--here <id>", "run all of Assay, and answer as this prober too").env("ASSAY_HERE"))
  .addOption(
    new Option("--port <port>", "listen here instead of `listen`; 0 takes a free port").argParser(parsePort),
  )
  .option("--watch", "read the config again when its files change, as at SIGHUP")
  .option("--allow-private", "let probes reach private and loopback addresses")
  .option("--json", "nothing to change: the log is JSON lines already")
  .action(async (file: string, options: StartFlags) => {
    logUncaught();
    const loading = loadOptions(options);
    const known = options.watch ? await configTexts(file) : undefined;
    const loaded = await loadForStart(file, loading);
    const first = await judged(file, loaded, options).catch((error) => failToStart(INVALID, error));
    if (loaded.config.allowPrivate) first.ports.log.warn("probes may reach private and loopback addresses");
    const load = async () => await judged(file, await readConfig(file, loading), options);
    try {
      // First, because who reads "started" in the log may stop it at once.
      const started = Promise.withResolvers<Running>();
      const stop = () => started.promise.then(({ stop }) => stop()).then(() => Deno.exit(0));
      onStop(() => void stop());
      const reload = () => started.promise.then(({ reload }) => reload?.());
      if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", () => void reload());
      started.resolve(await start({ ...options, ...first, load }));
      if (options.watch) await watchConfig(file, { known, changed: reload });
    } catch (error) {
      failToStart(USAGE, error);
    }
  });

/** A machine that only probes needs no secrets of sinks; a timeline that may not act needs none at all. */
const actsAlone = ({ prober }: StartFlags) => !prober && !isPreview();

const loadOptions = (options: StartFlags): Partial<ConfigOptions> => ({
  ...varsOf(options),
  withoutPlaces: true,
  runtime: isDeploy() ? "deno-deploy" : "deno",
  allowPrivate: options.allowPrivate,
  envMissing: actsAlone(options) ? "error" : "warning",
});

/** A config with its ports; logs the config's warnings. Rejects if a sink cannot be used. */
async function judged(file: string, { config, text, warnings }: LoadedFile, options: StartFlags) {
  const doubts = options.prober
    ? []
    : [...doubtsOf(config, KINDS.stores), ...planDoubts(config), ...capacityProblems(config)];
  const ports = denoPorts(text, config);
  for (const { message, severity: _, ...where } of [...warnings, ...doubts]) {
    ports.log.warn("config warning", { file, ...where, doubt: message });
  }
  const faults = actsAlone(options)
    ? [...await checkWebhooks(ports.secrets, config, KINDS.sinks), ...checkHeartbeat(ports, config)]
    : [];
  if (faults.length > 0) throw new Error(faults.join("\n"));
  return { config, ports };
}

/** What would keep the heartbeat from going out. */
function checkHeartbeat({ secrets }: Ports, { heartbeat, allowPrivate }: Config): string[] {
  const fault = heartbeat && checkUrl(heartbeat.url, { secrets, allowPrivate });
  return fault === undefined ? [] : [`heartbeat: ${fault}`];
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError("Not a port.");
  return port;
}
