/** What a day takes of each meter of Cloudflare, while all is well and while everything hangs. */
import type { Config } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { WALK_MS } from "../config/schedule.ts";
import { type Plan, sparesHanging } from "../base/limits.ts";
import { HANGING_SLOTS, walkedShare } from "../judgement/hanging.ts";
import type { BusiestDay, DaySlot } from "./busiest_day.ts";
import { type BudgetLine, checkLimit, maxBy, probersOf, sum } from "./line.ts";
import { type Meter, METERS, OBJECT_GB, ROWS_READ } from "./prices.ts";

/** The shard's state and its line of history, once a turn. */
const ROWS_A_TURN = 2;
/** The old line of history that retention deletes, which is a row written too. */
const ROWS_FORGOTTEN = 1;
/** The lease of a tick, and the alarm that it sets. */
const ROWS_A_TICK = 2;

/** The meters, in the order of their table. */
export const meters = Object.keys(METERS) as Meter[];

/** What a day takes of each meter. */
export function metersOf(config: Config, day: BusiestDay, latencyMs: number): Record<Meter, number> {
  const { agenda, ticks, alarms } = day;
  const probers = probersOf(config);
  const places = probers.filter((prober) => prober.kind === "place").length;
  const asks = sum(agenda, ({ slot }) => slot.asks.length);
  const objectAsks = sum(agenda, ({ slot }) => sum(slot.asks, ({ objects }) => objects));
  const commits = sum(agenda, ({ slot }) => slot.shardTurns);
  const shards = sum(agenda, ({ slot }) => slot.shards);
  return {
    workerRequests: ticks + asks * (probers.length - places),
    objectRequests: ticks + alarms + objectAsks * places,
    gbSeconds: gbSecondsOf(day, latencyMs, "usualMs"),
    rowsRead: ROWS_READ.tick * ticks + ROWS_READ.alarm * alarms + ROWS_READ.shard * commits,
    rowsWritten: ROWS_A_TICK * ticks + alarms + ROWS_A_TURN * commits + ROWS_FORGOTTEN * shards,
  };
}

/** GB-s of a day: each object by its walks, and the ledger, which waits for the longest of each turn and a request longer. */
function gbSecondsOf(
  { agenda }: BusiestDay,
  latencyMs: number,
  walk: "usualMs" | "hangingMs",
  shareOf: (slot: DaySlot) => number = () => 1,
): number {
  const busyMs = ({ walks, turns, usualMs }: DaySlot) => {
    const each = walks.map((one) => Math.min(WALK_MS, one[walk]));
    const longest = Math.max(Math.min(WALK_MS, usualMs), ...each);
    return sum(each, (ms) => ms) + turns * (longest + latencyMs);
  };
  return sum(agenda, ({ slot }) => shareOf(slot) * busyMs(slot)) / 1_000 * OBJECT_GB;
}

const COUNTED: Record<Meter, string> = {
  workerRequests: "a cron event a minute, asks of probers with a url; not the API",
  objectRequests:
    "a tick a minute, an alarm for each slot or turn inside one, each ask of an object of a place; not the API",
  gbSeconds:
    `${OBJECT_GB} GB by the time of each slot (usual case), for the ledger in each turn and each place`,
  rowsRead:
    `${ROWS_READ.tick} a tick, ${ROWS_READ.alarm} an alarm, ${ROWS_READ.shard} a shard and turn, measured; not the API`,
  rowsWritten:
    `${ROWS_A_TURN} a shard and turn (state, history), ${ROWS_FORGOTTEN} a slot (history forgotten), a lease and an alarm a tick`,
};

/** A line for each meter, and for the time of objects a second one: while nothing answers. */
export function meterLines(
  used: Record<Meter, number>,
  day: BusiestDay,
  { plan, latencyMs }: { plan: Plan; latencyMs: number },
): BudgetLine[] {
  const runs = day.groups.flatMap(({ runs, checks }) => checks.map((check) => ({ check, runs })));
  const often = maxBy(runs, ({ runs }) => runs);
  const heavy = maxBy(runs, ({ runs, check }) => runs * usualRequestsOf(check));
  return meters.flatMap((meter) => {
    const { check, runs } = meter === "gbSeconds" ? heavy : often;
    const where = `${check.key} takes most, with ${runs} runs a day`;
    const limit = plan === "free" ? METERS[meter].freeADay : null;
    const name = `${METERS[meter].name} a day`;
    const line = checkLimit({ name, value: used[meter], limit, counted: COUNTED[meter], where });
    return meter === "gbSeconds" ? [line, hangingLine(day, limit, { plan, latencyMs })] : [line];
  });
}

/** The share of a slot's time that is left while all hangs and every second one is left out: that of its check with the fewest slots. */
function walkedShareIn({ groups }: BusiestDay): (slot: DaySlot) => number {
  const runs = new Map(groups.flatMap(({ runs, checks }) => checks.map((check) => [check, runs] as const)));
  return ({ checks }) => Math.max(...checks.map((check) => walkedShare(runs.get(check)!)));
}

/** A host that never answers keeps each round until its deadline, twice with a retry, and every object with it. */
function hangingLine(
  day: BusiestDay,
  limit: number | null,
  { plan, latencyMs }: { plan: Plan; latencyMs: number },
): BudgetLine {
  const isSparing = sparesHanging(plan);
  const value = gbSecondsOf(day, latencyMs, "hangingMs", isSparing ? walkedShareIn(day) : undefined);
  const longest = maxBy(day.agenda, ({ slot }) => Math.max(0, ...slot.walks.map((walk) => walk.hangingMs)));
  const seconds = Math.max(0, ...longest.slot.walks.map((walk) => walk.hangingMs)) / 1_000;
  const hours = limit === null ? 0 : Math.floor(10 * 24 * limit / value) / 10;
  return checkLimit({
    name: "the same while everything hangs",
    value,
    limit,
    counted: `each round to its deadline, and once again (retry), ${WALK_MS / 1_000} s a slot at most` +
      (isSparing ? `; after ${HANGING_SLOTS} slots every second one is left out` : ""),
    where: `the longest slot takes ${seconds} s`,
    doubt: `in such an outage the day's share is gone after ${hours} h, and monitoring ends: ` +
      "fewer places, a longer period, shorter timeouts, or retry: 0",
  });
}
