import { bodyClaim, errorClaims } from "../claims.ts";
import { codeClaim } from "../status_code.ts";
import { records, textOf } from "../json.ts";
import { lastSegment } from "../question.ts";
import type { Claim, Dialect, Reading, ReportAnswer, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const TEXTS: readonly [text: RegExp, state: ReportState][] = [
  [/^(Prometheus Server|VictoriaMetrics|\w[\w -]{0,30}) is (Ready|Healthy)\.$/, "ready"],
  [/^The server is in delayed shutdown mode/, "draining"],
];

/** Series where 1 is good and 0 is bad. */
const SERIES = new Set<unknown>(["up", "probe_success"]);
const WORDS = new Map<unknown, ReportState>([
  ["1", "ready"],
  ["up", "ready"],
  ["0", "not_ready"],
  ["down", "not_ready"],
]);

/**
 * Prometheus, Alertmanager and VictoriaMetrics: `/-/ready`, `/-/healthy` (liveness: 200 during replay as
 * well), and `/api/v1/query?query=up` or `probe_success`, and `/api/v1/targets`.
 *
 * `X-Prometheus-Stopping: true` is draining, `false` starting. `… is Ready.` is ready, `delayed shutdown
 * mode` draining. 503 `Service Unavailable` without that header is a start or, in old versions, a stop:
 * not_ready, `phase: unclear`. In a query each series is a required part: 1 is ready, 0 not_ready, any other
 * value unknown. So is each active target: `up`, `down` or `unknown`. Any other series, or none at all, is
 * unknown, because `status: success` is about the API and not the target.
 */
export const prometheus: Dialect = {
  name: "prometheus",
  path: /\/api\/v1\/targets$/,
  isBulky: true,
  recognise(answer) {
    return answer.headers.has("x-prometheus-stopping") || textClaim(answer) !== undefined ||
      isUnavailable(answer) || partsOf(answer.json) !== undefined;
  },
  read(answer) {
    const { status, headers, json, url } = answer;
    const parts = partsOf(json);
    if (parts) return queried(parts, status);
    const question = lastSegment(url) === "healthy" ? "liveness" : undefined;
    const stopping = headers.get("x-prometheus-stopping");
    if (stopping !== null) {
      const claim: Claim = {
        source: "header",
        state: stopping === "true" ? "draining" : "starting",
        raw: `x-prometheus-stopping: ${stopping}`,
      };
      return { claims: [codeClaim(status), claim], question };
    }
    const claim = textClaim(answer);
    if (claim) return { claims: [codeClaim(status), claim], question };
    return isUnavailable(answer) ? { claims: [codeClaim(status)], phase: "unclear", question } : null;
  },
};

function textClaim({ text }: ReportAnswer): Claim | undefined {
  const word = text.trim();
  const state = TEXTS.find(([pattern]) => pattern.test(word))?.[1];
  return state && bodyClaim(state, word);
}

function isUnavailable({ url, status, text }: ReportAnswer): boolean {
  return status === 503 && text.trim() === "Service Unavailable" &&
    /^\/(-\/ready|api\/v1\/query)$/.test(url.pathname);
}

/** The series of a query, or the active targets; undefined for any other answer. */
function partsOf(json: unknown): Subsystem[] | undefined {
  if (!isRecord(json) || json.status !== "success" || !isRecord(json.data)) return undefined;
  const { resultType, result, activeTargets } = json.data;
  if (resultType === "vector") return records(result).map(seriesOf);
  return Array.isArray(activeTargets) ? records(activeTargets).map(targetOf) : undefined;
}

function queried(parts: Subsystem[], status: number): Reading {
  const bad = parts.filter((part) => part.state === "not_ready").length;
  const isUnknown = parts.length === 0 || parts.some((part) => part.state === "unknown");
  const state = bad > 0 ? "not_ready" : isUnknown ? "unknown" : "ready";
  return {
    claims: [bodyClaim(state, `${bad} of ${parts.length} are down`), ...errorClaims(status)],
    subsystems: parts,
  };
}

function seriesOf({ metric, value }: Record<string, unknown>): Subsystem {
  const labels = isRecord(metric) ? metric : {};
  const sample = Array.isArray(value) ? value[1] : undefined;
  return partOf(labels, SERIES.has(labels.__name__) ? sample : undefined);
}

function targetOf({ labels, health, lastError }: Record<string, unknown>): Subsystem {
  return { ...partOf(isRecord(labels) ? labels : {}, health), message: textOf(lastError) };
}

function partOf({ job, instance }: Record<string, unknown>, word: unknown): Subsystem {
  return {
    name: [job, instance].map(textOf).filter(Boolean).join("/") || "series",
    state: WORDS.get(word) ?? "unknown",
    layer: "process",
    required: true,
  };
}
