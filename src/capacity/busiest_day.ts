/** The fullest day of a config: which checks are due together when, and what each such slot takes. */
import { compileCron } from "../config/cron.ts";
import type { Check, Config, Schedule } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { laneOf, packChecks, type Packing } from "../storage/codec.ts";
import { due, slots } from "../config/schedule.ts";
import { AWAKE_MS, CONNECTIONS } from "../base/limits.ts";
import { DAY_MS, MINUTE_MS } from "../base/time.ts";

/** One lane of one slot, as every prober is asked it in one invocation. */
export interface Ask {
  checks: Check[];
}

/** Everything that is due at one instant. */
export interface DaySlot {
  asks: Ask[];
  checks: Check[];
  /** How many shards are written. */
  shards: number;
  /** How long a prober walks if all is well, ms. */
  walkMs: number;
}

/** Checks of one schedule, and how often they run in a day. */
export interface Group {
  schedule: Schedule;
  checks: Check[];
  runs: number;
}

/** One day. `at` is the slot's time of day in ms. */
export interface BusiestDay {
  groups: Group[];
  agenda: { at: number; slot: DaySlot }[];
  /** Cron events. */
  ticks: number;
  /** Slots inside a minute, which an alarm starts. */
  alarms: number;
  /** Those before which the ledger has slept. */
  naps: { ticks: number; alarms: number };
  /** How many shards all checks are. */
  shards: number;
}

/** Rounds that one prober walks at once on Cloudflare. */
export const concurrentRounds = ({ concurrency }: Pick<Config, "concurrency">): number =>
  Math.min(concurrency, CONNECTIONS - 1);

/**
 * The first day of the epoch: every period has a slot at its start, so no day has more slots and no slot more checks. A cron
 * pattern counts as if its date always matched. `latencyMs` is assumed of every request.
 */
export function busiestDay(config: Config, latencyMs: number): BusiestDay {
  const packing = packChecks(config);
  const byText = Map.groupBy(config.checks, ({ schedule }) => JSON.stringify(schedule));
  const groups = [...byText.values()].map((checks): Group => ({
    schedule: daily(checks[0]!.schedule),
    checks,
    runs: 0,
  }));
  const known = new Map<string, DaySlot>();
  const agenda: BusiestDay["agenda"] = [];
  for (let minute = 0; minute < DAY_MS; minute += MINUTE_MS) {
    for (const at of slots(groups, minute)) {
      const now = due(groups, at);
      for (const group of now) group.runs++;
      const key = now.map((group) => groups.indexOf(group)).join();
      const slot = known.get(key) ?? slotOf(config, packing, now, latencyMs);
      known.set(key, slot);
      agenda.push({ at, slot });
    }
  }
  const between = agenda.map(({ at }) => at).filter((at) => at % MINUTE_MS !== 0);
  const ticks = Array.from({ length: DAY_MS / MINUTE_MS }, (_, minute) => minute * MINUTE_MS);
  const asleep = wakeTimes([...ticks, ...between].sort((a, b) => a - b));
  const naps = {
    ticks: asleep.filter((at) => at % MINUTE_MS === 0).length,
    alarms: asleep.filter((at) => at % MINUTE_MS !== 0).length,
  };
  const shards = packing.shards.length;
  return { groups, agenda, ticks: ticks.length, alarms: between.length, naps, shards };
}

/** Those instants of a day before which nothing was to do for long enough; yesterday was like today. */
const wakeTimes = (times: number[]): number[] =>
  times.filter((at, i) => at - (times[i - 1] ?? times.at(-1)! - DAY_MS) > AWAKE_MS);

function daily(schedule: Schedule): Schedule {
  if ("everyMs" in schedule) return schedule;
  const [minutes, hours] = schedule.cron.source.trim().split(/\s+/);
  return { cron: compileCron(`${minutes} ${hours} * * *`) };
}

function slotOf(config: Config, packing: Packing, groups: Group[], latencyMs: number): DaySlot {
  const checks = groups.flatMap((group) => group.checks);
  const asks = [...Map.groupBy(checks, laneOf).values()].map((checks) => ({ checks }));
  const shards = new Set(checks.map(({ key }) => packing.shardOf.get(key))).size;
  return {
    asks,
    checks,
    shards,
    walkMs: longestQueue(checks.map(usualRequestsOf), concurrentRounds(config)) * latencyMs,
  };
}

/** How many requests follow one another if each round takes the first place that is free. */
function longestQueue(rounds: number[], places: number): number {
  const taken = Array.from({ length: places }, () => 0);
  for (const requests of rounds) taken[taken.indexOf(Math.min(...taken))]! += requests;
  return Math.max(...taken);
}
