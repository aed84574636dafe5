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

/** The argument as a whole number of at most 20. */
function wholeNumber(text: string): number {
  if (!/^(1?\d|20)$/.test(text)) throw new InvalidArgumentError("Not a whole number up to 20.");
  return Number(text);
}

/** `assay budget [file]`: what a config takes on Cloudflare, or of a prober on Deno. Exit 0 fits, 1 does not fit or not valid, 3 usage. */
export const budgetCommand = new Command("budget")
  .description("What a config takes, against each limit. Exit 0 fits, 1 does not, 3 usage.")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(varOption())
  .addOption(environmentOption())
  .addOption(
    new Option("--for <runtime>", "where it is to run").choices(["cloudflare", "deno"]).default("cloudflare"),
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
    // No secret changes a figure, so none has to be set.
    const turns = runtime === "cloudflare" ? defaultTurns(options.plan) : undefined;
    const { config } = await loadFile(file, { json, runtime, turns, env: undefined, ...varsOf(options) });
    const fits = (runtime === "deno" ? budgetDeno : budgetCloudflare)(file, config, options);
    if (!fits) Deno.exit(1);
  });

/** What one prober on Deno can walk of a config. */
function budgetDeno(file: string, config: Config, { json, latency }: BudgetOptions): boolean {
  const { roundMs, how } = latencyOf(config, latency);
  const { lines, faults } = walkBudget(config, roundMs, how);
  const fits = faults.length === 0;
  const said = faults.map(({ message, remedy }) => `${message}; set ${remedy}`);
  const text = [
    `${file} on Deno, ${how}`,
    "",
    formatLines(lines),
    "",
    ...fits ? ["a prober can walk it"] : ["a prober cannot walk it:", ...indent(said)],
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
      ? [`it fits the ${plan} plan${doubts.length === 0 ? "" : ", as far as is known:"}`]
      : [
        `it does not fit the ${plan} plan:`,
        ...indent(faults),
        ...doubts.length === 0 ? [] : ["and open is:"],
      ],
    ...indent(doubts),
  ].join("\n");
}

const indent = (texts: string[]) => texts.map((text) => `  ${text}`);

const dollars = (value: number) => value.toFixed(2);
