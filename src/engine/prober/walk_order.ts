/** The order in which a prober walks the checks it is asked for. Pure. */
import type { Check } from "../../config/config.ts";
import { MINUTE_MS } from "../../base/time.ts";
import { type Rank, RANKS } from "./places.ts";

/** Rounds that took longer (ms) go last. */
const SLOW_MS = 1_000;

/** A check's rank; `tookMs`: the duration of its last round here. */
export function rankOf({ schedule }: Pick<Check, "schedule">, tookMs: number | undefined): Rank {
  if ((tookMs ?? 0) > SLOW_MS) return RANKS.slow;
  return "everyMs" in schedule && schedule.everyMs < MINUTE_MS ? RANKS.short : RANKS.usual;
}

/** The rank of a second walk: after all first walks except slow ones. */
export const rankOfRetry = (tookMs: number | undefined): Rank =>
  (tookMs ?? 0) > SLOW_MS ? RANKS.slow : RANKS.again;

/**
 * Quick checks go before slow ones, so that a hanging target starves no other. Among the quick: the first
 * check of each target, then the second, and so on. Slow checks keep one order across slots, because votes
 * need two slots in a row.
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
