/**
 * Which probers bring nothing: one incident a prober, for all checks.
 *
 *     asked twice in a row, nothing for three minutes (or a check goes blind in this commit) --> open --the first round--> resolved
 */
import { formatSpan, MINUTE_MS } from "../base/time.ts";
import { STEP_BACK_MS } from "./assess.ts";
import type { Incident, Transition } from "./incident.ts";
import { openOwn, type OwnInstant, recentIncident, resolveOwn } from "./own_incident.ts";

/** A prober that was asked and brought nothing, or of which an incident may still flap. Epoch ms. */
export interface ProberWatch {
  /** When the latest walk began of which it brought a round, or the first that it was asked for. */
  broughtAt: number;
  /** When the latest walk began that counts here. */
  askedAt: number;
  /** How often in a row it was asked and brought nothing; not counted beyond what opens an incident. */
  unanswered: number;
  incident?: Incident;
}

/** One time that a prober was asked, for any number of checks; `at` is the walk's instant, epoch ms. */
export interface Ask {
  prober: string;
  at: number;
  /** It brought a round, whatever that round says. */
  brought: boolean;
}

/** What a step over the probers needs besides. */
export interface StepProbersContext extends OwnInstant {
  /** The probers of the config; what is remembered of others is closed as removed. */
  probers: readonly string[];
  /** Some check goes blind in this commit: probers without rounds are announced at once, and before it. */
  blind: boolean;
  /** When a prober's latest known walk of any check began, epoch ms; undefined: none is known. */
  walkedAt(prober: string): number | undefined;
}

const [SILENT_MS, ASKS] = [3 * MINUTE_MS, 2];

/** The probers after these asks, and the changes to announce. Nothing is kept of those that bring rounds. Pure. */
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
 * Of one walk a round counts, whatever else of it is missing, and in whichever commit; what is missing of an earlier one is overtaken. A
 * round ends the count however late it comes. Undefined: nothing was missing before, nor is it now.
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
    const broughtAt = brought ? Math.max(watch.broughtAt, askedAt) : watch.broughtAt;
    if (brought) watch = { ...watch, broughtAt, askedAt: broughtAt, unanswered: 0 };
    else if (askedAt > watch.askedAt) {
      watch = { ...watch, askedAt, unanswered: Math.min(ASKS, watch.unanswered + 1) };
    }
  }
  return watch;
}

/** A prober that has been well so far: its latest walk is looked for among those of all checks, so once a commit. */
function firstWatch({ prober, at }: Ask, walkedAt: StepProbersContext["walkedAt"]): ProberWatch {
  const known = walkedAt(prober);
  return { broughtAt: known ?? at, askedAt: known ?? -Infinity, unanswered: 0 };
}

/** What a clock has noted that stepped back since counts as of now. */
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
