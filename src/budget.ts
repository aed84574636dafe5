/**
 * What a config takes on Cloudflare, from the config alone: each figure against its limit, and the price of a month.
 *
 *     config -> slots of the fullest day -> lines -> faults, price
 */
import type { Check, Config } from "./config/config.ts";
import { requestsOf } from "./cost.ts";
import { overheadOf } from "./cost.ts";
import { atOnce, type Day, DAY_MS, fullestDay, usualOf } from "./day.ts";
import {
  BASE_USD,
  CPU_MS_A_REQUEST,
  INVOCATION,
  type Meter,
  METERS,
  OBJECT_GB,
  type Plan,
  UPSTASH,
} from "./prices.ts";

/** What the budget is made for. `latencyMs` is assumed of every request. */
export interface BudgetOptions {
  plan: Plan;
  latencyMs: number;
}

/** One figure of the budget. `limit` null: there is none. */
export interface Line {
  name: string;
  value: number;
  limit: number | null;
  fits: boolean;
  /** What is counted, in words. */
  counted: string;
  /** The prober, slot or check that takes most of it. */
  where?: string;
}

/** What a meter costs in a month of 30 days. */
export interface Charge {
  name: string;
  used: number;
  included: number;
  usd: number;
}

/** A config held against a plan. */
export interface Budget {
  plan: Plan;
  lines: Line[];
  /** Each limit that is passed, and who passes it. */
  faults: string[];
  /** USD a month, the base price included; no charges on the free plan. */
  month: { usd: number; base: number; charges: Charge[] };
}

const MONTH_DAYS = 30;
/** As `settle` does: what is not walked by then is missing. */
const SLOT_MS = 50_000;
/** The shard's state, its line of history, and the old line that retention deletes, which is a row written too. */
const ROWS_A_SHARD = 3;
/** The lease of a tick, and the alarm that it sets. */
const ROWS_A_TICK = 2;

/** Holds a config against a plan. */
export function budget(config: Config, { plan, latencyMs }: BudgetOptions): Budget {
  const day = fullestDay(config, latencyMs);
  const used = metersOf(config, day, latencyMs);
  const lines = [
    ...askLines(config, day, plan),
    ...slotLines(config, day, { plan, latencyMs }),
    ...meterLines(used, day, plan),
    upstashLine(day),
  ];
  const faults = lines.filter(({ fits }) => !fits).map(({ name, value, limit, where }) =>
    `${name}: ${Math.round(value * 100) / 100}, over the limit of ${limit}: ${where}`
  );
  const base = BASE_USD[plan];
  const charges = plan === "free" ? [] : meters.map((meter) => charge(meter, used[meter]));
  return { plan, lines, faults, month: { usd: base + sum(charges, ({ usd }) => usd), base, charges } };
}

const held = (figure: Omit<Line, "fits">): Line => ({
  ...figure,
  fits: figure.limit === null || figure.value <= figure.limit,
});

const probersOf = ({ regions }: Config) => regions.flatMap(({ probers }) => probers);

/** One ask of a prober is one invocation. All probers are asked the same, so one stands for all. */
function askLines(config: Config, { agenda }: Day, plan: Plan): Line[] {
  const probers = probersOf(config);
  const place = probers.find(({ kind }) => kind === "place");
  const { subrequests, cpuMs } = INVOCATION[plan];
  const { at, worst, checks } = most(
    agenda.flatMap(({ at, slot }) => slot.asks.map((ask) => ({ at, ...ask }))),
    (ask) => ask.worst,
  );
  const asked = `prober ${(place ?? probers[0])?.id}, slot ${clock(at)}, ${checks.length} checks`;
  const first = overflow(checks, subrequests - overheadOf(config));
  return [
    held({
      name: "subrequests of an ask of a prober",
      value: worst,
      limit: place ? subrequests : null,
      counted:
        "worst case, no redirects: each source of a report twice, every poll, cleanup, controls, trace",
      where: first ? `${asked}; the first that does not fit is ${first.key}` : asked,
    }),
    held({
      name: "the same with all redirects",
      value: worst + sum(checks, redirectedOf),
      limit: null,
      counted: "each request of a step redirected as often as it may be; not held against the limit",
      where: asked,
    }),
    held({
      name: "CPU of an ask of a prober, ms",
      value: worst * CPU_MS_A_REQUEST,
      limit: place ? cpuMs : null,
      counted: `${CPU_MS_A_REQUEST} ms a subrequest`,
      where: asked,
    }),
  ];
}

/** The first check with which the requests of all so far pass `limit`. */
function overflow(checks: Check[], limit: number): Check | undefined {
  let left = limit;
  return checks.find((check) => (left -= requestsOf(check)) < 0);
}

/** What a check sends on top if each request of a step is redirected as often as it may be. */
const redirectedOf = ({ journey, cleanup }: Check) =>
  sum([...journey, ...cleanup], (step) => step.redirects * requestsOf({ journey: [step], cleanup: [] }));

function slotLines(config: Config, { agenda }: Day, { plan, latencyMs }: BudgetOptions): Line[] {
  const probers = probersOf(config).length;
  const widest = most(agenda, ({ slot }) => slot.asks.length);
  const lanes = widest.slot.asks.length;
  const longest = most(agenda, ({ slot }) => slot.walkMs);
  const heavy = most(longest.slot.checks, usualOf);
  return [
    held({
      name: "subrequests of a tick of the ledger",
      value: lanes * probers + config.webhooks.length,
      limit: INVOCATION[plan].subrequests,
      counted: "each prober once a lane, each webhook once",
      where: `slot ${clock(widest.at)}, ${lanes} lanes, ${probers} probers`,
    }),
    held({
      name: "time of the longest slot, s",
      value: longest.slot.walkMs / 1_000,
      limit: SLOT_MS / 1_000,
      counted: `usual case (one report, each step once), ${latencyMs} ms a request, ${
        atOnce(config)
      } at once`,
      where: `slot ${clock(longest.at)}, ${longest.slot.checks.length} checks; ` +
        `${heavy.key} has most requests, ${usualOf(heavy)}; what is not walked by then is missing`,
    }),
  ];
}

const meters = Object.keys(METERS) as Meter[];

/** What a day takes of each meter. */
function metersOf(config: Config, { agenda, ticks, alarms }: Day, latencyMs: number): Record<Meter, number> {
  const probers = probersOf(config);
  const places = probers.filter((prober) => prober.kind === "place");
  const objects = new Set(places.map(({ place, generation }) => `${place}:${generation}`)).size;
  const asks = sum(agenda, ({ slot }) => slot.asks.length);
  const walked = ({ slot }: Day["agenda"][number]) => Math.min(slot.walkMs, SLOT_MS);
  const proberMs = Math.min(DAY_MS, sum(agenda, walked));
  const ledgerMs = Math.min(DAY_MS, sum(agenda, (one) => walked(one) + latencyMs));
  return {
    workerRequests: ticks + asks * (probers.length - places.length),
    objectRequests: ticks + alarms + asks * places.length,
    gbSeconds: (objects * proberMs + ledgerMs) / 1_000 * OBJECT_GB,
    rowsWritten: ROWS_A_TICK * ticks + alarms + ROWS_A_SHARD * sum(agenda, ({ slot }) => slot.shards),
  };
}

const COUNTED: Record<Meter, string> = {
  workerRequests: "a cron event a minute, asks of probers with a url; not the API",
  objectRequests: "a tick a minute, an alarm for each slot inside one, each ask of a place; not the API",
  gbSeconds: `${OBJECT_GB} GB by the time of each slot (usual case), for the ledger and each place`,
  rowsWritten:
    `${ROWS_A_SHARD} a shard and slot (state, history, history forgotten), a lease and an alarm a tick`,
};

function meterLines(used: Record<Meter, number>, { groups }: Day, plan: Plan): Line[] {
  const runs = groups.flatMap(({ runs, checks }) => checks.map((check) => ({ check, runs })));
  const often = most(runs, ({ runs }) => runs);
  const heavy = most(runs, ({ runs, check }) => runs * usualOf(check));
  return meters.map((meter) => {
    const { check, runs } = meter === "gbSeconds" ? heavy : often;
    const where = `${check.key} takes most, with ${runs} runs a day`;
    const limit = plan === "free" ? METERS[meter].freeADay : null;
    const name = `${METERS[meter].name} a day`;
    return held({ name, value: used[meter], limit, counted: COUNTED[meter], where });
  });
}

function upstashLine({ ticks, alarms }: Day): Line {
  return held({
    name: "Upstash commands a month",
    value: MONTH_DAYS * UPSTASH.commandsASlot * (ticks + alarms),
    limit: null,
    counted: `if UPSTASH is used: ${UPSTASH.commandsASlot} a tick or alarm; its own free plan has ` +
      `${UPSTASH.freeAMonth.toLocaleString("en")}`,
  });
}

function charge(meter: Meter, usedADay: number): Charge {
  const { name, includedAMonth: included, usdAMillion } = METERS[meter];
  const used = MONTH_DAYS * usedADay;
  return { name, used, included, usd: Math.max(0, used - included) * usdAMillion / 1_000_000 };
}

const sum = <T>(list: readonly T[], of: (one: T) => number) =>
  list.reduce((total, one) => total + of(one), 0);

/** The first of those with the most. No list here is empty: a config has a check, and each runs on the fullest day. */
const most = <T>(list: readonly T[], of: (one: T) => number) =>
  list.reduce((best, one) => of(one) > of(best) ? one : best);

const clock = (at: number) => `${new Date(at).toISOString().slice(11, 19)} UTC`;
