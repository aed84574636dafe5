/** Reads the config again, and puts what is made of it in place of what runs. */
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

/** How a config is read again, and what takes it. */
export interface ReloaderOptions {
  /** What runs at first. */
  running: Loaded;
  /** Reads the config and its secrets as they are now; rejects with a ConfigError, or an Error with a message for the operator. */
  load(): Promise<Loaded>;
  /** Puts it in place. Rejects, and changes nothing, where that fails. */
  apply(loaded: Loaded): Promise<void>;
}

/** Reloads, one at a time. */
export interface Reloader {
  /** Never rejects: what is wrong is said in the log, and by `fault` until a config is taken. */
  reload(): Promise<ReloadResult>;
  fault(): string | undefined;
}

/** What only a start can change: who listens where, and what is kept where. */
const FIXED = ["store", "listen"] as const;

/** How many keys of each kind the log names. */
const NAMED = 20;

/** A reloader of this process. */
export function reloader({ running: first, load, apply }: ReloaderOptions): Reloader {
  let running = first;
  let fault: string | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let since = processClock.now();

  const refuse = (error: unknown): ReloadResult => {
    const { log, secrets } = running.ports;
    const problems = error instanceof ConfigError ? error.problems : [];
    const reason = secrets.redact(messageOf(error));
    log.error("the config was not reloaded: the one before goes on", { reason, problems });
    const [where] = problems;
    const place = where ? ` (first at ${whereText(where)})` : "";
    fault =
      `The config that was read at ${iso(processClock.now())} cannot be used${place}, the log says why: ` +
      `the one of ${iso(since)} goes on`;
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

/** What was asked with the secrets of before may answer yet, and show them. */
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
