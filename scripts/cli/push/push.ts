import { Command, InvalidArgumentError, Option } from "commander";
import { onStop } from "../../../functions/deno/stop_signals.ts";
import { denoPorts, jsonLog } from "../../../functions/deno/ports.ts";
import { DURATION, formatDuration, parseDuration } from "../../../src/config/schema/duration.ts";
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

const durationOption = (text: string) => {
  const ms = parseDuration(text);
  if (!DURATION.test(text) || ms === 0) throw new InvalidArgumentError("Not a duration, such as 15s.");
  return ms;
};

/** `assay push`: reports what only this machine sees. */
export const pushCommand = new Command("push")
  .description(
    "Push what a unit, a container, a command or a private endpoint says of itself. When it stops, the claim goes stale. " +
      "Exit 0 after SIGTERM; with --once 0 taken, 1 not; with --notify-socket the command's own code; 3 usage.",
  )
  .requiredOption("--url <url>", "where Assay is: https://assay.example")
  .requiredOption("--target <id>", "the target")
  .option("--check <id>", "the check", "default")
  .option("--source <name>", "the pushed source of the check", "default")
  .option("--token-env <name>", "the variable that holds the token", "ASSAY_PUSH_TOKEN")
  .option("--interval <duration>", "how often", durationOption, 15_000)
  .option("--ttl <duration>", "how long it counts; default three intervals", durationOption)
  .option("--timeout <duration>", "how long one look may take", durationOption, 10_000)
  .option("--once", "push once")
  .option("--systemd <unit>", "a unit of systemd")
  .option("--notify-socket <path>", "start the command after -- as its notify socket, and pass on to systemd")
  .option("--docker <container>", "the health of a container")
  .option("--docker-socket <path>", "the engine's socket", SOCKET)
  .option("--exec <command>", "a command of the shell, by its exit code")
  .addOption(
    new Option("--codes <name>", "what its exit codes mean").choices(Object.keys(CODES)).default("nagios"),
  )
  .option("--http <url>", "a private endpoint in any dialect")
  .addOption(
    new Option("--dialect <name>", "how --http is read").default("auto")
      .choices(["auto", ...DIALECTS.map(({ name }) => name)]),
  )
  .argument("[command...]", "what --notify-socket starts")
  .action(async (command: string[], options: Options) => {
    const to = destination(options);
    const ports = denoPorts("", { allowPrivate: true }, jsonLog);
    const stopped = new AbortController();
    try {
      const reporter = reporterOf(options, command, ports);
      const isProxy = "kill" in reporter;
      // The command says itself that it is stopping, and then it is over.
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
  if (!token) fail(USAGE, `${tokenEnv} is not set: it must hold the token of the source`);
  if (ttl <= interval) {
    fail(
      USAGE,
      `A ttl of ${formatDuration(ttl)} is over before the next push, after ${formatDuration(interval)}`,
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
  // What is started has no business with the token.
  const { [options.tokenEnv]: _, ...env } = Deno.env.toObject();
  if ([systemd, path, docker, exec, http].filter((way) => way !== undefined).length !== 1) {
    throw new Error("Say one of --systemd, --notify-socket, --docker, --exec and --http");
  }
  if (path === undefined && command.length > 0) throw new Error("Only --notify-socket starts a command");
  if (systemd !== undefined) return unitReporter(systemd, timeout, env);
  if (docker !== undefined) return dockerReporter(docker, options.dockerSocket, timeout);
  if (exec !== undefined) return execReporter(exec, options.codes, timeout, env);
  if (path !== undefined) {
    if (command.length === 0) throw new Error("Say what --notify-socket starts: -- command ...");
    return notifyProxy({ path, command, env, log: ports.log });
  }
  if (!URL.canParse(http!)) throw new Error(`Not a URL: ${describe(http, [])}`);
  return httpReporter(ports, new URL(http!), options.dialect, timeout);
}
