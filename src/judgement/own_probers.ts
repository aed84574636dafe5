/**
 * Probers that return nothing: one incident per prober, for all checks.
 *
 *     asked twice in a row, nothing for three minutes (or a check goes blind in this commit) --> open --the first round--> resolved
 */
import { formatSpan, MINUTE_MS } from "../base/time.ts";
import { STEP_BACK_MS } from "./assess.ts";
import type { Incident, Transition } from "./incident.ts";
import { openOwn, type OwnInstant, recentIncident, resolveOwn } from "./own_incident.ts";

/** A prober that returned nothing when asked, or has an incident that may still flap. Times in epoch ms. */
export interface ProberWatch {
  /** When the latest walk with a round began; without one, when the first walk it was asked for began. */
  broughtAt: number;
  /** No walk with a round is known. */
  noRoundYet?: true;
  /** When the latest counted walk began. */
  askedAt: number;
  /** Consecutive asks without a round; not counted beyond the number that opens an incident. */
  unanswered: number;
  incident?: Incident;
}

/** One ask of a prober, for any number of checks; `at` is the walk's instant, epoch ms. */
export interface Ask {
  prober: string;
  at: number;
  /** It returned a round, whatever the round says. */
  brought: boolean;
}

export interface StepProbersContext extends OwnInstant {
  /** The probers of the config; incidents of any other are resolved as removed. */
  probers: readonly string[];
  /** Some check goes blind in this commit: silent probers are then announced at once, and before it. */
  blind: boolean;
  /** When a prober's latest known walk of any check began, epoch ms; undefined: unknown. */
  walkedAt(prober: string): number | undefined;
}

const [SILENT_MS, ASKS] = [3 * MINUTE_MS, 2];

/** The probers after these asks, and the changes to announce. Healthy probers have no entry. Pure. */
export function stepProbers(
  before: Readonly<Record<string, ProberWatch>>,
  asks: readonly Ask[],
  context: StepProbersContext,
): { watches: Record<string, ProberWatch>; transitions: Transition[] } {
  const watches: Record<string, ProberWatch> = {};
  const transitions: Transition[] = [];
  const byProber = Map.groupBy(asks, ({ prober }) => prober);
  for (const prober of context.probers) {
    const watch = countAsks(before[prober], byProber.get(prober) ?? [], context);
    if (!watch) continue;
    const transition = stepProber(watch, prober, context);
    const incident = recentIncident(transition?.incident ?? watch.incident, context.at);
    if (transition) transitions.push(transition);
    if (incident || watch.unanswered > 0) watches[prober] = { ...watch, incident };
  }
  for (const [prober, { incident }] of Object.entries(before)) {
    if (context.probers.includes(prober) || incident?.state !== "open") continue;
    transitions.push(resolveOwn(incident, "removed", context.at));
  }
  return { watches, transitions };
}

/**
 * Counts the asks of one prober. Any round of a walk outweighs what is missing of it, also in a later commit,
 * and ends the count however late it comes. Missing answers of an earlier walk are ignored. Undefined:
 * nothing was or is missing.
 */
function countAsks(
  before: ProberWatch | undefined,
  asks: readonly Ask[],
  { at, walkedAt }: StepProbersContext,
): ProberWatch | undefined {
  if (!before && asks.every(({ brought }) => brought)) return undefined;
  const inOrder = asks.toSorted((a, b) => a.at - b.at);
  let watch = before ? withoutFuture(before, at) : firstWatch(inOrder[0]!, walkedAt);
  for (const { at: askedAt, brought } of inOrder) {
    if (brought) watch = withRound(watch, askedAt);
    else if (askedAt > watch.askedAt) {
      watch = { ...watch, askedAt, unanswered: Math.min(ASKS, watch.unanswered + 1) };
    }
  }
  return watch;
}

function withRound({ noRoundYet, ...watch }: ProberWatch, at: number): ProberWatch {
  const broughtAt = noRoundYet ? at : Math.max(watch.broughtAt, at);
  return { ...watch, broughtAt, askedAt: broughtAt, unanswered: 0 };
}

/**
 * The first watch of a healthy prober. The search over all checks for its latest walk runs at most once a
 * commit.
 */
function firstWatch({ prober, at }: Ask, walkedAt: StepProbersContext["walkedAt"]): ProberWatch {
  const known = walkedAt(prober);
  if (known === undefined) return { broughtAt: at, noRoundYet: true, askedAt: -Infinity, unanswered: 0 };
  return { broughtAt: known, askedAt: known, unanswered: 0 };
}

/** After the clock stepped back, times in the future count as now. */
const withoutFuture = (watch: ProberWatch, at: number): ProberWatch =>
  watch.askedAt - at <= STEP_BACK_MS
    ? watch
    : { ...watch, askedAt: at - 1, broughtAt: Math.min(watch.broughtAt, at) };

function stepProber(
  { incident, unanswered, broughtAt }: ProberWatch,
  prober: string,
  context: StepProbersContext,
): Transition | undefined {
  const { at, blind } = context;
  if (incident?.state === "open") {
    return unanswered === 0 ? resolveOwn(incident, "recovered", at) : undefined;
  }
  const silentMs = at - broughtAt;
  if (unanswered < ASKS || (silentMs < SILENT_MS && !blind)) return undefined;
  const reason = formatSpan(silentMs);
  return openOwn(
    incident,
    { check: `prober-${prober}`, family: "advisory", kind: "prober", reason },
    context,
  );
}
