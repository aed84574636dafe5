import { bodyClaim, errorClaims } from "../claims.ts";
import { groupState } from "../group.ts";
import { firstText, records, scalar } from "../json.ts";
import { worst } from "../merge.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { isRecord } from "../../../base/json.ts";

const STATES = new Map<unknown, ReportState>([
  ["enabled", "ready"],
  ["warning", "degraded"],
  ["disabled", "not_ready"],
]);

/**
 * Traefik's API, `/api/http/services` or one of them (pkg/api/handler_http.go): a service is enabled, in
 * warning or disabled, and its servers are UP or DOWN by Traefik's own health checks; one UP server is
 * enough. Without a health check servers are always UP. Each service is a required part. `/ping` is plain
 * HTTP and liveness.
 */
export const traefik: Dialect = {
  name: "traefik",
  recognise: ({ json }) => partsOf(json).length > 0,
  read({ status, json }) {
    const parts = partsOf(json);
    if (parts.length === 0) return null;
    const state = worst(parts.map((part) => part.state));
    const raw = `${parts.filter((part) => part.state !== "ready").length} of ${parts.length} services not up`;
    return { claims: [bodyClaim(state, raw), ...errorClaims(status)], subsystems: parts, question: "lb" };
  },
};

function partsOf(json: unknown): Subsystem[] {
  return (isRecord(json) ? [json] : records(json)).flatMap(({ status, provider, name, serverStatus }) => {
    const state = STATES.get(status);
    if (!state || !firstText(provider) || !firstText(name)) return [];
    const servers = isRecord(serverStatus) ? Object.entries(serverStatus) : [];
    const up = servers.map(([, word]) => stateOfWord(scalar(word)) ?? "unknown");
    return [{
      name: scalar(name),
      state: worst([state, ...(up.length > 0 ? [groupState(up)] : [])]),
      layer: "process",
      required: true,
      message: servers.slice(0, 8).map(([url, word]) => `${url} ${scalar(word)}`).join(", ") || undefined,
    }];
  });
}
