/** Reads the config again and replaces the running assembly. */
import { ConfigError } from "../../src/config/mod.ts";
import type { Config } from "../../src/config/config.ts";
import { diffConfigs } from "../../src/config/diff.ts";
import type { Problem } from "../../src/config/problem.ts";
import { messageOf } from "../../src/base/error_message.ts";
import type { Log, Ports, Secrets } from "../../src/base/ports.ts";
import { iso } from "../../src/base/time.ts";
import type { ReloadResult } from "../../src/web/api/routes/reload.ts";
import type { Loaded } from "./assembly.ts";
import { processClock } from "./ports.ts";

export interface ReloaderOptions {
  /** The initial config. */
  running: Loaded;
  /**
   * Reads the current config and secrets. Rejects with a ConfigError, or an Error with a message for the
   * operator.
   */
  load(): Promise<Loaded>;
  /** Applies a config. Rejects, and changes nothing, if that fails. */
  apply(loaded: Loaded): Promise<void>;
}

export interface Reloader {
  /** Never rejects: a failure is logged, and `fault` returns it until a config is applied. */
  reload(): Promise<ReloadResult>;
  fault(): string | undefined;
}

/** Settings that only a restart can change. */
const FIXED = ["store", "listen"] as const;

/** The maximum number of check keys that the log names, per kind of change. */
const NAMED = 20;

/** Reloads one at a time. */
export function reloader({ running: first, load, apply }: ReloaderOptions): Reloader {
  let running = first;
  let fault: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let since = processClock.now();

  const refuse = (error: unknown): ReloadResult => {
    const { log, secrets } = running.ports;
    const problems = error instanceof ConfigError ? error.problems : [];
    const reason = secrets.redact(messageOf(error));
    log.error("the config was not reloaded: the previous one stays in effect", { reason, problems });
    const [where] = problems;
    const place = where ? ` (first at ${whereText(where)})` : "";
    fault = `The config read at ${iso(processClock.now())} cannot be used${place}: see the log. ` +
      `The config of ${iso(since)} stays in effect`;
    return { kind: "refused", reason, problems };
  };
  const take = async (): Promise<ReloadResult> => {
    try {
      const next = await load();
      for (const key of FIXED) requireSame(key, running.config, next.config);
      const loaded = { ...next, ports: withEarlierSecrets(next, running) };
      await apply(loaded);
      const diff = diffConfigs(running.config, next.config);
      running = next;
      since = processClock.now();
      fault = undefined;
      logReload(next.ports.log, next.config, diff);
      return { kind: "applied", checks: next.config.checks.length, diff };
    } catch (error) {
      return refuse(error);
    }
  };
  return {
    reload() {
      const result = last.then(take);
      last = result;
      return result;
    },
    fault: () => fault,
  };
}

function requireSame(key: (typeof FIXED)[number], before: Config, after: Config): void {
  if (JSON.stringify(before[key]) === JSON.stringify(after[key])) return;
  throw new Error(`${key} cannot change while Assay runs: restart it, or put ${key} back as it was`);
}

/** Answers to earlier requests may still contain the previous secrets. */
function withEarlierSecrets({ ports }: Loaded, before: Loaded): Ports {
  const { redact } = before.ports.secrets;
  const secrets: Secrets = { ...ports.secrets, redact: (text) => ports.secrets.redact(redact(text)) };
  return { ...ports, secrets };
}

const whereText = ({ file, line, column, path }: Problem) =>
  [file, line, column].filter((part) => part !== undefined).join(":") || path;

function logReload(log: Log, { checks }: Config, diff: Extract<ReloadResult, { kind: "applied" }>["diff"]) {
  const named = Object.entries(diff).flatMap(([kind, keys]) =>
    keys.length > 0 ? [[kind, keys.length > NAMED ? `${keys.length} checks` : keys]] : []
  );
  log.info("the config was reloaded", { checks: checks.length, ...Object.fromEntries(named) });
}
