/**
 * Checks that hang: each round lasts to its deadline and keeps every object awake with it. Where a plan counts that time, every
 * second regular slot is left out from the sixth on. Pure.
 */
import { periodMs } from "../config/schedule.ts";
import type { JudgedRound, Walk } from "./round.ts";
import type { ProberState } from "./state.ts";
import type { JudgedCheck } from "./subject.ts";

/** So many slots in a row that timed out: the incident has opened by then, and only its recovery is seen later. */
export const HANGING_SLOTS = 5;

/** Slots in a row, this one included, whose journey failed for want of an answer in time; counted up to five. Undefined: none. */
export function countTimeouts(
  before: number | undefined,
  { observation: { outcome, failure } }: JudgedRound,
): number | undefined {
  if (outcome !== "fail" || failure?.reason !== "timeout") return undefined;
  return Math.min(HANGING_SLOTS, (before ?? 0) + 1);
}

const isHanging = ({ timeouts = 0 }: Pick<ProberState, "timeouts">) => timeouts >= HANGING_SLOTS;

/**
 * Whether a prober leaves out this walk of a check that hangs: a regular one, at most a period after its last. So no two are left
 * out in a row, also where one between was lost.
 */
export function isLeftOut(
  check: Pick<JudgedCheck, "schedule">,
  { witness, timeouts }: ProberState,
  { kind, at }: Walk,
): boolean {
  if (kind !== "turn" || !witness || !isHanging({ timeouts })) return false;
  const lastAt = witness.at ?? witness.slot;
  return lastAt < at && at - lastAt <= periodMs(check, lastAt);
}

/** Whether the last slot that a prober missed was left out on purpose, and not for want of room. */
export const wasLeftOut = (prober: Pick<ProberState, "timeouts" | "missed">): boolean =>
  isHanging(prober) && prober.missed?.reason === "budget";

/** The share of `runs` slots of a day, 0 to 1, that is walked while all of them hang. */
export const walkedShare = (runs: number): number =>
  runs <= HANGING_SLOTS ? 1 : (HANGING_SLOTS + Math.floor((runs - HANGING_SLOTS) / 2)) / runs;
