import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { worst } from "../merge.ts";
import { records } from "../json.ts";
import type { Dialect, ReportState } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const TYPES = new Map<unknown, ReportState>([
  ["UP", "ready"],
  ["HASISSUES", "degraded"],
  ["UNDERMAINTENANCE", "draining"],
]);

const IMPACTS = new Map<unknown, ReportState>([
  ["OPERATIONAL", "ready"],
  ["DEGRADEDPERFORMANCE", "degraded"],
  ["MINOROUTAGE", "degraded"],
  ["PARTIALOUTAGE", "not_ready"],
  ["MAJOROUTAGE", "not_ready"],
]);

/**
 * Instatus `/summary.json`, by `status.type` or, in another form, `page.status`: UP is ready, HASISSUES
 * degraded, UNDERMAINTENANCE draining, any other unknown. With HASISSUES the worst `impact` of
 * `activeIncidents` counts too: PARTIALOUTAGE and MAJOROUTAGE are not_ready. UP with such an incident is a
 * contradiction. The lists may be absent.
 */
export const instatus: Dialect = {
  name: "instatus",
  recognise: ({ json }) => /^[A-Z]+$/.test(typeOf(json) ?? ""),
  read({ status, json }) {
    const type = typeOf(json);
    if (type === undefined || !isRecord(json)) return null;
    const state = TYPES.get(type) ?? "unknown";
    const impacts = records(json.activeIncidents).map(({ impact }) => IMPACTS.get(impact) ?? "degraded");
    const impact = worst(["ready", ...impacts]);
    const claims = state === "ready" && impact !== "ready"
      ? [bodyClaim(state, type), bodyClaim(impact, "active incident")]
      : [bodyClaim(worst([state, impact]), type)];
    return { claims: [...claims, ...pageErrorClaims(status)], question: "status_page" };
  },
};

function typeOf(json: unknown): string | undefined {
  if (!isRecord(json) || !isRecord(json.page)) return undefined;
  const found = [isRecord(json.status) ? json.status.type : undefined, json.page.status];
  return found.find((type) => typeof type === "string");
}
