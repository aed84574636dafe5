/** Prometheus' own tools, as Debian packs them. */
import { spawnSync } from "node:child_process";
import { testWith } from "../../world/tool.ts";

/** A test that needs them. */
export const testWithPrometheus = testWith("promtool", "apt-get install prometheus");

/** What promtool has against its arguments and its standard input; empty: nothing. */
export function promtool(args: string[], input = ""): string {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8" });
  return status === 0 ? "" : `exit ${status}: ${stdout}${stderr}`;
}

/** What it has against a page of metrics; style counts. */
export const checkMetrics = (text: string): string => promtool(["check", "metrics"], text);
