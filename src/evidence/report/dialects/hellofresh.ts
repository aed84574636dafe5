import { iso } from "../../../base/time.ts";
import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { isServing } from "../merge.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportState } from "../report.ts";
import { newestOf } from "../time.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The library's `Status` constants. */
const STATES = new Map<unknown, ReportState>([
  ["OK", "ready"],
  ["Partially Available", "degraded"],
  ["Unavailable", "not_ready"],
  ["Timeout during health check", "not_ready"],
]);

/**
 * `hellofresh/health-go`: a status, a timestamp, and the names of the checks that failed.
 *
 * | word | state | code |
 * |---|---|---|
 * | `OK` | ready | 200 |
 * | `Partially Available` | degraded: a check that may be skipped (`SkipOnErr`) failed | 200 |
 * | `Unavailable`, `Timeout during health check` | not_ready | 503 |
 *
 * Any other word is `unknown`. Only failing checks are visible, in `failures`. With `Partially Available`
 * none of them is required, by the library's own rule.
 */
export const hellofresh: Dialect = {
  name: "hellofresh",
  recognise({ json }) {
    if (!isRecord(json) || !STATES.has(json.status)) return false;
    return typeof json.timestamp === "string" && (isRecord(json.component) || isRecord(json.system));
  },
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const word = json.status;
    const failures = isRecord(json.failures) ? Object.entries(json.failures) : [];
    return {
      claims: [codeClaim(status), bodyClaim(STATES.get(word) ?? "unknown", word)],
      subsystems: failures.map(([name, text]) => ({
        name,
        state: "not_ready",
        layer: layerOf(name),
        required: word !== "Partially Available",
        message: firstText(text),
      })),
      version: isRecord(json.component) ? firstText(json.component.version) : undefined,
      reportedAt: newestOf([json.timestamp]),
    };
  },
  expresses: { whole: ["ready", "degraded", "not_ready"], parts: ["ready", "not_ready"] },
  write({ name, state, reason, at, version, subsystems }) {
    const failures = subsystems.filter((part) => part.state === "not_ready")
      .map((part) => [part.name, part.message ?? part.state]);
    const own = state === "not_ready" && reason ? [[name, reason]] : [];
    const body = {
      status: state === "ready" ? "OK" : state === "degraded" ? "Partially Available" : "Unavailable",
      timestamp: iso(at),
      ...(!isServing(state) && { failures: Object.fromEntries([...own, ...failures]) }),
      component: { name, version: version ?? "" },
    };
    return json(codeOf(state), body);
  },
};
