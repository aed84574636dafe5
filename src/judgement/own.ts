/** Steps Assay's own incidents from what a commit saw of the probers and of Assay itself. */
import type { Incident, Transition } from "./incident.ts";
import { type CauseWatches, type OwnSighting, stepCauses } from "./own_causes.ts";
import type { Turned } from "./suspicion.ts";
import { type Ask, type ProberWatch, stepProbers, type StepProbersContext } from "./own_probers.ts";

/** The state between commits; healthy parts and probers have no entry. */
export interface OwnState {
  probers: Record<string, ProberWatch>;
  causes: CauseWatches;
  /** Checks that recently turned bad at each prober, used to suspect probers without controls. */
  turned: Turned;
}

/** The state while everything is healthy. */
export const EMPTY_OWN: OwnState = { probers: {}, causes: {}, turned: {} };

/** Assay's own incidents that are open or may still flap. */
export const incidentsOf = ({ probers, causes }: OwnState): Incident[] =>
  [...Object.values(probers), ...Object.values(causes)].flatMap(({ incident }) => incident ?? []);

export interface OwnEvidence {
  asks: readonly Ask[];
  sightings: readonly OwnSighting[];
}

/** The next state and the changes to announce before all others. Pure. */
export function stepOwn(
  before: OwnState,
  { asks, sightings }: OwnEvidence,
  context: StepProbersContext,
): { state: OwnState; transitions: Transition[] } {
  const probers = stepProbers(before.probers, asks, context);
  const causes = stepCauses(before.causes, sightings, context);
  return {
    state: { ...before, probers: probers.watches, causes: causes.watches },
    transitions: [...probers.transitions, ...causes.transitions],
  };
}
