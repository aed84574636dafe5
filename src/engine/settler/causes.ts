import type { Check, Config } from "../../config/config.ts";
import { brokenParts, causeOf, type Dependencies, mayHaveCause, withCause } from "../../judgement/cause.ts";
import type { Incident } from "../../judgement/incident.ts";
import type { CheckState } from "../../judgement/state.ts";

/** How long (ms) an opening waits for the outage that may have caused it. */
export const WAIT_FOR_CAUSE_MS = 90_000;

/** The judged states and incidents once each open incident names its cause. */
export interface NamedCauses {
  /** Changed states by check key. */
  states: Map<string, CheckState>;
  /** Incidents whose cause changed, by id. */
  incidents: Map<string, Incident>;
  /** Targets whose openings wait because a dependency's outage may be about to open. */
  waiting: Set<string>;
}

/** Names the causes of the open incidents of these checks. `stateOf` must know the states of all checks. */
export function nameCauses(
  { targets }: Pick<Config, "targets">,
  checks: readonly Check[],
  stateOf: (key: string) => CheckState | undefined,
): NamedCauses {
  const named: NamedCauses = { states: new Map(), incidents: new Map(), waiting: new Set() };
  const open = checks.filter(({ key }) => stateOf(key)?.incidents.some(({ state }) => state === "open"));
  if (open.length === 0) return named;
  const byId = new Map(targets.map((target) => [target.id, target]));
  const ids = targets.map(({ id }): [string, string] => [id, id]);
  const byName = new Map([
    ...targets.map(({ id, name }): [string, string] => [name.toLowerCase(), id]),
    ...ids,
  ]);
  const statesOf = (id: string) => (byId.get(id)?.checks ?? []).flatMap(({ key }) => stateOf(key) ?? []);
  const dependencies: Dependencies = {
    of: (id) => {
      const parts = statesOf(id).flatMap((state) => [...brokenParts(state)]);
      return [...byId.get(id)?.dependsOn ?? [], ...parts.flatMap((name) => byName.get(name) ?? [])];
    },
    statesOf,
  };
  for (const { key, target } of open) {
    const state = stateOf(key)!;
    const cause = causeOf(target.id, dependencies);
    if (!cause && mayHaveCause(target.id, dependencies)) named.waiting.add(target.id);
    const isOpen = ({ target, incident }: { target: string; incident: string }) =>
      statesOf(target).some(({ incidents }) =>
        incidents.some(({ id, state }) => id === incident && state === "open")
      );
    const incidents = state.incidents.map((incident) => withCause(incident, cause, isOpen));
    const changed = incidents.filter((incident, i) => incident !== state.incidents[i]);
    if (changed.length === 0) continue;
    named.states.set(key, { ...state, incidents });
    for (const incident of changed) named.incidents.set(incident.id, incident);
  }
  return named;
}
