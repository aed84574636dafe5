import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { worst } from "../merge.ts";
import { limitParts } from "../group.ts";
import { records, scalar, textOf } from "../json.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/** States by `status_impact` of an open incident; `severity` is something else. */
const IMPACTS = new Map<unknown, ReportState>([
  ["AVAILABLE", "ready"],
  ["AVAILABLE_INFORMATION", "ready"],
  ["SERVICE_INFORMATION", "degraded"],
  ["SERVICE_DISRUPTION", "degraded"],
  ["SERVICE_OUTAGE", "not_ready"],
]);

/**
 * Google Cloud's `incidents.json`: a list of all incidents ever; open ones have no `end`. The worst open
 * `status_impact` counts: AVAILABLE and AVAILABLE_INFORMATION are ready, SERVICE_INFORMATION and
 * SERVICE_DISRUPTION degraded, SERVICE_OUTAGE not_ready, any other unknown. Without open incidents it is
 * ready. Affected products are parts. If the history exceeds the size limit, it is unreadable.
 */
export const googleCloud: Dialect = {
  name: "google-cloud",
  recognise: ({ json }) => isFeed(json),
  read({ status, json }) {
    if (!isFeed(json)) return null;
    const open = records(json).filter(({ end }) => end == null || end === "");
    const state = worst(["ready", ...open.map(stateOf)]);
    return {
      claims: [bodyClaim(state, `${open.length} open incidents`), ...pageErrorClaims(status)],
      subsystems: limitParts(open.flatMap(partsOf)),
      question: "status_page",
    };
  },
};

function isFeed(json: unknown): boolean {
  return Array.isArray(json) && json.length > 0 &&
    json.every((item) =>
      isRecord(item) && typeof item.begin === "string" && typeof item.status_impact === "string" &&
      Array.isArray(item.affected_products)
    );
}

function stateOf({ status_impact: impact }: Record<string, unknown>): ReportState {
  return IMPACTS.get(impact) ?? "unknown";
}

function partsOf(incident: Record<string, unknown>): Subsystem[] {
  return records(incident.affected_products).map(({ title, id }) => ({
    name: textOf(title) ?? scalar(id),
    state: stateOf(incident),
    layer: "dependency",
    required: false,
    message: textOf(incident.external_desc),
  }));
}
