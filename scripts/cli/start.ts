import { Command, InvalidArgumentError, Option } from "commander";
import { isPreview } from "../../functions/deno/deploy.ts";
import { denoPorts, type Running, start } from "../../functions/deno/start.ts";
import { checkWebhooks } from "../../src/engine/notify/mod.ts";
import { planDoubts } from "../../src/capacity/plan_doubts.ts";
import { doubtsOf } from "../../src/config/doubts.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { capacityProblems } from "./measured.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  fail,
  INVALID,
  loadFile,
  USAGE,
  type VarFlags,
  varOption,
  varsOf,
} from "./terminal.ts";

/** `assay start [file]`: runs until SIGTERM or SIGINT, then finishes what is in flight. */
export const startCommand = new Command("start")
  .description("Run Assay, or with --prober only one prober of it. Exit 0 after SIGTERM, 1 config, 3 usage.")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(new Option("--prober <id>", "only answer /v1/rounds as this prober").env("ASSAY_PROBER"))
  .addOption(new Option("--here <id>", "run all of Assay, and answer as this prober too").env("ASSAY_HERE"))
  .addOption(
    new Option("--port <port>", "listen here instead of `listen`; 0 takes a free port").argParser(parsePort),
  )
  .option("--allow-private", "let probes reach private and loopback addresses")
  .option("--json", "nothing to change: the log is JSON lines already")
  .action(
    async (
      file: string,
      options: VarFlags & { prober?: string; here?: string; port?: number; allowPrivate?: boolean },
    ) => {
      // A machine that only probes needs no secrets of those who are told; a timeline that may not act needs none at all.
      const envMissing = options.prober || isPreview() ? "warning" : "error";
      const loaded = await loadFile(file, {
        ...varsOf(options),
        runtime: "deno",
        allowPrivate: options.allowPrivate,
        envMissing,
      });
      const doubts = options.prober ? [] : [
        ...doubtsOf(loaded.config, KINDS.stores),
        ...planDoubts(loaded.config),
        ...capacityProblems(loaded.config),
      ];
      const ports = denoPorts(loaded.text, loaded.config);
      for (const { message, severity: _, ...where } of [...loaded.warnings, ...doubts]) {
        ports.log.warn("a doubt about the config", { file, ...where, doubt: message });
      }
      const faults = options.prober || isPreview()
        ? []
        : await checkWebhooks(ports.secrets, loaded.config, KINDS.sinks);
      if (faults.length > 0) fail(INVALID, faults.join("\n"));
      if (loaded.config.allowPrivate) ports.log.warn("probes may reach private and loopback addresses");
      try {
        // First, because who reads "started" in the log may stop it at once.
        const started = Promise.withResolvers<Running>();
        const stop = () => started.promise.then(({ stop }) => stop()).then(() => Deno.exit(0));
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
          Deno.addSignalListener(signal, () => void stop());
        }
        started.resolve(await start({ config: loaded.config, ports, ...options }));
      } catch (error) {
        fail(USAGE, (error as Error).message);
      }
    },
  );

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError("Not a port.");
  return port;
}
