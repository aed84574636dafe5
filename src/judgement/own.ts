/** Assay's own incidents, step by step: what a commit has seen of the probers and of Assay itself becomes transitions. */
import type { Incident, Transition } from "./incident.ts";
import { type CauseWatches, type OwnSighting, stepCauses } from "./own_causes.ts";
import type { Turned } from "./suspicion.ts";
import { type Ask, type ProberWatch, stepProbers, type StepProbersContext } from "./own_probers.ts";

/** What is remembered from commit to commit; nothing of what is well. */
export interface OwnState {
  probers: Record<string, ProberWatch>;
  causes: CauseWatches;
  /** What turned bad at probers lately, for who is suspect without controls. */
  turned: Turned;
}

/** Nothing ails. */
export const EMPTY_OWN: OwnState = { probers: {}, causes: {}, turned: {} };

/** Its incidents: the open ones, and those that may still flap. */
export const incidentsOf = ({ probers, causes }: OwnState): Incident[] =>
  [...Object.values(probers), ...Object.values(causes)].flatMap(({ incident }) => incident ?? []);

/** What a commit has seen. */
export interface OwnEvidence {
  asks: readonly Ask[];
  sightings: readonly OwnSighting[];
}

/** The state after what a commit has seen, and the changes that are announced before all others. Pure. */
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
