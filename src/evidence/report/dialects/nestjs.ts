import { bodyClaim } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { firstText } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { codeOf, json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** The words of a `HealthCheckResult`. */
const WHOLE = new Map<unknown, ReportState>([
  ["ok", "ready"],
  ["degraded", "degraded"],
  ["error", "not_ready"],
  ["shutting_down", "draining"],
]);

/** The words of a `HealthIndicatorResult`. */
const PART = new Map<unknown, ReportState>([["up", "ready"], ["degraded", "degraded"], [
  "down",
  "not_ready",
]]);

/**
 * `@nestjs/terminus`: a status beside the three maps `info` (up), `error` (down) and `details` (both).
 *
 * | word | state | code |
 * |---|---|---|
 * | `ok` | ready | 200 |
 * | `degraded` (since 12) | degraded | 200 |
 * | `error` | not_ready | 503 |
 * | `shutting_down` | draining | 503, all details may be up |
 *
 * Indicators are `up`, `degraded` or `down`; all are required. Version 11 drops an indicator that is neither
 * up nor down and answers `ok`, so dropped ones are not visible. Any other word is `unknown`.
 */
export const nestjs: Dialect = {
  name: "nestjs",
  recognise({ json }) {
    return isRecord(json) && WHOLE.has(json.status) &&
      [json.info, json.error, json.details].every(isRecord);
  },
  read({ status, json }) {
    if (!isRecord(json) || typeof json.status !== "string") return null;
    const maps = [json.info, json.error, json.details].filter(isRecord);
    if (maps.length === 0) return null;
    const indicators: Record<string, unknown> = Object.assign(Object.create(null), ...maps);
    return {
      claims: [codeClaim(status), bodyClaim(WHOLE.get(json.status) ?? "unknown", json.status)],
      subsystems: Object.entries(indicators).map(partOf),
    };
  },
  expresses: { whole: [...WHOLE.values()], parts: [...PART.values()] },
  write({ name, state, reason, subsystems }) {
    const part = state === "draining" ? [] : [{ name, state, message: reason }];
    const details = [...part, ...subsystems].map(({ name, state, message }) =>
      [name, { status: wordOf(PART, state), message }] as const
    );
    const only = (isDown: boolean) =>
      Object.fromEntries(details.filter(([, { status }]) => (status === "down") === isDown));
    const body = {
      status: wordOf(WHOLE, state),
      info: only(false),
      error: only(true),
      details: Object.fromEntries(details),
    };
    return json(codeOf(state), body);
  },
};

function wordOf(words: Map<unknown, ReportState>, state: ReportState): unknown {
  return [...words].find(([, means]) => means === state)?.[0];
}

function partOf([name, indicator]: [string, unknown]): Subsystem {
  const { status, message, error } = isRecord(indicator) ? indicator : {};
  return {
    name,
    state: PART.get(status) ?? "unknown",
    layer: layerOf(name),
    required: true,
    message: firstText(message, error),
  };
}
