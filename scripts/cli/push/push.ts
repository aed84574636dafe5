import { Command, Option } from "commander";
import { onStop } from "../../../functions/deno/stop_signals.ts";
import { jsonLog } from "../../../functions/deno/log.ts";
import { denoPorts } from "../../../functions/deno/ports.ts";
import { formatDuration } from "../../../src/config/schema/duration.ts";
import { durationFrom } from "../duration_option.ts";
import { describe } from "../../../src/config/problem.ts";
import { resolveUrl } from "../../../src/base/http/client.ts";
import { messageOf } from "../../../src/base/error_message.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { dockerReporter } from "./docker.ts";
import { CODES, execReporter } from "./exec.ts";
import { httpReporter } from "./http.ts";
import { type Destination, keepPushing, type Reporter } from "./loop.ts";
import { type NotifyProxy, notifyProxy } from "./notify.ts";
import { unitReporter } from "./systemd.ts";
import { fail, USAGE } from "../terminal.ts";

const SOCKET = "/var/run/docker.sock";

interface Options {
  url: string;
  target: string;
  check: string;
  source: string;
  tokenEnv: string;
  interval: number;
  ttl?: number;
  timeout: number;
  once?: boolean;
  systemd?: string;
  notifySocket?: string;
  docker?: string;
  dockerSocket: string;
  exec?: string;
  codes: string;
  http?: string;
  dialect: string;
}

const durationOption = durationFrom("1ms", "15s");

/** `assay push`: pushes reports about something that only this machine can see. */
export const pushCommand = new Command("push")
  .description(
    "Push the reported state of a unit, a container, a command or a private endpoint. When pushing stops, the claim goes stale. " +
      "Exit 0 after SIGTERM; with --once 0 accepted, 1 not; with --notify-socket the command's own code; 3 usage.",
  )
  .requiredOption("--url <url>", "the URL of Assay, such as https://assay.example")
  .requiredOption("--target <id>", "the id of the target")
  .option("--check <id>", "the id of the check", "default")
  .option("--source <name>", "the name of the check's pushed source", "default")
  .option("--token-env <name>", "the environment variable that holds the token", "ASSAY_PUSH_TOKEN")
  .option("--interval <duration>", "how often to push", durationOption, 15_000)
  .option("--ttl <duration>", "how long a push counts; by default three intervals", durationOption)
  .option("--timeout <duration>", "how long one reading may take", durationOption, 10_000)
  .option("--once", "push once and exit")
  .option("--systemd <unit>", "read a systemd unit")
  .option(
    "--notify-socket <path>",
    "start the command after -- with this notify socket, and forward its notices to systemd",
  )
  .option("--docker <container>", "read a container's health")
  .option("--docker-socket <path>", "the Docker engine's socket", SOCKET)
  .option("--exec <command>", "run a shell command and read its exit code")
  .addOption(
    new Option("--codes <name>", "how to read the exit codes of --exec").choices(Object.keys(CODES)).default(
      "nagios",
    ),
  )
  .option("--http <url>", "read a private endpoint in any dialect")
  .addOption(
    new Option("--dialect <name>", "the dialect of --http").default("auto")
      .choices(["auto", ...DIALECTS.map(({ name }) => name)]),
  )
  .argument("[command...]", "the command for --notify-socket")
  .action(async (command: string[], options: Options) => {
    const to = destination(options);
    const ports = denoPorts("", { allowPrivate: true }, jsonLog);
    const stopped = new AbortController();
    try {
      const reporter = reporterOf(options, command, ports);
      const isProxy = "kill" in reporter;
      // Forward the signal: the command announces that it is stopping, and its exit ends the loop.
      onStop((signal) => isProxy ? reporter.kill(signal) : stopped.abort());
      const pace = { intervalMs: options.interval, once: options.once ?? false, signal: stopped.signal };
      Deno.exit(await keepPushing(ports, to, reporter, pace));
    } catch (error) {
      fail(USAGE, messageOf(error));
    }
  });

function destination(
  { url, target, check, source, tokenEnv, interval, ttl = 3 * interval }: Options,
): Destination {
  const place = resolveUrl(url, `/v1/targets/${target}/checks/${check}/reports/${source}`);
  if (!place || !/^https?:$/.test(place.protocol)) fail(USAGE, `Not a URL: ${describe(url, [])}`);
  const token = Deno.env.get(tokenEnv);
  if (!token) fail(USAGE, `${tokenEnv} is not set; it must hold the token of the source`);
  if (ttl <= interval) {
    fail(
      USAGE,
      `--ttl ${formatDuration(ttl)} must be longer than --interval ${
        formatDuration(interval)
      }, or the claim expires before the next push`,
    );
  }
  return { url: place, token, ttl: formatDuration(ttl) };
}

function reporterOf(
  options: Options,
  command: string[],
  ports: ReturnType<typeof denoPorts>,
): Reporter | NotifyProxy {
  const { systemd, notifySocket: path, docker, exec, http, timeout } = options;
  // Commands that this process starts do not get the token.
  const { [options.tokenEnv]: _, ...env } = Deno.env.toObject();
  if ([systemd, path, docker, exec, http].filter((way) => way !== undefined).length !== 1) {
    throw new Error("Give exactly one of --systemd, --notify-socket, --docker, --exec and --http");
  }
  if (path === undefined && command.length > 0) throw new Error("Only --notify-socket starts a command");
  if (systemd !== undefined) return unitReporter(systemd, timeout, env);
  if (docker !== undefined) return dockerReporter(docker, options.dockerSocket, timeout);
  if (exec !== undefined) return execReporter(exec, options.codes, timeout, env);
  if (path !== undefined) {
    if (command.length === 0) throw new Error("--notify-socket needs a command to start: -- command ...");
    return notifyProxy({ path, command, env, log: ports.log });
  }
  if (!URL.canParse(http!)) throw new Error(`Not a URL: ${describe(http, [])}`);
  return httpReporter(ports, new URL(http!), options.dialect, timeout);
}
