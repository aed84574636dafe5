import type { ReportState } from "../../../src/evidence/report/mod.ts";
import type { Reporter } from "./loop.ts";

/**
 * What exit codes mean; any other is `not_ready`. `nagios`: plugins and Consul's script checks (1 is a warning; Consul knows no 3).
 * `probe`: exec probes of Kubernetes and Docker's HEALTHCHECK.
 */
export const CODES: Record<string, Record<number, ReportState>> = {
  nagios: { 0: "ready", 1: "degraded", 3: "unknown" },
  probe: { 0: "ready" },
};

/** POSIX sh: found but not executable, not found. The check is broken, which says nothing of the service. */
const NOT_RUN = new Set([126, 127]);
const MAX_OUTPUT_BYTES = 4_096;

/** How a command ended; `out` is the beginning of what it printed. */
export type ExitResult = { code: number; out: string } | "timeout";

/** A command of the shell, by its exit code; the first line that it prints is the reason. */
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

/** Runs a command in a process group of its own, all of which is killed when the time is over. Rejects if it cannot be started. */
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
    } catch { /* it has ended in this moment */ }
  }, timeoutMs);
  const out = await readHead(child.stdout, late.signal);
  const { code } = await child.status;
  clearTimeout(timer);
  return late.signal.aborted ? "timeout" : { code, out };
}

/**
 * The beginning of a stream, which is read to its end, so that a full or closed pipe stops no command. When it is late the stream is
 * let go: what has left the process group may hold it open for ever.
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
