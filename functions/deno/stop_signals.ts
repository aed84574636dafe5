const WATCH_MS = 1_000;

/**
 * Calls `stop` at SIGINT and SIGTERM, and with SIGTERM once the npm package's launcher that started this
 * process has gone.
 */
export function onStop(stop: (signal: "SIGINT" | "SIGTERM") => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => stop(signal));
  const launcher = Deno.env.get("ASSAY_LAUNCHER");
  if (launcher === undefined) return;
  const timer = setInterval(() => {
    if (Deno.ppid === Number(launcher)) return;
    clearInterval(timer);
    stop("SIGTERM");
  }, WATCH_MS);
  Deno.unrefTimer(timer);
}
