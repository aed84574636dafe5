import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { worst } from "../merge.ts";
import { records, scalar, textOf } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Dialect, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

const IMPACTS = new Map<unknown, ReportState>([
  ["degraded_performance", "degraded"],
  ["partial_outage", "not_ready"],
  ["full_outage", "not_ready"],
]);

/**
 * incident.io's widget, `/api/v1/summary` (its `/api/v2` is a clone of Statuspage). It has no word for "ok":
 * without an ongoing incident or maintenance it is ready, so `page_title` and both lists must be present. For
 * an incident, `current_worst_impact` decides: degraded_performance is degraded, partial_outage and
 * full_outage not_ready, any other unknown, absent degraded. A maintenance in progress is draining. The worst
 * counts. Affected components are parts.
 */
export const incidentIoPage: Dialect = {
  name: "incident.io",
  recognise: ({ json }) => isWidget(json),
  read({ status, json }) {
    if (!isWidget(json)) return null;
    const incidents = records(json.ongoing_incidents);
    const states = incidents.map(stateOf);
    const maintenances = records(json.in_progress_maintenances);
    const state = worst(["ready", ...states, ...maintenances.map(() => "draining" as const)]);
    const first = [...incidents, ...maintenances].map(({ name }) => textOf(name)).find(Boolean);
    return {
      claims: [bodyClaim(state, first ?? "no ongoing incident"), ...pageErrorClaims(status)],
      subsystems: incidents.flatMap(partsOf),
      question: "status_page",
    };
  },
};

function isWidget(json: unknown): json is Record<string, unknown> {
  return isRecord(json) && typeof json.page_title === "string" && Array.isArray(json.ongoing_incidents) &&
    Array.isArray(json.in_progress_maintenances);
}

function stateOf({ current_worst_impact: impact }: Record<string, unknown>): ReportState {
  return impact == null ? "degraded" : IMPACTS.get(impact) ?? "unknown";
}

function partsOf(incident: Record<string, unknown>): Subsystem[] {
  return records(incident.affected_components).map(({ name }) => ({
    name: scalar(name),
    state: stateOf(incident),
    layer: layerOf(scalar(name)),
    required: false,
    message: textOf(incident.name),
  }));
}
