/**
 * The cause of a target's incidents: an open outage of something it depends on. Pure.
 *
 *     shop -> api -> db     db is down: the incidents of shop and of api have db as their cause
 */
import { isFailed } from "./words.ts";
import type { Cause, Family, Incident } from "./incident.ts";
import type { CheckState } from "./state.ts";

/** The dependency graph and its states. */
export interface Dependencies {
  /** What a target depends on. */
  of(target: string): readonly string[];
  /** The known states of a target's checks. */
  statesOf(target: string): readonly CheckState[];
}

/** Families with causes elsewhere; the others are about the report, the probers or a certificate. */
const SUFFERING: ReadonlySet<Family> = new Set(["service", "quality", "advisory"]);

const openOutage = (states: readonly CheckState[]): Incident | undefined =>
  states.flatMap(({ incidents }) => incidents).find(({ state, family }) =>
    state === "open" && family === "service"
  );

/** The deepest open outage: if a dependency's outage has a cause itself, that cause. */
export function causeOf(
  target: string,
  dependencies: Dependencies,
  seen: ReadonlySet<string> = new Set([target]),
): Cause | undefined {
  for (const id of dependencies.of(target)) {
    if (seen.has(id)) continue;
    const deeper = causeOf(id, dependencies, new Set([...seen, id]));
    if (deeper) return deeper;
    const outage = openOutage(dependencies.statesOf(id));
    if (outage) return { target: id, incident: outage.id };
  }
  return undefined;
}

/** Whether a dependency currently fails, though its outage is not open yet. */
export function mayHaveCause(
  target: string,
  dependencies: Dependencies,
  seen: ReadonlySet<string> = new Set([target]),
): boolean {
  return dependencies.of(target).some((id) =>
    !seen.has(id) && (dependencies.statesOf(id).some(isFailing) ||
      mayHaveCause(id, dependencies, new Set([...seen, id])))
  );
}

const isFailing = ({ probers }: CheckState): boolean =>
  Object.values(probers).some(({ witness }) => witness !== undefined && isFailed(witness.word));

/** Adds the cause to an open incident. The first one found stays until its outage is over. */
export function withCause(
  incident: Incident,
  cause: Cause | undefined,
  isOpen: (cause: Cause) => boolean,
): Incident {
  if (incident.state !== "open" || !SUFFERING.has(incident.family) || !cause) return incident;
  return incident.cause && isOpen(incident.cause) ? incident : { ...incident, cause };
}

/**
 * The unhealthy subsystems in a check's reports, in lower case: the full name, and the last segment of a
 * nested one.
 */
export function brokenParts({ probers }: CheckState): Set<string> {
  const reports = Object.values(probers).flatMap(({ witness }) => witness?.after ?? witness?.before ?? []);
  return new Set(
    reports.flatMap(({ subsystems = [] }) =>
      subsystems.flatMap(({ name }) => [name, name.split("/").at(-1)!]).map((name) => name.toLowerCase())
    ),
  );
}
