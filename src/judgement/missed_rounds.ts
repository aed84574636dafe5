/** What probers had no room for in their last slot, from the states. Pure. */
import { missedAt, walkedAt } from "./arrival.ts";
import { wasLeftOut } from "./hanging.ts";
import type { CheckState } from "./state.ts";

/** Whether a prober has not walked a check because its time or its requests were spent. */
export const isForWantOfRoom = (reason: string): boolean => reason === "deadline" || reason === "budget";

/** Rounds of the last slots, over all checks and probers. */
export interface MissedRounds {
  missed: number;
  of: number;
  /** `deadline`, `budget`, or both. */
  reasons: string[];
}

/** Counts what was due and what of it no prober had room for. */
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

/** The same in words: "590 of 1,000 rounds were not walked (deadline)". */
export const describeMissed = ({ missed, of, reasons }: MissedRounds): string =>
  `${missed.toLocaleString("en")} of ${of.toLocaleString("en")} rounds were not walked (${
    reasons.join(", ")
  })`;
