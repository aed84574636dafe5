import type { ReportState } from "../../../src/evidence/report/mod.ts";
import type { Reporter } from "./loop.ts";

/**
 * Meaning of exit codes; any other is `not_ready`. `nagios`: plugins and Consul's script checks (1 is a
 * warning; Consul has no 3). `probe`: exec probes of Kubernetes, and Docker's HEALTHCHECK.
 */
export const CODES: Record<string, Record<number, ReportState>> = {
  nagios: { 0: "ready", 1: "degraded", 3: "unknown" },
  probe: { 0: "ready" },
};

/**
 * POSIX sh: found but not executable, and not found. The command is broken, which says nothing about the
 * service.
 */
const NOT_RUN = new Set([126, 127]);
const MAX_OUTPUT_BYTES = 4_096;

/** How a command ended; `out` is the start of its output. */
export type ExitResult = { code: number; out: string } | "timeout";

/** Reads a shell command's exit code. The first line of its output is the reason. */
export function execReporter(
  command: string,
  codes: string,
  timeoutMs: number,
  env: Record<string, string>,
): Reporter {
  return {
    async read() {
      const ended = await execute("/bin/sh", ["-c", command], timeoutMs, env);
      if (ended === "timeout") {
        return { state: "not_ready", reason: `no exit within ${timeoutMs} ms`, dialect: codes };
      }
      const { code, out } = ended;
      const state = NOT_RUN.has(code) ? "unknown" : CODES[codes]![code] ?? "not_ready";
      const line = out.split("\n", 1)[0]!.replace(/[\p{Cc}\s]+/gu, " ").trim();
      return {
        state,
        reason: `exit ${code}${line && `: ${line}`}`.slice(0, 300).toWellFormed(),
        dialect: codes,
      };
    },
  };
}

/**
 * Runs a command in its own process group, and kills the group at the timeout. Rejects if the command cannot
 * be started.
 */
export async function execute(
  command: string,
  args: string[],
  timeoutMs: number,
  env: Record<string, string>,
): Promise<ExitResult> {
  const child = new Deno.Command(command, {
    args,
    env,
    clearEnv: true,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const late = new AbortController();
  const timer = setTimeout(() => {
    late.abort();
    try {
      Deno.kill(-child.pid, "SIGKILL");
    } catch { /* it has just ended */ }
  }, timeoutMs);
  const out = await readHead(child.stdout, late.signal);
  const { code } = await child.status;
  clearTimeout(timer);
  return late.signal.aborted ? "timeout" : { code, out };
}

/**
 * Returns the start of a stream, but reads it to its end, so that a full or closed pipe never stops the
 * command. Cancels the stream at the timeout: a process that left the group may hold it open for ever.
 */
async function readHead(stream: ReadableStream<Uint8Array>, late: AbortSignal): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const reader = stream.getReader();
  late.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (text.length < MAX_OUTPUT_BYTES) text += decoder.decode(next.value, { stream: true });
  }
  return text.slice(0, MAX_OUTPUT_BYTES);
}
