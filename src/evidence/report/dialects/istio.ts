import { codeClaim } from "../status_code.ts";
import type { Dialect, ReportAnswer } from "../report.ts";

/**
 * Istio's gateway and sidecar readiness, `:15021/healthz/ready` (pilot/cmd/pilot-agent/status/server.go): 200 or 503 with
 * an empty body, so it is known by its port and path alone, or by being declared. Readiness is sticky there: a first
 * success is kept for life. So a 503 is a start or a shutdown (`not_ready`, `phase: unclear`), and a 200 says nothing of
 * configuration that went stale later.
 */
export const istio: Dialect = {
  name: "istio",
  recognise: (answer) =>
    answer.url.port === "15021" && answer.url.pathname === "/healthz/ready" && isEmpty(answer),
  read(answer) {
    if (!isEmpty(answer)) return null;
    return { claims: [codeClaim(answer.status)], phase: answer.status === 503 ? "unclear" : undefined };
  },
};

function isEmpty({ text }: ReportAnswer): boolean {
  return text.trim() === "";
}
