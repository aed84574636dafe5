/** Answers that exceed our limits in slot after slot. Pure. */
import { foreignReason } from "../evidence/reasons.ts";
import type { JudgedRound } from "./round.ts";
import type { CheckState } from "./state.ts";

/** After this many consecutive slots the operator must raise `maxBody` or request less. */
export const LIMITED_SLOTS = 3;

/**
 * Consecutive slots, this one included, in which a limit of ours prevented a verdict; counted up to three.
 * Undefined: none.
 */
export function countLimited(
  before: number | undefined,
  { before: first, after = first, observation: { failure } }: JudgedRound,
): number | undefined {
  const isLimited = failure?.reason === "limit" || foreignReason(after?.reason ?? "") === "limit";
  return isLimited ? Math.min(LIMITED_SLOTS, (before ?? 0) + 1) : undefined;
}

/** The keys of checks for which some prober hit our limits in three consecutive slots. */
export const limitedChecks = (states: Record<string, CheckState>): string[] =>
  Object.entries(states)
    .filter(([, { probers }]) => Object.values(probers).some(({ limited = 0 }) => limited >= LIMITED_SLOTS))
    .map(([key]) => key);
