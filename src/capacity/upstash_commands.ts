/** What a ledger on Cloudflare asks of Upstash. */
import type { BusiestDay } from "./busiest_day.ts";
import { MONTH_DAYS, UPSTASH_USE } from "./prices.ts";

const { lease, commit, poll, housekeeping, wake, requests } = UPSTASH_USE;

/** Billed commands of a month if the ledger never sleeps, and if it does wherever it may. */
export function monthlyCommands(
  { agenda, ticks, alarms, naps, shards }: BusiestDay,
): { awake: number; asleep: number } {
  const commits = agenda.reduce((sum, { slot }) => sum + slot.asks.length, 0);
  const aDay = lease * ticks + commit * commits + poll * (2 * ticks + alarms);
  const awake = MONTH_DAYS * aDay + housekeeping.aMonth + housekeeping.aShard * shards;
  return { awake, asleep: awake + MONTH_DAYS * (wake.tick * naps.ticks + wake.alarm * naps.alarms) };
}

/** REST requests of one tick at most: of each lane of its slot, and besides. */
export const REQUESTS = {
  aLane: requests.commit,
  besides: requests.lease + requests.polls + requests.housekeeping + requests.wake,
} as const;
