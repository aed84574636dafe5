/** Binds Assay to Cloudflare Workers: clock, environment, network and config. It judges nothing. */
import bundled from "#config";
import { KINDS } from "#kinds";
import type { Config } from "../../src/config/config.ts";
import { type Compiled, loadCompiled } from "../../src/config/compiled.ts";
import type { Problem } from "../../src/config/problem.ts";
import { guardFetch } from "../../src/base/http/guard.ts";
import type { Email } from "../../src/base/mail.ts";
import type { Log, Ports } from "../../src/base/ports.ts";
import { defaultTurns } from "../../src/base/limits.ts";
import { secretsOf } from "../../src/base/secrets.ts";
import { clock } from "../clock.ts";
import { type Env, planOf, stringBinding } from "./env.ts";
import { network } from "./network.ts";

const log: Log = {
  info: (message, fields) => console.log({ level: "info", message, ...fields }),
  warn: (message, fields) => console.warn({ level: "warn", message, ...fields }),
  error: (message, fields) => console.error({ level: "error", message, ...fields }),
};

/** The config compiled into this deployment, or a share of it, and this isolate's ports. */
export async function boot(
  env: Env,
  compiled: Compiled = bundled,
): Promise<{ config: Config; ports: Ports; warnings: Problem[] }> {
  const { config, warnings } = await loadCompiled(compiled, {
    kinds: KINDS,
    runtime: "cloudflare",
    turns: defaultTurns(planOf(env)),
    env: (name) => stringBinding(env, name),
    // A pinned prober needs only the secrets of journeys and its own token.
    envMissing: stringBinding(env, "ASSAY_PROBER") ? "warning" : "error",
  });
  const fetch = guardFetch(network, config.allowPrivate);
  const secrets = secretsOf(compiled.secrets.map(({ name }) => name), (name) => stringBinding(env, name));
  const sendPlatformMail = senderOf(env);
  const dial = KINDS.dialler?.(config);
  const openWebSocket = KINDS.webSockets?.(config);
  const ports = { clock, fetch, dial, openWebSocket, random: Math.random, log, secrets, sendPlatformMail };
  return { config, warnings, ports };
}

/** Cloudflare's Email Service, if wrangler.toml has a `send_email` binding `EMAIL`. */
function senderOf({ EMAIL }: Env): Ports["sendPlatformMail"] {
  const binding = EMAIL as { send(email: Email): Promise<unknown> } | undefined;
  return binding && (async (email) => void await binding.send(email));
}
