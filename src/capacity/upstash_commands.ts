/** What a ledger on Cloudflare asks of Upstash. */
import type { BusiestDay } from "./busiest_day.ts";
import { sum } from "./line.ts";
import { MONTH_DAYS, UPSTASH_USE } from "./prices.ts";

const { lease, commit, poll, housekeeping, wake, requests } = UPSTASH_USE;

/**
 * Billed commands of a month if the ledger never sleeps, and if it does wherever it may. Nearly all of them write, so each counts once more
 * for each read region of a global database.
 */
export function monthlyCommands(
  { agenda, ticks, alarms, naps, shards }: BusiestDay,
  readRegions: number,
): { awake: number; asleep: number } {
  const commits = sum(agenda.flatMap(({ slot }) => slot.asks), ({ turns }) => turns);
  const aDay = lease * ticks + commit * commits + poll * (2 * ticks + alarms);
  const awake = MONTH_DAYS * aDay + housekeeping.aMonth + housekeeping.aShard * shards;
  const asleep = awake + MONTH_DAYS * (wake.tick * naps.ticks + wake.alarm * naps.alarms);
  return { awake: awake * (1 + readRegions), asleep: asleep * (1 + readRegions) };
}

/** REST requests of one tick at most: of each lane of its slot, and besides. */
export const REQUESTS = {
  aLane: requests.commit,
  besides: requests.lease + requests.polls + requests.housekeeping + requests.wake,
} as const;
