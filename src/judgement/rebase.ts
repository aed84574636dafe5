/** Adjusts a check's state after the wall clock stepped back. Pure. */
import type { CheckState } from "./state.ts";

/** Moves all times in the future to now. */
export function rebase(state: CheckState, now: number): CheckState {
  const past = (at: number | undefined) => at === undefined ? undefined : Math.min(at, now);
  return {
    ...state,
    slot: -Infinity,
    judgedAt: now,
    since: past(state.since)!,
    probers: mapValues(state.probers, (prober) => ({
      ...prober,
      // Just before now, so that a walk at this instant counts as a new one.
      witness: prober.witness && {
        ...prober.witness,
        slot: Math.min(prober.witness.slot, now - 1),
        at: Math.min(prober.witness.at ?? prober.witness.slot, now - 1),
      },
      standing: {
        ...prober.standing,
        freshAt: past(prober.standing.freshAt),
        conclusiveAt: past(prober.standing.conclusiveAt),
      },
      heardAt: past(prober.heardAt),
      certificate: prober.certificate && { ...prober.certificate, at: past(prober.certificate.at)! },
      captured: undefined,
      kept: undefined,
      missed: undefined,
      phases: {
        ...prober.phases,
        startingAt: past(prober.phases.startingAt),
        drainingAt: past(prober.phases.drainingAt),
        believed: undefined,
      },
    })),
    regions: mapValues(state.regions, (region) => (
      { ...region, since: past(region.since)!, badSince: past(region.badSince) }
    )),
    scopes: mapValues(state.scopes, ({ resolvableSince, readySince, heldBy, partial }) => (
      { resolvableSince: past(resolvableSince), readySince: past(readySince), heldBy, partial }
    )),
    agreement: undefined,
    incidents: state.incidents.map((incident) => ({ ...incident, resolvedAt: past(incident.resolvedAt) })),
  };
}

export const mapValues = <T>(record: Record<string, T>, change: (value: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
