import type { AnswerHeaders } from "../../base/ports.ts";
import type { Claim, ReportState } from "./report.ts";

/**
 * Envoy puts its two on any answer that passes it, not only on health checks (extensions/filters/http/health_check): the first
 * counts by its presence, the second when `true`. MinIO's says `offline` while it is not initialised, in some versions under 200.
 */
const HEADERS: readonly [name: string, value: RegExp, state: ReportState][] = [
  ["x-envoy-degraded", /^/, "degraded"],
  ["x-envoy-immediate-health-check-fail", /^true$/i, "draining"],
  ["x-minio-server-status", /offline$/, "not_ready"],
];

/** What a proxy or server claims in its headers, whatever the dialect of the body. */
export function headerClaims(headers: AnswerHeaders): Claim[] {
  return HEADERS.flatMap(([name, value, state]) => {
    const found = headers.get(name);
    return found !== null && value.test(found) ? [{ source: "header", state, raw: name }] : [];
  });
}
