/** In which order a prober walks the checks that it is asked for. Pure. */
import type { Check } from "../../config/config.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { type Rank, RANKS } from "./places.ts";

/** A round that took longer goes behind all that did not. */
const SLOW_MS = 1_000;

/** How urgent a check is; `tookMs`: how long its last round took here. */
export function rankOf({ schedule }: Pick<Check, "schedule">, tookMs: number | undefined): Rank {
  if ((tookMs ?? 0) > SLOW_MS) return RANKS.slow;
  return "everyMs" in schedule && schedule.everyMs < MINUTE_MS ? RANKS.short : RANKS.usual;
}

/** How urgent a second walk is: what has not been walked at all comes first, but for the slow. */
export const rankOfRetry = (tookMs: number | undefined): Rank =>
  (tookMs ?? 0) > SLOW_MS ? RANKS.slow : RANKS.again;

/**
 * Checks that were quick before slow ones, so that a target that hangs starves no other; of the quick ones the first
 * of each target, then the second. The slow ones keep one order over all slots: votes need two slots in a row.
 */
export function inWalkOrder(checks: readonly Check[], took: ReadonlyMap<string, number>): Check[] {
  const isSlow = (check: Check) => rankOf(check, took.get(check.key)) === RANKS.slow;
  const [slow, quick] = [[] as Check[], [] as Check[][]];
  const turns = new Map<string, number>();
  for (const check of checks) {
    if (isSlow(check)) {
      slow.push(check);
      continue;
    }
    const turn = turns.get(check.target.id) ?? 0;
    turns.set(check.target.id, turn + 1);
    (quick[turn] ??= []).push(check);
  }
  return [...quick.flat(), ...slow.sort((a, b) => a.key < b.key ? -1 : 1)];
}
