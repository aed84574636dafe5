/**
 * What a config takes on Cloudflare, from the config alone: each figure against its limit, and the price of a month.
 *
 *     config -> slots of the fullest day -> lines -> faults, doubts, price
 */
import { monthlyCommands, REQUESTS } from "./upstash_commands.ts";
import type { Check, Config } from "../config/config.ts";
import { furtherRequestsOf, overheadOf, requestsOf, usualRequestsOf } from "../config/requests.ts";
import { type BusiestDay, busiestDay, concurrentRounds } from "./busiest_day.ts";
import {
  BASE_USD,
  CPU_MS_A_REQUEST,
  CPU_MS_TO_WAKE,
  type Meter,
  METERS,
  MONTH_DAYS,
  OBJECT_GB,
  ROWS_READ,
  UPSTASH,
} from "./prices.ts";
import { WALK_MS } from "../config/schedule.ts";
import { DAY_MS, iso } from "../base/time.ts";
import { INVOCATION, OBJECT_CPU_MS, type Plan } from "../base/limits.ts";

/** What the budget is made for. `latencyMs` is assumed of every request. */
export interface BudgetOptions {
  plan: Plan;
  latencyMs: number;
}

/** One figure of the budget. `limit` null: there is none. `fits` null: that is open, and `doubt` says why. */
export interface BudgetLine {
  name: string;
  value: number;
  limit: number | null;
  fits: boolean | null;
  doubt?: string;
  /** What is counted, in words. */
  counted: string;
  /** The prober, slot or check that takes most of it. */
  where?: string;
}

/** What a meter costs in a month. */
export interface Charge {
  name: string;
  used: number;
  included: number;
  usd: number;
}

/** A config held against a plan. */
export interface Budget {
  plan: Plan;
  lines: BudgetLine[];
  /** Each limit that is passed, and who passes it. */
  faults: string[];
  /** Each limit that may be passed, why that is open, and who would pass it. */
  doubts: string[];
  /** USD a month, the base price included; no charges on the free plan. */
  month: { usd: number; base: number; charges: Charge[] };
}

/** The shard's state, its line of history, and the old line that retention deletes, which is a row written too. */
const ROWS_A_SHARD = 3;
/** The lease of a tick, and the alarm that it sets. */
const ROWS_A_TICK = 2;

/** Holds a config against a plan. */
export function budget(config: Config, { plan, latencyMs }: BudgetOptions): Budget {
  const day = busiestDay(config, latencyMs);
  const used = metersOf(config, day, latencyMs);
  const commands = config.store.kind === "upstash" ? monthlyCommands(day) : undefined;
  const lines = [
    ...askLines(config, day, plan),
    ...slotLines(config, day, { plan, latencyMs }),
    ...meterLines(used, day, plan),
    ...commands ? upstashLines(commands, day, plan) : [],
  ];
  const over = ({ name, value, limit, where }: BudgetLine, why: string) =>
    `${name}: ${Math.round(value * 100) / 100}, ${why}${limit}: ${where}`;
  const base = BASE_USD[plan];
  const charges = [
    ...meters.map((meter) => charge(meter, used[meter])),
    ...commands ? [upstashCharge(commands)] : [],
  ];
  const due = plan === "free" ? [] : charges;
  return {
    plan,
    lines,
    faults: lines.filter(({ fits }) => fits === false).map((line) => over(line, "over the limit of ")),
    doubts: lines.filter(({ fits }) => fits === null).map((line) => `${over(line, "limit ")}; ${line.doubt}`),
    month: { usd: base + sum(due, ({ usd }) => usd), base, charges: due },
  };
}

/** A line whose `doubt` counts only where its value passes `from`, by default the limit. */
function checkLimit(figure: Omit<BudgetLine, "fits">, from = figure.limit ?? Infinity): BudgetLine {
  const { doubt, ...line } = figure;
  if (doubt !== undefined && line.value > from) return { ...line, fits: null, doubt };
  return { ...line, fits: line.limit === null || line.value <= line.limit };
}

const probersOf = ({ regions }: Config) => regions.flatMap(({ probers }) => probers);

/** One ask of a prober is one invocation. All probers are asked the same, so one stands for all. */
function askLines(config: Config, day: BusiestDay, plan: Plan): BudgetLine[] {
  const probers = probersOf(config);
  const place = probers.find(({ kind }) => kind === "place");
  const { subrequests: limit, cpuMs } = INVOCATION[plan];
  const prober = `prober ${(place ?? probers[0])?.id}`;
  const direct = fullestAsk(config, day, limit, requestsOf);
  const redirected = fullestAsk(config, day, limit, (check) => requestsOf(check) + furtherRequestsOf(check));
  const heavy = maxBy(direct.checks, requestsOf);
  return [
    checkLimit({
      name: "subrequests of an ask of a prober",
      value: direct.value,
      limit,
      counted:
        "worst case, no redirects: each source of a report twice, every poll, cleanup, controls, trace" +
        (place ? "" : "; probers with a url as Workers of this plan"),
      where: `${prober}, ${direct.where}`,
    }),
    checkLimit({
      name: "the same with all redirects",
      value: redirected.value,
      limit,
      counted: "each request of a step redirected as often as it may be",
      where: `${prober}, ${redirected.where}`,
      doubt:
        "it depends on the targets, and what redirects bring past it is our error or missing, never down",
    }),
    checkLimit({
      name: "CPU of an ask of a prober, ms",
      value: CPU_MS_TO_WAKE + direct.value * CPU_MS_A_REQUEST,
      limit: place ? OBJECT_CPU_MS : cpuMs,
      counted:
        `${CPU_MS_TO_WAKE} ms to wake, ${CPU_MS_A_REQUEST} ms a subrequest; measured in workerd, with the ledger's part`,
      where: `${prober}, ${direct.asked}; ${heavy.key} has most requests, ${requestsOf(heavy)}`,
      doubt: place ? OBJECT_DOUBT : WORKER_DOUBT,
    }, plan === "free" ? cpuMs : Infinity),
  ];
}

const OBJECT_DOUBT =
  `Cloudflare's page on objects gives that without a plan, but says that those of Workers apply, ${INVOCATION.free.cpuMs} ms`;
const WORKER_DOUBT =
  "Cloudflare lets a Worker pass it now and then, and a prober elsewhere has no such limit";

/** The ask with most requests, and the first check with which they pass `limit`. */
function fullestAsk(
  config: Config,
  { agenda }: BusiestDay,
  limit: number,
  requests: (check: Check) => number,
) {
  const overhead = overheadOf(config);
  // Slots of the same checks are one object: a second of them says nothing new.
  const firsts = [...Map.groupBy(agenda, ({ slot }) => slot).values()].map(([first]) => first!);
  const asks = firsts.flatMap(({ at, slot }) => slot.asks.map(({ checks }) => ({ at, checks })));
  const { at, checks } = maxBy(asks, (ask) => sum(ask.checks, requests));
  let left = limit - overhead;
  const first = checks.find((check) => (left -= requests(check)) < 0);
  const asked = `slot ${formatTime(at)}, ${checks.length} checks`;
  return {
    checks,
    value: overhead + sum(checks, requests),
    asked,
    where: first ? `${asked}; the first that does not fit is ${first.key}` : asked,
  };
}

function slotLines(config: Config, { agenda }: BusiestDay, { plan, latencyMs }: BudgetOptions): BudgetLine[] {
  const probers = probersOf(config).length;
  const widest = maxBy(agenda, ({ slot }) => slot.asks.length);
  const { asks } = widest.slot;
  const isUpstash = config.store.kind === "upstash";
  const aLane = probers + (isUpstash ? REQUESTS.aLane : 0);
  const besides = config.webhooks.length + (isUpstash ? REQUESTS.besides : 0);
  const limit = INVOCATION[plan].subrequests;
  const value = asks.length * aLane + besides;
  const first = asks[Math.max(0, Math.floor((limit - besides) / aLane))]?.checks[0];
  const ticked = `slot ${formatTime(widest.at)}, ${asks.length} lanes, ${probers} probers`;
  const longest = maxBy(agenda, ({ slot }) => slot.walkMs);
  const heavy = maxBy(longest.slot.checks, usualRequestsOf);
  return [
    checkLimit({
      name: "subrequests of a tick of the ledger",
      value,
      limit,
      counted: `each prober once a lane, each webhook once${isUpstash ? ", Upstash at most" : ""}`,
      where: first ? `${ticked}; the first that does not fit is ${first.key}` : ticked,
    }),
    checkLimit({
      name: "time of the longest slot, s",
      value: longest.slot.walkMs / 1_000,
      limit: WALK_MS / 1_000,
      counted: `usual case (one report, each step once), ${latencyMs} ms a request, ${
        concurrentRounds(config)
      } at once`,
      where: `slot ${formatTime(longest.at)}, ${longest.slot.checks.length} checks; ` +
        `${heavy.key} has most requests, ${usualRequestsOf(heavy)}; what is not walked by then is missing`,
    }),
  ];
}

const meters = Object.keys(METERS) as Meter[];

/** What a day takes of each meter. */
function metersOf(
  config: Config,
  { agenda, ticks, alarms }: BusiestDay,
  latencyMs: number,
): Record<Meter, number> {
  const probers = probersOf(config);
  const places = probers.filter((prober) => prober.kind === "place");
  const objects = new Set(places.map(({ place, generation }) => `${place}:${generation}`)).size;
  const asks = sum(agenda, ({ slot }) => slot.asks.length);
  const walkMsOf = ({ slot }: BusiestDay["agenda"][number]) => Math.min(slot.walkMs, WALK_MS);
  const proberMs = Math.min(DAY_MS, sum(agenda, walkMsOf));
  const ledgerMs = Math.min(DAY_MS, sum(agenda, (one) => walkMsOf(one) + latencyMs));
  const shards = sum(agenda, ({ slot }) => slot.shards);
  return {
    workerRequests: ticks + asks * (probers.length - places.length),
    objectRequests: ticks + alarms + asks * places.length,
    gbSeconds: (objects * proberMs + ledgerMs) / 1_000 * OBJECT_GB,
    rowsRead: ROWS_READ.tick * ticks + ROWS_READ.alarm * alarms + ROWS_READ.shard * shards,
    rowsWritten: ROWS_A_TICK * ticks + alarms + ROWS_A_SHARD * shards,
  };
}

const COUNTED: Record<Meter, string> = {
  workerRequests: "a cron event a minute, asks of probers with a url; not the API",
  objectRequests: "a tick a minute, an alarm for each slot inside one, each ask of a place; not the API",
  gbSeconds: `${OBJECT_GB} GB by the time of each slot (usual case), for the ledger and each place`,
  rowsRead:
    `${ROWS_READ.tick} a tick, ${ROWS_READ.alarm} an alarm, ${ROWS_READ.shard} a shard and slot, measured; not the API`,
  rowsWritten:
    `${ROWS_A_SHARD} a shard and slot (state, history, history forgotten), a lease and an alarm a tick`,
};

function meterLines(used: Record<Meter, number>, { groups }: BusiestDay, plan: Plan): BudgetLine[] {
  const runs = groups.flatMap(({ runs, checks }) => checks.map((check) => ({ check, runs })));
  const often = maxBy(runs, ({ runs }) => runs);
  const heavy = maxBy(runs, ({ runs, check }) => runs * usualRequestsOf(check));
  return meters.map((meter) => {
    const { check, runs } = meter === "gbSeconds" ? heavy : often;
    const where = `${check.key} takes most, with ${runs} runs a day`;
    const limit = plan === "free" ? METERS[meter].freeADay : null;
    const name = `${METERS[meter].name} a day`;
    return checkLimit({ name, value: used[meter], limit, counted: COUNTED[meter], where });
  });
}

/** So many checks are named; the others are counted. */
const NAMED = 3;

function upstashLines(
  { awake, asleep }: ReturnType<typeof monthlyCommands>,
  day: BusiestDay,
  plan: Plan,
): BudgetLine[] {
  const { runs } = maxBy(day.groups, ({ runs }) => runs);
  const keys = day.groups.filter((group) => group.runs === runs).flatMap(({ checks }) =>
    checks.map(({ key }) => key)
  );
  const more = keys.length > NAMED ? ` and ${keys.length - NAMED} more` : "";
  const common = {
    limit: plan === "free" ? UPSTASH.freeAMonth : null,
    where: `${keys.slice(0, NAMED).join(", ")}${more} ${keys.length === 1 ? "has" : "have"} ` +
      `the shortest period, ${runs} runs a day`,
  };
  const line = checkLimit({
    ...common,
    name: "Upstash commands a month",
    value: awake,
    counted: "leases, commits, looks for notices, housekeeping; Upstash's own free plan; not the API",
  });
  if (asleep === awake) return [line];
  return [
    line,
    checkLimit({
      ...common,
      name: "the same if the ledger sleeps between slots",
      value: asleep,
      counted: "each time it wakes it reads again what it knew; this is what the price is of",
      doubt: "an object sleeps after 10 idle seconds, unless the API is asked more often",
    }),
  ];
}

/** Upstash without its free plan: from the first command, and for a ledger that sleeps. */
const upstashCharge = ({ asleep }: ReturnType<typeof monthlyCommands>): Charge => ({
  name: "Upstash commands",
  used: asleep,
  included: 0,
  usd: asleep * UPSTASH.usdAMillion / 1_000_000,
});

function charge(meter: Meter, usedADay: number): Charge {
  const { name, includedAMonth: included, usdAMillion } = METERS[meter];
  const used = MONTH_DAYS * usedADay;
  return { name, used, included, usd: Math.max(0, used - included) * usdAMillion / 1_000_000 };
}

const sum = <T>(list: readonly T[], of: (one: T) => number) =>
  list.reduce((total, one) => total + of(one), 0);

/** The first of those with the most. No list here is empty: a config has a check, and each runs on the fullest day. */
const maxBy = <T>(list: readonly T[], of: (one: T) => number) =>
  list.reduce((best, one) => of(one) > of(best) ? one : best);

const formatTime = (at: number) => `${iso(at).slice(11, 19)} UTC`;
