/** Rounds that probers lacked the capacity for in their last slot. Pure. */
import { missedAt, walkedAt } from "./arrival.ts";
import { wasLeftOut } from "./hanging.ts";
import type { CheckState } from "./state.ts";

/** Whether a prober skipped a check because it ran out of time or requests. */
export const isForWantOfRoom = (reason: string): boolean => reason === "deadline" || reason === "budget";

/** The rounds of the last slots, over all checks and probers. */
export interface MissedRounds {
  missed: number;
  of: number;
  /** `deadline`, `budget`, or both. */
  reasons: string[];
}

/** Counts the rounds that were due, and those missed for lack of capacity. */
export function missedRounds(states: Iterable<CheckState>): MissedRounds {
  let [missed, of] = [0, 0];
  const reasons = new Set<string>();
  for (const { probers } of states) {
    for (const prober of Object.values(probers)) {
      of++;
      const reason = prober.missed?.reason ?? "";
      if (!isForWantOfRoom(reason) || wasLeftOut(prober)) continue;
      if (missedAt(prober) <= walkedAt(prober)) continue;
      missed++;
      reasons.add(reason);
    }
  }
  return { missed, of, reasons: [...reasons].sort() };
}

/** The counts in words: "590 of 1,000 rounds were not walked (deadline)". */
export const describeMissed = ({ missed, of, reasons }: MissedRounds): string =>
  `${missed.toLocaleString("en")} of ${of.toLocaleString("en")} rounds were not walked (${
    reasons.join(", ")
  })`;
