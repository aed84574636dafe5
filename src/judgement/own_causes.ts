/**
 * What ails Assay itself: one incident for each of a few parts, by what is seen of them slot by slot.
 *
 *     its cause holds in so many slots in a row --> open --three slots without it--> resolved
 */
import { STEP_BACK_MS } from "./assess.ts";
import type { Incident, Transition } from "./incident.ts";
import { openOwn, type OwnInstant, recentIncident, resolveOwn } from "./own_incident.ts";
import type { OWN_KINDS } from "./words.ts";

/** A part of Assay that may ail: the check of its incident, and the kind. */
export type OwnKind = (typeof OWN_KINDS)[number];

/** In how many slots in a row a cause must hold until it is announced. */
const OPENS_AFTER: Record<OwnKind, number> = { delivery: 1, capacity: 3, schedule: 3 };
const RESOLVES_AFTER = 3;

/** What is seen of one part in one slot; a slot of which nothing is said counts for nothing. */
export interface OwnSighting {
  kind: OwnKind;
  /** The slot, epoch ms: a second sighting in the same slot adds to the first. */
  at: number;
  /** What is the matter, in words that go on after "fails: ", "is short: " or "lags: "; absent: nothing is. */
  cause?: string;
}

/** A part whose cause held lately, or of which an incident may still flap. */
export interface CauseWatch {
  /** The latest slot of which something is known, epoch ms. */
  at: number;
  /** Slots in a row with (+) or without (-) the cause, that one included. */
  run: number;
  /** The same before that slot. */
  runBefore: number;
  incident?: Incident;
}

/** What is remembered of the parts, by kind. */
export type CauseWatches = Partial<Record<OwnKind, CauseWatch>>;

/** The parts after these sightings, and the changes to announce. Nothing is kept of healthy parts. Pure. */
export function stepCauses(
  before: CauseWatches,
  sightings: readonly OwnSighting[],
  context: OwnInstant,
): { watches: CauseWatches; transitions: Transition[] } {
  const watches: CauseWatches = {};
  const transitions: Transition[] = [];
  for (const kind of Object.keys(OPENS_AFTER) as OwnKind[]) {
    let watch = before[kind];
    // What holds comes first: of one slot it counts, whatever else is said of it.
    const mine = sightings.filter((one) => one.kind === kind)
      .toSorted((a, b) => a.at - b.at || Number(b.cause !== undefined) - Number(a.cause !== undefined));
    for (const sighting of mine) {
      watch = countSighting(watch, sighting, context.at);
      const transition = watch && stepCause(watch, sighting, context);
      if (transition) watch = { ...watch!, incident: transition.incident };
      if (transition) transitions.push(transition);
    }
    const incident = recentIncident(watch?.incident, context.at);
    if (watch && (incident || watch.run > 0 || watch.runBefore > 0)) watches[kind] = { ...watch, incident };
  }
  return { watches, transitions };
}

/** The run after a sighting; one of an earlier slot is overtaken, unless the clock has stepped back. */
function countSighting(
  before: CauseWatch | undefined,
  { at, cause }: OwnSighting,
  now: number,
): CauseWatch | undefined {
  const isBack = before !== undefined && before.at - now > STEP_BACK_MS;
  const isSame = before?.at === at;
  if (before && at < before.at && !isBack) return before;
  if (isSame && cause === undefined) return before;
  const runBefore = isSame ? before.runBefore : before?.run ?? 0;
  const run = cause === undefined ? Math.min(0, runBefore) - 1 : Math.max(0, runBefore) + 1;
  return { ...before, at, run, runBefore };
}

function stepCause(
  { incident, run }: CauseWatch,
  { kind, cause }: OwnSighting,
  context: OwnInstant,
): Transition | undefined {
  if (incident?.state === "open") {
    return run <= -RESOLVES_AFTER ? resolveOwn(incident, "recovered", context.at) : undefined;
  }
  if (cause === undefined || run < OPENS_AFTER[kind]) return undefined;
  return openOwn(incident, { check: kind, family: "evidence", kind, reason: cause }, context);
}
