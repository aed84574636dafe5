/** The tables and plots of the experiment. */
import { plot } from "../simulate/plot.ts";
import { ARMS } from "./arms.ts";
import { BIN_MS, meanOf } from "./figures.ts";
import type { Run } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

const percent = (share: number, digits = 2) => `${(100 * share).toFixed(digits)} %`;
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const meanSeconds = (values: readonly number[]) => seconds(meanOf(values).mean);

/** The arms of a scenario in order, each with its runs' figures. */
function armsOf(runs: readonly Run[], scenario: string) {
  return ARMS.map((arm) => ({
    ...arm,
    figures: runs.filter((run) => run.scenario === scenario && run.arm === arm.id).map(({ figures }) =>
      figures
    ),
  })).filter(({ figures }) => figures.length > 0);
}

/** A Markdown table for each scenario. */
export function tables(runs: readonly Run[]): string[] {
  return SCENARIOS.flatMap(({ id, title }) => {
    const arms = armsOf(runs, id);
    if (arms.length === 0) return [];
    return [
      `### ${title[0]!.toUpperCase()}${title.slice(1)}`,
      "",
      "| arm | client success, mean (95 % interval) | failed of all requests | worst half second | down | rollout |",
      "| --- | ---: | ---: | ---: | ---: | --- |",
      ...arms.map(({ title, figures }) => {
        const { mean, half } = meanOf(figures.map(({ failed, requests }) => 1 - failed / requests));
        const interval = half === undefined
          ? ""
          : ` (${percent(mean - half)} to ${percent(Math.min(1, mean + half))})`;
        const sum = (key: "failed" | "requests") => figures.reduce((all, one) => all + one[key], 0);
        return `| ${
          [
            title,
            percent(mean) + interval,
            `${sum("failed").toLocaleString("en")} of ${sum("requests").toLocaleString("en")}`,
            percent(Math.min(...figures.map(({ worst }) => worst)), 0),
            meanSeconds(figures.map(({ downMs }) => downMs)),
            `${[...new Set(figures.map(({ ending }) => ending))].join(", ")}, ${
              meanSeconds(figures.map(({ tookMs }) => tookMs))
            }`,
          ].join(" | ")
        } |`;
      }),
      "",
    ];
  });
}

/** A plot of success over time for one scenario, as the mean of the seeds. */
export function plotOf(runs: readonly Run[], scenario: string): string {
  const { title } = SCENARIOS.find(({ id }) => id === scenario)!;
  const arms = armsOf(runs, scenario);
  const most = Math.max(...arms.flatMap(({ figures }) => figures.map(({ bins }) => bins.length)));
  const series = arms.map(({ title, figures }) => ({
    name: title,
    points: Array.from(
      { length: most },
      (_, i) => [i * BIN_MS / 1_000, 100 * meanOf(figures.map(({ bins }) => bins[i] ?? 1)).mean] as const,
    ),
  }));
  return plot(series, {
    title: `Requests that succeed, ${title}`,
    xLabel: "seconds",
    yLabel: "% of requests",
    xMost: Math.ceil(most * BIN_MS / 1_000),
    yMost: 100,
    xStep: 5,
    yStep: 20,
  });
}
