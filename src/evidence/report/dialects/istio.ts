import { codeClaim } from "../status_code.ts";
import type { Dialect, ReportAnswer } from "../report.ts";

/**
 * Istio's gateway and sidecar readiness, `:15021/healthz/ready` (pilot/cmd/pilot-agent/status/server.go): 200
 * or 503 with an empty body, so it is recognised only by port and path. Readiness is sticky: the first
 * success is kept for the life of the process. So a 503 is a start or a shutdown (`not_ready`, `phase:
 * unclear`), and a 200 does not show whether the configuration went stale later.
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
