/** Incidents about Assay itself: their target is `_assay`, which no config can name. */
import { MINUTE_MS } from "../base/time.ts";
import { STEP_BACK_MS } from "./assess.ts";
import { type Incident, open, resolve, type ResolvedReason, type Transition } from "./incident.ts";

/** The target of Assay's own incidents. */
export const OWN_TARGET = "_assay";

const FLAP_MS = 10 * MINUTE_MS;

/** What an own incident opens with. */
export interface OwnOpening extends Pick<Incident, "check" | "family" | "kind"> {
  /** The problem in words. */
  reason: string;
}

export interface OwnInstant {
  /** Instant of the judgement, epoch ms. */
  at: number;
  /** Called once for each new incident; must return a unique id. */
  newId(): string;
}

/** Opens an own incident, or the next episode of one that was resolved less than ten minutes before. */
export function openOwn(
  before: Incident | undefined,
  { check, family, kind, reason }: OwnOpening,
  { at: now, newId }: OwnInstant,
): Transition {
  const at = instantAfter(before, now);
  const reasons = { [family]: reason };
  const subject = { target: OWN_TARGET, check, scope: "global", flapWindowMs: FLAP_MS, newId };
  return open({ family, kind }, recentIncident(before, at), { at, outcome: "pending", reasons }, subject);
}

/** Resolves an open own incident. */
export const resolveOwn = (before: Incident, reason: ResolvedReason, now: number): Transition =>
  resolve(before, instantAfter(before, now), "pending", reason);

/** Keeps an incident's timeline in order: commits of overlapping walks arrive in any order. */
const instantAfter = (before: Incident | undefined, at: number): number =>
  before && before.updatedAt - at <= STEP_BACK_MS ? Math.max(before.updatedAt, at) : at;

/** The incident if it is open or may still flap. */
export const recentIncident = (incident: Incident | undefined, at: number): Incident | undefined =>
  incident && (incident.state === "open" || at - incident.resolvedAt! <= FLAP_MS) ? incident : undefined;

/** The subject of an own incident: "prober sin", "Assay's capacity"; undefined for incidents of targets. */
export function ownSubject({ target, check }: Pick<Incident, "target" | "check">): string | undefined {
  if (target !== OWN_TARGET) return undefined;
  return check.startsWith("prober-") ? check.replace("-", " ") : `Assay's ${check}`;
}
