import { Command, InvalidArgumentError, Option } from "commander";
import { type Budget, budget } from "../../src/capacity/budget.ts";
import { withObjects } from "../../src/capacity/objects.ts";
import { walkBudget } from "../../src/capacity/walk_budget.ts";
import type { Config } from "../../src/config/config.ts";
import { formatLines, formatNumber as number, table } from "./budget_table.ts";
import { EDGE_LATENCY_MS, latencyOption } from "./latency_option.ts";
import { latencyOf } from "./measured.ts";
import { PRICED_AT, SOURCES } from "../../src/capacity/prices.ts";
import {
  DEFAULT_FILE,
  environmentOption,
  loadFile,
  printResult,
  type VarFlags,
  varOption,
  varsOf,
} from "./terminal.ts";
import { defaultTurns, type Plan } from "../../src/base/limits.ts";

interface BudgetOptions extends VarFlags {
  for: "cloudflare" | "deno";
  plan: Plan;
  latency?: number;
  readRegions: number;
  json?: boolean;
}

/** Parses a whole number from 0 to 20. */
function wholeNumber(text: string): number {
  if (!/^(1?\d|20)$/.test(text)) throw new InvalidArgumentError("Not a whole number from 0 to 20.");
  return Number(text);
}

/**
 * `assay budget [file]`: compares a config with the limits of a Cloudflare plan, or with the capacity of a
 * prober on Deno. Exit 0 fits, 1 does not fit or is invalid, 3 usage.
 */
export const budgetCommand = new Command("budget")
  .description("Compare what a config uses with each limit. Exit 0 fits, 1 does not, 3 usage.")
  .argument("[file]", "the config file", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(
    new Option("--for <runtime>", "the runtime it will run on").choices(["cloudflare", "deno"]).default(
      "cloudflare",
    ),
  )
  .addOption(new Option("--plan <plan>", "the Workers plan").choices(["free", "paid"]).default("free"))
  .addOption(latencyOption())
  .addOption(
    new Option(
      "--read-regions <n>",
      "read regions of a global Upstash database, each of which bills all writes",
    )
      .default(0).argParser(wholeNumber),
  )
  .option("--json", "print JSON")
  .action(async (file: string, options: BudgetOptions) => {
    const { for: runtime, json } = options;
    // No figure depends on a secret, so secrets may be unset.
    const turns = runtime === "cloudflare" ? defaultTurns(options.plan) : undefined;
    const { config } = await loadFile(file, { json, runtime, turns, env: undefined, ...varsOf(options) });
    const fits = (runtime === "deno" ? budgetDeno : budgetCloudflare)(file, config, options);
    if (!fits) Deno.exit(1);
  });

/** Prints whether one prober on Deno can run all checks in time, and returns that. */
function budgetDeno(file: string, config: Config, { json, latency }: BudgetOptions): boolean {
  const { roundMs, how } = latencyOf(config, latency);
  const { lines, faults } = walkBudget(config, roundMs, how);
  const fits = faults.length === 0;
  const problems = faults.map(({ message, remedy }) => `${message}; set ${remedy}`);
  const text = [
    `${file} on Deno, ${how}`,
    "",
    formatLines(lines),
    "",
    ...fits ? ["one prober can run all checks"] : ["one prober cannot run all checks:", ...indent(problems)],
  ].join("\n");
  printResult({ json, value: { file, fits, latency: how, lines, faults } }, text);
  return fits;
}

function budgetCloudflare(file: string, config: Config, options: BudgetOptions): boolean {
  const { plan, latency: latencyMs = EDGE_LATENCY_MS, readRegions, json } = options;
  const result = budget(withObjects(config, { plan, latencyMs }), { plan, latencyMs, readRegions });
  const fits = result.faults.length === 0;
  const value = { file, fits, latencyMs, pricedAt: PRICED_AT, sources: SOURCES, ...result };
  printResult({ json, value }, formatBudget(file, result));
  return fits;
}

function formatBudget(file: string, { plan, lines, faults, doubts, month }: Budget): string {
  const charges = month.charges.map((
    { name, used, included, usd },
  ) => [name, number(used), number(included), dollars(usd)]);
  return [
    `${file} on the ${plan} plan; limits and prices of ${PRICED_AT}`,
    "",
    formatLines(lines),
    "",
    ...charges.length > 0
      ? [
        table(["30 days", "used", "included", "USD"], [...charges, ["base", "", "", dollars(month.base)]]),
        "",
      ]
      : [],
    `price: ${dollars(month.usd)} USD a month`,
    ...faults.length === 0
      ? [`it fits the ${plan} plan${doubts.length === 0 ? "" : ", with these doubts:"}`]
      : [
        `it does not fit the ${plan} plan:`,
        ...indent(faults),
        ...doubts.length === 0 ? [] : ["doubts:"],
      ],
    ...indent(doubts),
  ].join("\n");
}

const indent = (texts: string[]) => texts.map((text) => `  ${text}`);

const dollars = (value: number) => value.toFixed(2);
