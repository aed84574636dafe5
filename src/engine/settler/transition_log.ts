import type { Log } from "../../base/ports.ts";
import { iso } from "../../base/time.ts";
import type { Transition } from "../../judgement/incident.ts";
import type { CheckState } from "../../judgement/state.ts";

/**
 * A committed change and the check's state after it; absent if the check left the config or the incident is
 * about Assay itself.
 */
export interface CommittedChange {
  transition: Transition;
  state?: CheckState;
}

/** Logs each incident change: a warning if it is critical and not a resolution. */
export function logTransitions(log: Log, changes: readonly CommittedChange[]): void {
  for (const { transition: { incident, change }, state } of changes) {
    const { id, episode, target, check, family, kind, severity, scope, reason, updatedAt, timeline } =
      incident;
    const regions = Object.entries(state?.regions ?? {}).map(([region, { outcome }]) => [region, outcome]);
    const fields = {
      ...{ incident: id, episode, target, check, family, kind, severity, scope },
      at: iso(updatedAt),
      ...(regions.length > 0 && { regions: Object.fromEntries(regions) }),
      reason: reason ?? timeline.at(-1)?.reason,
    };
    const write = change !== "resolved" && severity === "critical" ? log.warn : log.info;
    write(`incident ${change}`, fields);
  }
}
