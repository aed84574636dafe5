/** What a check holds now: stored state beside the age of its evidence. Pure. */
import { staleAt } from "../config/schedule.ts";
import type { CheckState } from "./state.ts";
import type { JudgedCheck } from "./subject.ts";
import type { CURRENT_OUTCOMES } from "./words.ts";

/** What a quorum holds, or `unknown`: stale, or never settled. */
export type CurrentOutcome = (typeof CURRENT_OUTCOMES)[number];

/** Slot (epoch ms) of the newest conclusive or announced evidence of any prober. */
export function evidenceAt(state: Pick<CheckState, "probers"> | undefined): number | undefined {
  const fresh = Object.values(state?.probers ?? {}).flatMap(({ standing }) => standing.freshAt ?? []);
  return fresh.length > 0 ? Math.max(...fresh) : undefined;
}

/** The present outcome of a check: slots may go on being settled without any evidence, so its age decides. */
export function outcomeOf(
  check: Pick<JudgedCheck, "schedule" | "maxAgeMs">,
  state: CheckState | undefined,
  nowMs: number,
): CurrentOutcome {
  if (!state || nowMs > staleAt(check, evidenceAt(state) ?? state.slot)) return "unknown";
  return state.outcome;
}
