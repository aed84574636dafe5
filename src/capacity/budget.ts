/**
 * What a config takes on Cloudflare, from the config alone: each figure against its limit, and the price of a month.
 *
 *     config -> slots of the fullest day -> lines -> faults, doubts, price
 */
import type { Config } from "../config/config.ts";
import { turnsOf } from "../config/schedule.ts";
import type { Plan } from "../base/limits.ts";
import { askLines } from "./ask_lines.ts";
import { busiestDay } from "./busiest_day.ts";
import { type BudgetLine, objectsOf, sum } from "./line.ts";
import { logLine, storedLine } from "./kept_lines.ts";
import { meterLines, meters, metersOf } from "./meter_lines.ts";
import { objectsLine } from "./objects.ts";
import { BASE_USD, type Meter, METERS, MONTH_DAYS, UPSTASH } from "./prices.ts";
import { slotLines } from "./slot_lines.ts";
import { monthlyCommands } from "./upstash_commands.ts";
import { upstashLines } from "./upstash_lines.ts";
import { variableLine } from "./variable_line.ts";

/** What the budget is made for. `latencyMs` is assumed of every request; `readRegions` are those of a global Upstash database, which bills each write once more for each. */
export interface BudgetOptions {
  plan: Plan;
  latencyMs: number;
  readRegions?: number;
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

/** Holds a config against a plan. */
export function budget(config: Config, options: BudgetOptions): Budget {
  const { plan } = options;
  const { lines, charges } = figuresOf(config, options);
  const over = ({ name, value, limit, where }: BudgetLine, why: string) =>
    `${name}: ${Math.round(value * 100) / 100}, ${why}${limit}: ${where}`;
  const remedy = remedyOf(config, options);
  const base = BASE_USD[plan];
  const due = plan === "free" ? [] : charges;
  return {
    plan,
    lines,
    faults: lines.filter(({ fits }) => fits === false)
      .map((line) => `${over(line, "over the limit of ")}${remedy(line)}`),
    doubts: lines.filter(({ fits }) => fits === null).map((line) => `${over(line, "limit ")}; ${line.doubt}`),
    month: { usd: base + sum(due, ({ usd }) => usd), base, charges: due },
  };
}

function figuresOf(config: Config, options: BudgetOptions) {
  const { plan, latencyMs, readRegions = 0 } = options;
  const day = busiestDay(config, latencyMs);
  const used = metersOf(config, day, latencyMs);
  const commands = config.store.kind === "upstash" ? monthlyCommands(day, readRegions) : undefined;
  const lines: BudgetLine[] = [
    ...objectsOf(config).length > 0 ? [objectsLine(config, { plan, latencyMs })] : [],
    ...askLines(config, day, plan),
    ...slotLines(config, day, { plan, latencyMs }),
    ...meterLines(used, day, { plan, latencyMs }),
    storedLine(config, day, plan),
    logLine(used, plan),
    variableLine(config, plan),
    ...commands ? upstashLines(commands, day, plan) : [],
  ];
  const charges = [
    ...meters.map((meter) => charge(meter, used[meter])),
    ...commands ? [upstashCharge(commands)] : [],
  ];
  return { lines, charges };
}

/** What to say of a limit that is passed only because slots are walked in several turns. */
function remedyOf(config: Config, options: BudgetOptions): (line: BudgetLine) => string {
  if (config.checks.every((check) => turnsOf(check, config.regions) === 1)) return () => "";
  const checks = config.checks.map((check) => ({ ...check, turns: 1 }));
  const { lines } = figuresOf({ ...config, checks }, options);
  const fits = new Set(lines.filter(({ fits }) => fits !== false).map(({ name }) => name));
  return ({ name }) => fits.has(name) ? "; with turns: 1 it fits" : "";
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
