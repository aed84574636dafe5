/**
 * When all probers of a scope walk once more: after a first failure, to confirm it sooner, or a first recovery.
 *
 *     a regular walk fails, vote not bad, no service incident open ---> down --+
 *     a regular walk passes, vote bad, one is open -------------------> up ----+--> pending --> walked, overtaken or a period old: gone
 */
import { periodMs } from "../config/schedule.ts";
import { formatSpan } from "../base/time.ts";
import type { JudgedCheck } from "./subject.ts";
import { type Judged, missedAt, walkedAt } from "./arrival.ts";
import type { Confirmation, ProberState, ScopeState } from "./state.ts";
import { isFailed, isPassed } from "./words.ts";

type Direction = Confirmation["direction"];

/**
 * The confirmation that one arrival calls for. `after` holds the vote after the slot: a vote that already
 * turned needs no confirmation.
 */
export function callOf({ arrival, trace, late, after }: Judged, serviceOpen: boolean): Direction | undefined {
  if (late || arrival.walk.kind === "confirmation") return undefined;
  const isBad = isFailed(after.standing.vote);
  if (isFailed(trace.word) && !isBad && !serviceOpen) return "down";
  if (isPassed(trace.word) && isBad && serviceOpen) return "up";
  return undefined;
}

export interface ConfirmationContext {
  /** The arrivals of the scope's probers. */
  judged: readonly Judged[];
  /** The scope's probers after these arrivals. */
  probers: readonly ProberState[];
  serviceOpen: boolean;
  /** The judgement's instant, epoch ms. */
  at: number;
  /** Our clock, epoch ms: nothing begins before it. */
  now: number;
}

/**
 * The scope's confirmation after a judgement: the pending one while it still must be walked, else the first
 * that is called for and at least a period after the last in its direction.
 */
export function nextConfirmation(
  check: JudgedCheck,
  { confirmation, begun }: ScopeState,
  { judged, probers, serviceOpen, at, now }: ConfirmationContext,
): Pick<ScopeState, "confirmation" | "begun"> {
  if (confirmation && isAwaited(check, confirmation, probers, at)) return { confirmation, begun };
  if (check.confirmMs === 0) return { begun };
  for (const one of judged) {
    const direction = callOf(one, serviceOpen);
    if (!direction) continue;
    const calledAt = one.arrival.walk.at;
    const begin = Math.max(calledAt + check.confirmMs, now);
    const last = begun?.[direction]?.at;
    if (last !== undefined && begin - last < periodMs(check, last)) continue;
    return {
      confirmation: { at: begin, direction },
      begun: { ...begun, [direction]: { at: begin, calledAt } },
    };
  }
  return { begun };
}

/**
 * Whether the confirmation is less than a period old and some prober has returned neither it, nor a later
 * walk, nor a reason.
 */
const isAwaited = (
  check: JudgedCheck,
  { at: begin }: Confirmation,
  probers: readonly ProberState[],
  at: number,
) =>
  at - begin < periodMs(check, begin) &&
  probers.some((prober) => Math.max(walkedAt(prober), missedAt(prober)) < begin);

/**
 * "confirmed 25 s later by 2 of 3": the verdicts of the last confirmation; undefined if none of the arrivals
 * belongs to it.
 */
export function confirmationText(
  { begun }: ScopeState,
  probers: readonly ProberState[],
  judged: readonly Judged[],
): string | undefined {
  const { at, calledAt } = begun?.down ?? { at: NaN, calledAt: NaN };
  if (
    !judged.some(({ arrival: { walk }, late }) => !late && walk.kind === "confirmation" && walk.at === at)
  ) {
    return undefined;
  }
  const walked = probers.flatMap(({ witness }) => witness?.slot === at ? [witness.word] : []);
  return `confirmed ${formatSpan(at - calledAt)} later by ${
    walked.filter(isFailed).length
  } of ${walked.length}`;
}
