/**
 * Assay's own incidents: about a prober that brings nothing, one for all checks. Their target is `_assay`, which no config can name.
 *
 *     asked twice in a row, nothing for three minutes (or a check goes blind in this commit) --> open --the first round--> resolved
 */
import { formatSpan, MINUTE_MS } from "../base/time.ts";
import { type Incident, open, resolve, type Transition } from "./incident.ts";

/** The target of Assay's own incidents. */
export const OWN_TARGET = "_assay";

/** What is remembered of one prober, over all checks. Epoch ms. */
export interface ProberWatch {
  /** When it last brought a round of any check, or was first asked. */
  broughtAt: number;
  /** How often in a row it was asked since and brought nothing. */
  unanswered: number;
  /** Open, or resolved and may still flap. */
  incident?: Incident;
}

/** One time that a prober was asked, for any number of checks; `at` is the walk's instant, epoch ms. */
export interface Ask {
  prober: string;
  at: number;
  /** It brought a round, whatever that round says. */
  brought: boolean;
}

/** What a step over the probers needs. */
export interface ProberStepOptions {
  /** The probers of the config; what is remembered of others is closed as removed. */
  probers: readonly string[];
  /** Instant of the judgement, epoch ms. */
  at: number;
  /** Some check goes blind in this commit: who brings nothing is told at once, and before it. */
  blind: boolean;
  newId(): string;
}

const [SILENT_MS, ASKS, FLAP_MS] = [3 * MINUTE_MS, 2, 10 * MINUTE_MS];

/** The probers after these asks, and what must be told of them. Pure. */
export function stepProbers(
  before: Readonly<Record<string, ProberWatch>>,
  asks: readonly Ask[],
  { probers, at, blind, newId }: ProberStepOptions,
): { watches: Record<string, ProberWatch>; transitions: Transition[] } {
  const watches: Record<string, ProberWatch> = {};
  const transitions: Transition[] = [];
  for (const prober of probers) {
    const mine = asks.filter((ask) => ask.prober === prober).toSorted((a, b) => a.at - b.at);
    const known = before[prober];
    if (!known && mine.length === 0) continue;
    const { incident, ...watch } = mine.reduce(countAsk, known ?? { broughtAt: mine[0]!.at, unanswered: 0 });
    const transition = stepOne(incident, { ...watch, prober }, { at, blind, newId });
    const after = transition?.incident ?? incident;
    const isKept = after && (after.state === "open" || at - after.resolvedAt! <= FLAP_MS);
    watches[prober] = { ...watch, ...(isKept && { incident: after }) };
    if (transition) transitions.push(transition);
  }
  for (const [prober, { incident }] of Object.entries(before)) {
    if (probers.includes(prober) || incident?.state !== "open") continue;
    transitions.push(resolve(incident, at, "pending", "removed"));
  }
  return { watches, transitions };
}

const countAsk = (watch: ProberWatch, { at, brought }: Ask): ProberWatch =>
  brought
    ? { ...watch, broughtAt: Math.max(watch.broughtAt, at), unanswered: 0 }
    : { ...watch, unanswered: watch.unanswered + 1 };

function stepOne(
  incident: Incident | undefined,
  { prober, broughtAt, unanswered }: Omit<ProberWatch, "incident"> & { prober: string },
  { at, blind, newId }: Pick<ProberStepOptions, "at" | "blind" | "newId">,
): Transition | undefined {
  if (incident?.state === "open") {
    return unanswered === 0 ? resolve(incident, at, "pending", "recovered") : undefined;
  }
  const silentMs = at - broughtAt;
  if (unanswered < ASKS || (silentMs < SILENT_MS && !blind)) return undefined;
  const before = incident && at - incident.resolvedAt! <= FLAP_MS ? incident : undefined;
  return open(
    { family: "advisory", kind: "prober" },
    before,
    { at, outcome: "pending", reasons: { advisory: formatSpan(silentMs) } },
    { target: OWN_TARGET, check: `prober-${prober}`, scope: "global", flapWindowMs: FLAP_MS, newId },
  );
}

/** Who an own incident is about: "prober sin"; undefined for those about a target. */
export const ownSubject = ({ target, check }: Pick<Incident, "target" | "check">): string | undefined =>
  target === OWN_TARGET ? check.replace("-", " ") : undefined;
