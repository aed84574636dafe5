import type { Config } from "../../src/config/config.ts";
import { load } from "../../src/config/mod.ts";
import type { Ports } from "../../src/base/ports.ts";
import { KINDS } from "../../functions/deno/kinds.ts";
import { references, secretsOf } from "../../src/base/secrets.ts";
import { type SteppingClock, steppingClock } from "./clock.ts";
import { type Route, scriptedFetch } from "./network.ts";

/** A whole minute, epoch ms. */
export const START = 1_700_000_040_000;

/** One line of the log. */
export interface LogLine {
  level: "info" | "warn" | "error";
  message: string;
  fields: Record<string, unknown>;
}

/** A config and all that it needs of a world. */
export interface TestEnv {
  config: Config;
  ports: Ports;
  clock: SteppingClock;
  network: ReturnType<typeof scriptedFetch>;
  log: LogLine[];
}

/** The world of one config: a stepping clock, a scripted network, a real vault over `env`, and a log that is kept. */
export async function testEnv(
  text: string,
  { routes = {}, env = {}, startMs = START }: {
    routes?: Record<string, Route>;
    env?: Record<string, string>;
    startMs?: number;
  } = {},
): Promise<TestEnv> {
  const { config } = await load({ kind: "yaml", text }, { kinds: KINDS });
  const clock = steppingClock(startMs);
  const network = scriptedFetch(routes);
  const log: LogLine[] = [];
  const line = (level: LogLine["level"]) => (message: string, fields: Record<string, unknown> = {}) =>
    void log.push({ level, message, fields });
  const ports: Ports = {
    clock,
    fetch: network,
    random: () => 0.5,
    log: { info: line("info"), warn: line("warn"), error: line("error") },
    secrets: secretsOf(references(text), (name) => env[name]),
  };
  return { config, ports, clock, network, log };
}
