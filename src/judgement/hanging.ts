/**
 * Checks that hang: each round lasts until its deadline and keeps every object awake. Where a plan bills that
 * time, every second regular slot is skipped from the sixth on. Pure.
 */
import { periodMs } from "../config/schedule.ts";
import type { JudgedRound, Walk } from "./round.ts";
import type { ProberState } from "./state.ts";
import type { JudgedCheck } from "./subject.ts";

/**
 * The number of consecutive timeouts after which slots are skipped. By then the incident is open, and only
 * its recovery is seen later.
 */
export const HANGING_SLOTS = 5;

/** Consecutive slots, this one included, whose journey timed out; counted up to five. Undefined: none. */
export function countTimeouts(
  before: number | undefined,
  { observation: { outcome, failure } }: JudgedRound,
): number | undefined {
  if (outcome !== "fail" || failure?.reason !== "timeout") return undefined;
  return Math.min(HANGING_SLOTS, (before ?? 0) + 1);
}

const isHanging = ({ timeouts = 0 }: Pick<ProberState, "timeouts">) => timeouts >= HANGING_SLOTS;

/**
 * Whether a prober skips this walk of a hanging check: a regular one, at most a period after its last walk.
 * So no two in a row are skipped, even if one between was lost.
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

/** Whether a prober's last missed slot was skipped on purpose, not for lack of capacity. */
export const wasLeftOut = (prober: Pick<ProberState, "timeouts" | "missed">): boolean =>
  isHanging(prober) && prober.missed?.reason === "budget";

/** The share (0 to 1) of a day's `runs` slots that is walked if all of them hang. */
export const walkedShare = (runs: number): number =>
  runs <= HANGING_SLOTS ? 1 : (HANGING_SLOTS + Math.floor((runs - HANGING_SLOTS) / 2)) / runs;
