import { Command, InvalidArgumentError, Option } from "commander";
import { type Budget, budget } from "../../src/capacity/budget.ts";
import { DURATION, parseDuration } from "../../src/config/schema/duration.ts";
import { PRICED_AT, SOURCES } from "../../src/capacity/prices.ts";
import { DEFAULT_FILE, loadFile, printResult } from "./terminal.ts";
import type { Plan } from "../../src/base/limits.ts";

const LATENCY_MS = 300;

/** `assay budget [file]`: what a config takes on Cloudflare. Exit 0 fits, 1 does not fit or not valid, 3 usage. */
export const budgetCommand = new Command("budget")
  .description("What a config takes on Cloudflare, against each limit. Exit 0 fits, 1 does not, 3 usage.")
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(new Option("--plan <plan>", "the Workers plan").choices(["free", "paid"]).default("free"))
  .addOption(
    new Option("--latency <duration>", "assumed of every request").argParser(parseLatency)
      .default(LATENCY_MS, `${LATENCY_MS}ms`),
  )
  .option("--json", "print JSON")
  .action(async (file: string, options: { plan: Plan; latency: number; json?: boolean }) => {
    const { plan, latency: latencyMs, json } = options;
    // No secret changes a figure, so none has to be set.
    const { config } = await loadFile(file, { json, runtime: "cloudflare", env: undefined });
    const result = budget(config, { plan, latencyMs });
    const fits = result.faults.length === 0;
    const value = { file, fits, latencyMs, pricedAt: PRICED_AT, sources: SOURCES, ...result };
    printResult({ json, value }, formatBudget(file, result));
    if (!fits) Deno.exit(1);
  });

function parseLatency(text: string): number {
  const ms = DURATION.test(text) ? parseDuration(text) : 0;
  if (ms === 0) throw new InvalidArgumentError("Not a duration, such as 300ms.");
  return ms;
}

function formatBudget(file: string, { plan, lines, faults, doubts, month }: Budget): string {
  const figures = lines.map(({ name, value, limit, fits, counted }) => [
    name,
    number(value),
    limit === null ? "none" : number(limit),
    limit === null ? "" : fits === null ? "open" : fits ? "yes" : "NO",
    counted,
  ]);
  const charges = month.charges.map((
    { name, used, included, usd },
  ) => [name, number(used), number(included), dollars(usd)]);
  return [
    `${file} on the ${plan} plan; limits and prices of ${PRICED_AT}`,
    "",
    table(["what", "value", "limit", "fits", "what is counted"], figures),
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

/** A Markdown table whose columns stand below each other; the second and third hold figures. */
function table(head: string[], rows: string[][]): string {
  const width = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    `| ${
      row.map((cell, i) => isFigure(i) ? cell.padStart(width[i]!) : cell.padEnd(width[i]!)).join(" | ")
    } |`;
  const rule = width.map((wide, i) => isFigure(i) ? `${"-".repeat(wide - 1)}:` : "-".repeat(wide));
  return [head, rule, ...rows].map(line).join("\n");
}

const isFigure = (column: number) => column === 1 || column === 2;
const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 2 });
const dollars = (value: number) => value.toFixed(2);
