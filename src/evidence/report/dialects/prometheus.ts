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

/** Series of which 1 is good and 0 is bad. */
const SERIES = new Set<unknown>(["up", "probe_success"]);
const SAMPLES = new Map<unknown, ReportState>([["1", "ready"], ["0", "not_ready"]]);

/**
 * Prometheus, Alertmanager and VictoriaMetrics: `/-/ready`, `/-/healthy` (liveness: 200 during replay as well), and
 * `/api/v1/query?query=up` or `probe_success`.
 *
 * `X-Prometheus-Stopping: true` is draining, `false` starting. `… is Ready.` is ready, `delayed shutdown mode` draining.
 * 503 `Service Unavailable` without that header is a start or, in old versions, a stop: not_ready, `phase: unclear`.
 * In a query each series is a required part: 1 ready, 0 not_ready, else unknown; another series than those two, or none at
 * all, is unknown, because `status: success` is the API's word and not the target's.
 */
export const prometheus: Dialect = {
  name: "prometheus",
  recognise(answer) {
    return answer.headers.has("x-prometheus-stopping") || textClaim(answer) !== undefined ||
      isUnavailable(answer) || isVector(answer.json);
  },
  read(answer) {
    const { status, headers, json, url } = answer;
    if (isVector(json)) return vector(json, status);
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

function isVector(json: unknown): json is { data: { result: unknown } } {
  return isRecord(json) && json.status === "success" && isRecord(json.data) &&
    json.data.resultType === "vector";
}

function vector({ data }: { data: { result: unknown } }, status: number): Reading {
  const parts = records(data.result).map(partOf);
  const bad = parts.filter((part) => part.state === "not_ready").length;
  const isUnknown = parts.length === 0 || parts.some((part) => part.state === "unknown");
  const state = bad > 0 ? "not_ready" : isUnknown ? "unknown" : "ready";
  return {
    claims: [bodyClaim(state, `${bad} of ${parts.length} series are 0`), ...errorClaims(status)],
    subsystems: parts,
  };
}

function partOf({ metric, value }: Record<string, unknown>): Subsystem {
  const { __name__: series, job, instance } = isRecord(metric) ? metric : {};
  const sample = Array.isArray(value) ? value[1] : undefined;
  return {
    name: [job, instance].map(textOf).filter(Boolean).join("/") || "series",
    state: SERIES.has(series) ? SAMPLES.get(sample) ?? "unknown" : "unknown",
    layer: "process",
    required: true,
  };
}
