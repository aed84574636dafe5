/**
 * Writes the simulated part of docs/judgement.md and its plots: `deno run -A scripts/simulate/document.ts
 * [hours per world] [seed]`.
 */
import { cumulative, plot } from "./plot.ts";
import { inWorkers } from "./parallel.ts";
import { ASSAY, compareRules, type Comparison } from "./side_by_side.ts";
import { replacePart, today } from "../bench/document.ts";
import { OTHER_RULES } from "./other_rules.ts";
import { tablesOf } from "./tables.ts";

const FILE = "docs/judgement.md";

function plotOf({ world, rules }: Comparison): string {
  const series = rules.map(({ rule, delays }) => ({ name: rule, points: cumulative(delays, 240) }));
  return plot(series, {
    title: `${world}: time to notice`,
    xLabel: "seconds after it began",
    yLabel: "% of episodes",
    ...{ xMost: 240, yMost: 100, xStep: 30, yStep: 20 },
  });
}

const PLOTTED: Record<string, string> = {
  "drift": "drift",
  "deploy that overclaims": "deploys",
  "outage with a silent prober": "silent-prober",
};

const [hours = 48, seed = 1] = Deno.args.map(Number);
const compared = await compareRules({ hours, seed }, inWorkers(navigator.hardwareConcurrency));
await Deno.mkdir("docs/judgement", { recursive: true });
for (const comparison of compared) {
  const name = PLOTTED[comparison.world];
  if (name) await Deno.writeTextFile(`docs/judgement/${name}.svg`, plotOf(comparison));
}
await replacePart(FILE, "simulated", [
  `Simulated on ${today()}: ${hours} h of each world, seed ${seed}. The lowest value of each column is bold.`,
  "",
  ...tablesOf(compared, ({ world }) => {
    const name = PLOTTED[world];
    return name ? [`![${world}: share noticed over time, rule by rule](judgement/${name}.svg)`, ""] : [];
  }),
]);
console.log(`${ASSAY} and ${OTHER_RULES.length} others, ${compared.length} worlds: ${FILE}`);
