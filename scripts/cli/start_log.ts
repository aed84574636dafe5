/** Startup errors of `assay start`, written to the log. */
import { processLog } from "../../functions/deno/log.ts";
import type { Log } from "../../src/base/ports.ts";
import { messageOf } from "../../src/base/error_message.ts";
import { ConfigError, type ConfigOptions, type Problem } from "../../src/config/mod.ts";
import { INVALID, type LoadedFile, readConfig, USAGE } from "./terminal.ts";

/** Loads a config. Logs one line per problem and exits 1 if it is invalid, 3 if it cannot be read. */
export async function loadForStart(
  file: string,
  options: Partial<ConfigOptions>,
  log: Log,
): Promise<LoadedFile> {
  try {
    return await readConfig(file, options);
  } catch (error) {
    if (!(error instanceof ConfigError)) return failToStart(USAGE, error, log);
    error.problems.forEach((problem) => logProblem(log, file, problem));
    Deno.exit(INVALID);
  }
}

function logProblem(log: Log, file: string, { message, severity, ...where }: Problem): void {
  log[severity === "warning" ? "warn" : "error"]("config problem", {
    file,
    ...where,
    problem: message,
  });
}

/** Logs each line of the error's message, and exits. */
export function failToStart(code: number, error: unknown, log: Log): never {
  for (const reason of (error as Error).message.split("\n")) log.error("assay cannot start", { reason });
  Deno.exit(code);
}

/** Makes commander log usage errors too. */
export const usageToLog = {
  outputError: (text: string) =>
    processLog().error("assay cannot start", {
      reason: text.trim().replace(/^error: /, "").replaceAll("\n", " "),
    }),
};

/** Logs an uncaught error before it ends the process. */
export function logUncaught(log: Log): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    log.error("assay ended by an uncaught error", { error: messageOf(error) });
    Deno.exit(INVALID);
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
