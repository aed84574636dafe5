import { iso } from "../../../base/time.ts";
import { bodyClaim, pageErrorClaims } from "../claims.ts";
import { groupState, limitParts } from "../group.ts";
import { records, scalar } from "../json.ts";
import { layerOf } from "../layers.ts";
import type { Claim, Dialect, ReportState, Subsystem } from "../report.ts";
import { stateOfWord } from "../vocabulary.ts";
import { json } from "../writers.ts";
import { isRecord } from "../../../base/json.ts";

/** States by `status.indicator`. */
const INDICATORS = new Map<unknown, ReportState>([
  ["none", "ready"],
  ["minor", "degraded"],
  ["major", "not_ready"],
  ["critical", "not_ready"],
  ["maintenance", "draining"],
]);

/** The indicator for each state, with its usual description. */
const PAGES: Partial<Record<ReportState, [indicator: string, description: string]>> = {
  ready: ["none", "All Systems Operational"],
  degraded: ["minor", "Partially Degraded Service"],
  draining: ["maintenance", "Service Under Maintenance"],
  not_ready: ["major", "Major System Outage"],
};

const COMPONENTS = new Map<ReportState, string>([
  ["ready", "operational"],
  ["degraded", "degraded_performance"],
  ["draining", "under_maintenance"],
  ["not_ready", "major_outage"],
]);

/**
 * Atlassian Statuspage v2 and its clones (incident.io's `/api/v2`, Rootly): `summary.json`, `status.json`,
 * `components.json`.
 *
 * The whole is `status.indicator`: none is ready, minor degraded, major and critical not_ready, maintenance
 * draining, any other unknown. Without it (`components.json`) the whole is the group of the components.
 * Components are parts that are not required, in the shared vocabulary (operational, degraded_performance,
 * partial_outage, major_outage, under_maintenance); rows that only group others are left out. A summary
 * without components is always green, so its `none` is unknown. `page.updated_at` is the time of the last
 * edit and not of a check, so claims do not go stale by it. If the page itself fails (no 2xx), it makes no
 * claim.
 */
export const statuspage: Dialect = {
  name: "statuspage",
  recognise: ({ json }) => isPage(json),
  read({ status, json }) {
    if (!isPage(json)) return null;
    const parts = records(json.components).filter((row) => row.group !== true).map(partOf);
    return {
      claims: [claimOf(json, parts), ...pageErrorClaims(status)],
      subsystems: limitParts(parts),
      question: "status_page",
    };
  },
  expresses: { whole: ["ready", "degraded", "draining", "not_ready"], parts: [...COMPONENTS.keys()] },
  write({ name, state, reason, at, subsystems }) {
    const updated_at = iso(at);
    const components = [{ name, state }, ...subsystems].map(({ name, state }, i) => ({
      id: String(i),
      name,
      status: COMPONENTS.get(state),
      group: false,
      updated_at,
    }));
    const [indicator, description] = PAGES[state] ?? [];
    const page = { id: "assay", name, url: "", updated_at };
    return json(200, { page, status: { indicator, description: reason ?? description }, components });
  },
};

function isPage(json: unknown): json is Record<string, unknown> {
  if (!isRecord(json) || !isRecord(json.page)) return false;
  const { status, components } = json;
  return isRecord(status) ? typeof status.indicator === "string" : records(components).some(isComponent);
}

function isComponent({ name, status }: Record<string, unknown>): boolean {
  return typeof name === "string" && typeof status === "string";
}

function claimOf({ status, components }: Record<string, unknown>, parts: Subsystem[]): Claim {
  if (!isRecord(status)) return bodyClaim(groupState(parts.map((part) => part.state)), "components");
  const state = INDICATORS.get(status.indicator) ?? "unknown";
  if (state === "ready" && Array.isArray(components) && parts.length === 0) {
    return bodyClaim("unknown", "no components");
  }
  return bodyClaim(state, scalar(status.indicator));
}

function partOf({ name, status }: Record<string, unknown>): Subsystem {
  const state = stateOfWord(scalar(status)) ?? "unknown";
  return { name: scalar(name), state, layer: layerOf(scalar(name)), required: false };
}
