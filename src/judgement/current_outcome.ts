/** The current outcome of a check: its stored state and the age of its evidence. Pure. */
import { staleAt } from "../config/schedule.ts";
import type { CheckState } from "./state.ts";
import type { JudgedCheck } from "./subject.ts";
import type { CURRENT_OUTCOMES } from "./words.ts";

/** A quorum's outcome, or `unknown`: stale, or never settled. */
export type CurrentOutcome = (typeof CURRENT_OUTCOMES)[number];

/** The time (epoch ms) of the newest conclusive or announced evidence of any prober. */
export function evidenceAt(state: Pick<CheckState, "probers"> | undefined): number | undefined {
  const fresh = Object.values(state?.probers ?? {}).flatMap(({ standing }) => standing.freshAt ?? []);
  return fresh.length > 0 ? Math.max(...fresh) : undefined;
}

/**
 * The current outcome of a check. Slots can be settled without evidence, so the age of the evidence decides.
 */
export function outcomeOf(
  check: Pick<JudgedCheck, "schedule" | "maxAgeMs">,
  state: CheckState | undefined,
  nowMs: number,
): CurrentOutcome {
  if (!state || nowMs > staleAt(check, evidenceAt(state) ?? state.slot)) return "unknown";
  return state.outcome;
}
