import { bodyClaim } from "../claims.ts";
import { groupState, limitParts } from "../group.ts";
import { records, scalar } from "../json.ts";
import type { Reading, ReportState, Subsystem } from "../report.ts";
import { isRecord } from "../../../base/json.ts";

/**
 * An EndpointSlice (discovery/v1): absent `ready` and `serving` are true, absent `terminating` is false. A
 * terminating endpoint is draining while it serves; an endpoint that is not ready is not_ready. The slice is
 * the group of its endpoints.
 */
export function endpointSlice({ endpoints }: Record<string, unknown>): Reading {
  const parts = records(endpoints).map((endpoint, i): Subsystem => ({
    name: nameOf(endpoint) ?? scalar(i),
    state: stateOf(isRecord(endpoint.conditions) ? endpoint.conditions : {}),
    layer: "process",
    required: false,
  }));
  const ready = parts.filter((part) => part.state === "ready").length;
  const state = groupState(parts.map((part) => part.state));
  return {
    claims: [bodyClaim(state, `${ready} of ${parts.length} endpoints ready`)],
    subsystems: limitParts(parts),
  };
}

function stateOf({ ready, serving, terminating }: Record<string, unknown>): ReportState {
  if (terminating === true) return (serving ?? true) === true ? "draining" : "not_ready";
  return (ready ?? true) === true ? "ready" : "not_ready";
}

function nameOf({ targetRef, addresses }: Record<string, unknown>): string | undefined {
  if (isRecord(targetRef) && typeof targetRef.name === "string") return targetRef.name;
  return Array.isArray(addresses) ? addresses.find((address) => typeof address === "string") : undefined;
}
