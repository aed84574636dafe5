/**
 * Where the trouble of a target comes from: an open outage of something that it depends on. Pure.
 *
 *     shop -> api -> db     db is down: the incidents of shop and of api are because of db
 */
import { isFailed } from "./words.ts";
import type { Cause, Family, Incident } from "./incident.ts";
import type { CheckState } from "./state.ts";

/** What causes are looked for in. */
export interface Dependencies {
  /** What a target depends on. */
  of(target: string): readonly string[];
  /** The states of a target's checks that are known. */
  statesOf(target: string): readonly CheckState[];
}

/** Only these suffer from others: the rest is about the report, the probers or a certificate. */
const SUFFERING: ReadonlySet<Family> = new Set(["service", "quality", "advisory"]);

const openOutage = (states: readonly CheckState[]): Incident | undefined =>
  states.flatMap(({ incidents }) => incidents).find(({ state, family }) =>
    state === "open" && family === "service"
  );

/** The open outage that is furthest down: of what has outages itself because of something else, that other one. */
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

/** Whether something that it depends on fails just now, though no outage of it is open yet. */
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

/** An open incident with the outage that it comes from: the first that was found, until that one is over and another is not. */
export function withCause(
  incident: Incident,
  cause: Cause | undefined,
  isOpen: (cause: Cause) => boolean,
): Incident {
  if (incident.state !== "open" || !SUFFERING.has(incident.family) || !cause) return incident;
  return incident.cause && isOpen(incident.cause) ? incident : { ...incident, cause };
}

/** The parts of a check's reports that are not well, by name in lower case: whole, and the last of a nested one. */
export function brokenParts({ probers }: CheckState): Set<string> {
  const reports = Object.values(probers).flatMap(({ witness }) => witness?.after ?? witness?.before ?? []);
  return new Set(
    reports.flatMap(({ subsystems = [] }) =>
      subsystems.flatMap(({ name }) => [name, name.split("/").at(-1)!]).map((name) => name.toLowerCase())
    ),
  );
}
