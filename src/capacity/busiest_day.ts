/** The fullest day of a config: which checks are due together when, and what each such slot takes. */
import { compileCron } from "../config/cron.ts";
import type { Check, Config, Schedule } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import { laneOf, packChecks, type Packing } from "../storage/codec.ts";
import { maxRoundMs } from "../config/round_time.ts";
import { due, periodMs, slots, turnsOf, WALK_MS } from "../config/schedule.ts";
import { objectsOf, probersOf } from "./line.ts";
import { AWAKE_MS, CONNECTIONS } from "../base/limits.ts";
import { dealObjects } from "../config/objects.ts";
import { DAY_MS, MINUTE_MS } from "../base/time.ts";

/** One lane of one slot, as every prober is asked it in one invocation. */
export interface DayAsk {
  checks: Check[];
  /** In how many turns it is walked, and judged: each is a commit. */
  turns: number;
  /** How many objects of a place walk some of it: each is asked by itself. */
  objects: number;
}

/** Everything that is due at one instant. */
export interface DaySlot {
  asks: DayAsk[];
  checks: Check[];
  /** The checks of each object of a place that has any. */
  shares: Check[][];
  /** How many shards are written, and how often all in all: once a turn. */
  shards: number;
  shardTurns: number;
  /** The most turns of a lane: each is an alarm unless it falls on a minute. */
  turns: number;
  /** How long the object that walks longest is busy with it if all is well, ms. */
  usualMs: number;
  /** The same of each object of each place, and what it is while nothing answers. */
  walks: { usualMs: number; hangingMs: number }[];
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
  /** Slots and turns inside a minute, which an alarm starts. */
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
  const dealt = dealObjects(config.checks, config.objects);
  const objectOf = (check: Check) => dealt.get(check)!;
  const agenda: BusiestDay["agenda"] = [];
  for (let minute = 0; minute < DAY_MS; minute += MINUTE_MS) {
    for (const at of slots(groups, minute)) {
      const now = due(groups, at);
      for (const group of now) group.runs++;
      const key = now.map((group) => groups.indexOf(group)).join();
      const slot = known.get(key) ?? slotOf({ config, packing, objectOf, latencyMs }, now);
      known.set(key, slot);
      agenda.push({ at, slot });
    }
  }
  const between = [...new Set(agenda.flatMap(turnInstants))].filter((at) => at % MINUTE_MS !== 0);
  const ticks = Array.from({ length: DAY_MS / MINUTE_MS }, (_, minute) => minute * MINUTE_MS);
  const asleep = wakeTimes([...ticks, ...between].sort((a, b) => a - b));
  const naps = {
    ticks: asleep.filter((at) => at % MINUTE_MS === 0).length,
    alarms: asleep.filter((at) => at % MINUTE_MS !== 0).length,
  };
  const shards = packing.shards.length;
  return { groups, agenda, ticks: ticks.length, alarms: between.length, naps, shards };
}

/** When the turns of a slot begin: those of its longest period last longest. */
function turnInstants({ at, slot: { checks, turns } }: BusiestDay["agenda"][number]): number[] {
  const gap = Math.max(...checks.map((check) => periodMs(check, at))) / turns;
  return Array.from({ length: turns }, (_, j) => (at + Math.floor(j * gap)) % DAY_MS);
}

/** Those instants of a day before which nothing was to do for long enough; yesterday was like today. */
const wakeTimes = (times: number[]): number[] =>
  times.filter((at, i) => at - (times[i - 1] ?? times.at(-1)! - DAY_MS) > AWAKE_MS);

function daily(schedule: Schedule): Schedule {
  if ("everyMs" in schedule) return schedule;
  const [minutes, hours] = schedule.cron.source.trim().split(/\s+/);
  return { cron: compileCron(`${minutes} ${hours} * * *`, schedule.cron.zone) };
}

/** What the slots of one config are made of. */
interface SlotContext {
  config: Config;
  packing: Packing;
  objectOf(check: Check): number;
  latencyMs: number;
}

function slotOf({ config, packing, objectOf, latencyMs }: SlotContext, groups: Group[]): DaySlot {
  const checks = groups.flatMap((group) => group.checks);
  const turnsIn = (some: Check[]) => Math.max(...some.map((check) => turnsOf(check, config.regions)));
  const asks = [...Map.groupBy(checks, laneOf).values()].map((checks) => ({
    checks,
    turns: turnsIn(checks),
    objects: new Set(checks.map(objectOf)).size,
  }));
  const shards = [...Map.groupBy(checks, ({ key }) => packing.shardOf.get(key)).values()];
  const places = concurrentRounds(config);
  const walkOf = (some: readonly Check[], probers: number) => ({
    usualMs: usualWalkMs(some, { probers, places, latencyMs }),
    hangingMs: Math.min(
      WALK_MS,
      longestQueue(times(some.map((check) => maxRoundMs(check, 0)), probers), places),
    ),
  });
  const shares = [...Map.groupBy(checks, objectOf).values()];
  const walks = objectsOf(config).flatMap((probers) => shares.map((share) => walkOf(share, probers)));
  const isWhole = probersOf(config).some(({ kind }) => kind !== "place");
  const whole = isWhole ? [walkOf(checks, 1)] : [];
  const usualMs = Math.max(...[...whole, ...walks].map((walk) => walk.usualMs));
  return {
    asks,
    checks,
    shares,
    shards: shards.length,
    shardTurns: shards.reduce((sum, some) => sum + turnsIn(some), 0),
    turns: turnsIn(checks),
    usualMs,
    walks,
  };
}

/** Who walks, how many rounds at once, and how long a request takes. */
interface UsualWalk {
  probers: number;
  places: number;
  latencyMs: number;
}

/** How long (ms) an object walks these checks for its probers if all is well. */
export const usualWalkMs = (checks: readonly Check[], { probers, places, latencyMs }: UsualWalk): number =>
  longestQueue(times(checks.map((check) => usualRequestsOf(check) * latencyMs), probers), places);

const times = (rounds: number[], probers: number) => Array.from({ length: probers }, () => rounds).flat();

/** How long it takes until all rounds are walked if each takes the first place that is free. */
function longestQueue(roundsMs: number[], places: number): number {
  const taken = Array.from({ length: places }, () => 0);
  for (const ms of roundsMs) taken[taken.indexOf(Math.min(...taken))]! += ms;
  return Math.max(...taken);
}
