/** Answers that are more than we take, slot after slot. Pure. */
import { foreignReason } from "../evidence/reasons.ts";
import type { JudgedRound } from "./round.ts";
import type { CheckState } from "./state.ts";

/** So many slots in a row are no accident: somebody must set `maxBody`, or ask for less. */
export const LIMITED_SLOTS = 3;

/** Slots in a row, this one included, in which a limit of ours kept a prober from knowing; counted up to three. Undefined: none. */
export function countLimited(
  before: number | undefined,
  { before: first, after = first, observation: { failure } }: JudgedRound,
): number | undefined {
  const isLimited = failure?.reason === "limit" || foreignReason(after?.reason ?? "") === "limit";
  return isLimited ? Math.min(LIMITED_SLOTS, (before ?? 0) + 1) : undefined;
}

/** The checks, by key, of which some prober has known nothing for three slots because of a limit of ours. */
export const limitedChecks = (states: Record<string, CheckState>): string[] =>
  Object.entries(states)
    .filter(([, { probers }]) => Object.values(probers).some(({ limited = 0 }) => limited >= LIMITED_SLOTS))
    .map(([key]) => key);
