import { Command, InvalidArgumentError, Option } from "commander";
import { openStore } from "../../functions/deno/start.ts";
import { DAY_MS, formatSpan, SECOND_MS } from "../../src/base/time.ts";
import { budget } from "../../src/capacity/budget.ts";
import { observedLoss } from "../../src/capacity/observed_loss.ts";
import { type CheckPlan, curvesOf, plan, type PlanFigures, type ToldAfter } from "../../src/capacity/plan.ts";
import type { Config } from "../../src/config/config.ts";
import { durationFrom } from "./duration_option.ts";
import { decodeHistory, packChecks } from "../../src/storage/codec.ts";
import { plot } from "../simulate/plot.ts";
import { DEFAULT_FILE, fail, INVALID, loadFile, printResult } from "./terminal.ts";

interface PlanCommandOptions {
  loss: number;
  history?: boolean;
  replicas: number;
  latency: number;
  plot?: string;
  json?: boolean;
}

const LATENCY_MS = 100;

/**
 * `assay plan [file]`: predicts how fast a config detects failures, how often it raises false alarms, and
 * what other settings would change. Exit 0, 1 invalid or too many probers, 3 usage.
 */
export const planCommand = new Command("plan")
  .description(
    "Predict how fast a config detects failures, and how often it raises false alarms. Exit 0, 1 invalid, 3 usage.",
  )
  .argument("[file]", "the config", DEFAULT_FILE)
  .addOption(
    new Option("--loss <share>", "the share of requests lost in the network").argParser(parseShare).default(
      0.01,
      "1%",
    ),
  )
  .option("--history", "use the loss of the last day from the config's store, if it has enough data")
  .addOption(
    new Option("--replicas <n>", "the number of replicas, of which one is bad").argParser(parseCount).default(
      5,
    ),
  )
  .addOption(
    new Option("--latency <duration>", "the assumed latency of every request").argParser(
      durationFrom("0ms", "100ms"),
    )
      .default(LATENCY_MS, `${LATENCY_MS}ms`),
  )
  .option("--plot <file>", "write an SVG plot of the first check")
  .option("--json", "print JSON")
  .action(
    async (
      file: string,
      { loss: assumed, latency: latencyMs, replicas, json, ...more }: PlanCommandOptions,
    ) => {
      const { config } = await loadFile(file, { json, ...(more.history ? {} : { env: undefined }) });
      const loss = more.history ? await lossOf(config) ?? assumed : assumed;
      const checks = planAll(config, { loss, replicas, latencyMs });
      if (more.plot) await Deno.writeTextFile(more.plot, plotOf(config, replicas));
      const usdAMonth = budget(config, { plan: "paid", latencyMs }).month.usd;
      const value = { file, loss, replicas, latencyMs, cloudflarePaidUsdAMonth: usdAMonth, checks };
      printResult({ json, value }, format(value));
    },
  );

function planAll(config: Config, options: Parameters<typeof plan>[1]): CheckPlan[] {
  try {
    return plan(config, options);
  } catch (error) {
    if (error instanceof RangeError) {
      fail(INVALID, `${error.message}: too many for the Markov chain of their votes`);
    }
    throw error;
  }
}

function parseShare(text: string): number {
  const [, figure, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  const share = Number(figure) / (percent ? 100 : 1);
  if (!(share >= 0 && share < 1)) throw new InvalidArgumentError("Not a share, such as 1% or 0.01.");
  return share;
}

function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 2) {
    throw new InvalidArgumentError("Not a whole number of at least 2.");
  }
  return value;
}

/** Mean loss over the config's checks in the last day; undefined if there is too little data. */
async function lossOf(config: Config): Promise<number | undefined> {
  const store = openStore(config);
  try {
    const { shards } = packChecks(config);
    const now = Date.now();
    const losses: number[] = [];
    for (const [shard, keys] of shards.entries()) {
      const samples = await store.readSamples({ shard, from: now - DAY_MS, to: now });
      const lines = samples.map(({ data }) => decodeHistory(data, shard));
      for (const check of config.checks.filter(({ key }) => keys.includes(key))) {
        losses.push(
          ...[observedLoss(check, lines.flatMap((line) => line[check.key] ?? []))].flatMap((one) =>
            one ?? []
          ),
        );
      }
    }
    return losses.length === 0 ? undefined : losses.reduce((sum, one) => sum + one, 0) / losses.length;
  } finally {
    await store.close();
  }
}

function plotOf({ checks: [check], regions }: Config, replicas: number): string {
  const series = curvesOf(check!, regions, { replicas });
  const longest = Math.max(...series.slice(0, 2).flatMap(({ points }) => points.map(([seconds]) => seconds)));
  const xMost = Math.max(60, Math.ceil(4 * longest / 60) * 60);
  return plot(series, {
    title: `${check!.key}: time to notice`,
    xLabel: "seconds after it began",
    yLabel: "% of failures",
    ...{ xMost, yMost: 100, xStep: xMost / 6, yStep: 20 },
  });
}

const HEAD = [
  "",
  "outage",
  "drift",
  "hangs",
  "one region",
  "bad replica",
  "its advisory",
  "false a year",
  "requests a day",
  "commits a day",
];

const formatDelay = (after: ToldAfter | null): string => {
  if (!after) return "-";
  const [p50, p95] = [after.p50, after.p95].map((seconds) =>
    seconds === null ? "> 1 d" : formatSpan(seconds * SECOND_MS)
  );
  return `${p50} / ${p95}`;
};

const formatRate = (value: number) => value < 0.01 ? "< 0.01" : String(value);

const row = (name: string, figures: PlanFigures): string[] => [
  name,
  ...[
    figures.outage,
    figures.drift,
    figures.hangingDrift,
    figures.region,
    figures.replica,
    figures.replicaAdvisory,
  ].map(formatDelay),
  formatRate(figures.falseAlarmsAYear),
  String(figures.requestsADay),
  String(figures.commitsADay),
];

interface Planned {
  file: string;
  loss: number;
  replicas: number;
  latencyMs: number;
  cloudflarePaidUsdAMonth: number;
  checks: CheckPlan[];
}

function format({ file, loss, replicas, latencyMs, cloudflarePaidUsdAMonth, checks }: Planned): string {
  const assumed = `${
    Math.round(loss * 1e4) / 100
  } % of requests lost, one replica of ${replicas} bad, ${latencyMs} ms a request`;
  return [
    `${file}: time to notice, p50 / p95; ${assumed}`,
    ...checks.flatMap((check) => {
      const { everySeconds, regions, probers, turns, confirmSeconds, failureThreshold } = check;
      const set =
        `every ${everySeconds} s from ${regions} regions (${probers} probers), ${turns} turns, failureThreshold ${failureThreshold}, ${
          confirmSeconds > 0 ? `confirmed after ${confirmSeconds} s` : "not confirmed"
        }`;
      return [
        "",
        `${check.check}: ${set}`,
        "",
        table([HEAD, row("as it is", check), ...check.variants.map((one) => row(one.change, one))]),
      ];
    }),
    "",
    `on Cloudflare's paid plan it costs ${
      cloudflarePaidUsdAMonth.toFixed(2)
    } USD a month in all; assay budget itemizes it`,
  ].join("\n");
}

function table([head, ...rows]: string[][]): string {
  const width = head!.map((_, i) => Math.max(...[head!, ...rows].map((row) => row[i]!.length)));
  const line = (row: string[]) => `| ${row.map((cell, i) => cell.padEnd(width[i]!)).join(" | ")} |`;
  return [line(head!), `| ${width.map((wide) => "-".repeat(wide)).join(" | ")} |`, ...rows.map(line)].join(
    "\n",
  );
}
