import { iso } from "../../../base/time.ts";
import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { newestOf } from "../time.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The library's words, in lower case. */
const STATES = new Map<unknown, ReportState>([["up", "ready"], ["down", "not_ready"], [
  "unknown",
  "unknown",
]]);

/**
 * `alexliesenfeld/health` for Go: a status, and a map of checks unless details are off.
 *
 * | word | state | code |
 * |---|---|---|
 * | `up` | ready | 200 |
 * | `down` | not_ready | 503 |
 * | `unknown` | starting: a periodic check has not run yet | 503 |
 * | `unknown` | unknown | any other |
 *
 * The whole is the worst of its checks, so each is required. The report is as old as its newest check.
 * Without details it is recognised by the library's headers: `Pragma: no-cache` and an `Expires` in the past.
 */
export const goHealth: Dialect = {
  name: "go-health",
  recognise(answer) {
    const { json } = answer;
    if (!isRecord(json) || !STATES.has(json.status)) return false;
    if (!isRecord(json.details)) return Object.keys(json).length === 1 && isUncached(answer);
    const checks = Object.values(json.details);
    return checks.length > 0 && checks.every(isCheck);
  },
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const checks = isRecord(json.details) ? Object.entries(json.details) : [];
    const isEarly = json.status === "unknown" && status === 503;
    const state = isEarly ? "starting" : STATES.get(json.status) ?? "unknown";
    return {
      claims: [codeClaim(status), bodyClaim(state, json.status)],
      subsystems: checks.map(partOf),
      version: isRecord(json.info) ? firstText(json.info.version) : undefined,
      reportedAt: newestOf(checks.map(([, check]) => isRecord(check) ? check.timestamp : undefined)),
    };
  },
  expresses: { whole: ["ready", "degraded", "starting", "not_ready"], parts: ["ready", "not_ready"] },
  write({ name, state, reason, at, version, subsystems }) {
    const word = (state: ReportState) => state === "starting" ? "unknown" : isServing(state) ? "up" : "down";
    const check = (state: ReportState, error?: string) => ({
      status: word(state),
      timestamp: iso(at),
      error: isServing(state) ? undefined : error,
    });
    const details = Object.fromEntries([
      [name, check(state, reason)],
      ...subsystems.map((part) => [part.name, check(part.state, part.message)]),
    ]);
    return json(codeOf(state), { status: word(state), info: version && { version }, details });
  },
};

function isCheck(check: unknown): boolean {
  return isRecord(check) && STATES.has(check.status);
}

function isUncached({ headers }: ReportAnswer): boolean {
  const expires = headers.get("expires") ?? "";
  return headers.get("pragma") === "no-cache" && (expires === "-1" || expires.includes(" 1970 "));
}

function partOf([name, check]: [string, unknown]): Subsystem {
  const { status, error } = isRecord(check) ? check : {};
  return {
    name,
    state: STATES.get(status) ?? "unknown",
    layer: layerOf(name),
    required: true,
    message: firstText(error),
  };
}
