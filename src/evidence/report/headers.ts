import type { AnswerHeaders } from "../../base/ports.ts";
import type { Claim, ReportState } from "./report.ts";

/**
 * Envoy adds its two headers to any answer that passes through it, not only to health checks
 * (extensions/filters/http/health_check); the first counts if present, the second if `true`. MinIO sends
 * `offline` while it is not initialised, in some versions with status 200.
 */
const HEADERS: readonly [name: string, value: RegExp, state: ReportState][] = [
  ["x-envoy-degraded", /^/, "degraded"],
  ["x-envoy-immediate-health-check-fail", /^true$/i, "draining"],
  ["x-minio-server-status", /offline$/, "not_ready"],
];

/** Claims that a proxy or server makes in headers, in any dialect. */
export function headerClaims(headers: AnswerHeaders): Claim[] {
  return HEADERS.flatMap(([name, value, state]) => {
    const found = headers.get(name);
    return found !== null && value.test(found) ? [{ source: "header", state, raw: name }] : [];
  });
}
