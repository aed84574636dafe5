import type { Log } from "../../base/ports.ts";
import { iso } from "../../base/time.ts";
import type { Transition } from "../../judgement/incident.ts";
import type { CheckState } from "../../judgement/state.ts";

/** A change that was committed, and the check's state after it; absent: of one that left the config, or of Assay itself. */
export interface CommittedChange {
  transition: Transition;
  state?: CheckState;
}

/** Writes one line for each change of an incident: loud where it opens as critical. */
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
