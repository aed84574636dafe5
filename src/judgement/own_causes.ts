/**
 * Problems of Assay itself: one incident per part, from sightings slot by slot.
 *
 *     its cause holds in so many slots in a row --> open --three slots without it--> resolved
 */
import { STEP_BACK_MS } from "./assess.ts";
import type { Incident, Transition } from "./incident.ts";
import { openOwn, type OwnInstant, recentIncident, resolveOwn } from "./own_incident.ts";
import type { OWN_KINDS } from "./words.ts";

/** A part of Assay that can have a problem. It is both the check and the kind of its incident. */
export type OwnKind = (typeof OWN_KINDS)[number];

/** Consecutive slots in which a cause must hold before it is announced. */
const OPENS_AFTER: Record<OwnKind, number> = { delivery: 1, capacity: 3, schedule: 3 };
const RESOLVES_AFTER = 3;

/** What one slot shows about one part; slots without a sighting do not count. */
export interface OwnSighting {
  kind: OwnKind;
  /** The slot, epoch ms. A second sighting in the same slot adds to the first. */
  at: number;
  /** The problem, in words that follow "fails: ", "is short: " or "lags: "; absent: no problem. */
  cause?: string;
  /** Without a cause, but only because nothing is left to try: nothing shows that it works again. */
  isIdle?: boolean;
}

/** A part with a recent problem, or an incident that may still flap. */
export interface CauseWatch {
  /** The latest slot with a sighting, epoch ms. */
  at: number;
  /** Consecutive slots with (+) or without (-) the cause, the latest included. */
  run: number;
  /** The same count before the latest slot. */
  runBefore: number;
  incident?: Incident;
}

/** The watched parts by kind. */
export type CauseWatches = Partial<Record<OwnKind, CauseWatch>>;

/** The parts after these sightings, and the changes to announce. Healthy parts have no entry. Pure. */
export function stepCauses(
  before: CauseWatches,
  sightings: readonly OwnSighting[],
  context: OwnInstant,
): { watches: CauseWatches; transitions: Transition[] } {
  const watches: CauseWatches = {};
  const transitions: Transition[] = [];
  for (const kind of Object.keys(OPENS_AFTER) as OwnKind[]) {
    let watch = before[kind];
    // Causes come first: within one slot a cause outweighs its absence.
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

/** Counts a sighting. One of an earlier slot is ignored, unless the clock stepped back. */
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
  { kind, cause, isIdle }: OwnSighting,
  context: OwnInstant,
): Transition | undefined {
  if (incident?.state === "open") {
    if (run > -RESOLVES_AFTER) return undefined;
    return resolveOwn(incident, isIdle ? "idle" : "recovered", context.at);
  }
  if (cause === undefined || run < OPENS_AFTER[kind]) return undefined;
  return openOwn(incident, { check: kind, family: "evidence", kind, reason: cause }, context);
}
