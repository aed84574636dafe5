import { worst } from "./merge.ts";
import type { ReportState, Subsystem } from "./report.ts";

const MAX_PARTS = 200;

/**
 * The state of a group of interchangeable members: `ready` if all are, `degraded` if some serve, else the
 * worst. An empty group serves no requests: `not_ready`.
 */
export function groupState(states: ReportState[]): ReportState {
  if (states.length === 0) return "not_ready";
  if (states.every((state) => state === "ready")) return "ready";
  return states.some((state) => state === "ready" || state === "degraded") ? "degraded" : worst(states);
}

/**
 * At most 200 parts, those that are not ready first. Only for a whole with its own state, so that dropped
 * parts do not matter.
 */
export function limitParts(parts: Subsystem[]): Subsystem[] {
  if (parts.length <= MAX_PARTS) return parts;
  return parts.toSorted((a, b) => Number(a.state === "ready") - Number(b.state === "ready")).slice(
    0,
    MAX_PARTS,
  );
}
