/** Comparisons as Markdown tables. */
import type { Row } from "./figures.ts";
import { OTHER_RULES } from "./other_rules.ts";
import type { Comparison } from "./side_by_side.ts";

const cell = (value: number | null) => value === null ? "" : String(value);

type Column = readonly [head: string, read: (row: Row) => number | null, best: "least" | "none"];

/** The columns depend on whether the service fails for all, for some or not at all. */
const COLUMNS = {
  whole: [
    ["notice p50, s", (row) => row.detectionP50, "least"],
    ["p95, s", (row) => row.detectionP95, "least"],
    ["missed, %", ({ missed, episodes }) => Math.round(1_000 * missed / episodes) / 10, "least"],
    ["notices an episode", (row) => row.noticesPerEpisode, "none"],
    ["false a month", (row) => row.falseAMonth, "least"],
  ],
  partial: [
    ["notice p50, min", (row) => row.partialP50, "none"],
    ["without notice", ({ partials, partialsTold }) => partials - partialsTold, "least"],
    ["notices a month", ({ notices, hours }) => Math.round(notices * 720 / hours), "least"],
  ],
  quiet: [["false a month", (row) => row.falseAMonth, "least"]],
} satisfies Record<string, Column[]>;

/** Which columns suit a world. */
const kindOf = ({ rules: [first] }: Comparison) =>
  first!.row.episodes > 0 ? "whole" : first!.row.partials > 0 ? "partial" : "quiet";

/**
 * A table of one world. The lowest value of a column is bold; the oracle does not compete, because no real
 * rule can match it.
 */
function tableOf({ rules }: Comparison, columns: readonly Column[]): string[] {
  const most = (read: Column[1]) =>
    Math.min(...rules.filter(({ rule }) => rule !== "oracle").map(({ row }) => read(row) ?? Infinity));
  const line = ({ rule, row }: Comparison["rules"][number]) =>
    [
      rule,
      ...columns.map(([, read, best]) => {
        const value = read(row);
        return best === "least" && rule !== "oracle" && value === most(read) ? `**${value}**` : cell(value);
      }),
    ].join(" | ");
  return [
    `| ${["rule", ...columns.map(([head]) => head)].join(" | ")} |`,
    `| --- |${" ---: |".repeat(columns.length)}`,
    ...rules.map((one) => `| ${line(one)} |`),
  ];
}

/** One table for all worlds without failures: false critical alarms a month. */
function quietTable(worlds: readonly Comparison[]): string[] {
  const names = worlds[0]!.rules.map(({ rule }) => rule).filter((rule) => rule !== "oracle");
  return [
    `| world | ${names.join(" | ")} |`,
    `| --- |${" ---: |".repeat(names.length)}`,
    ...worlds.map(({ world, rules }) =>
      `| ${world} | ${
        names.map((name) => rules.find(({ rule }) => rule === name)!.row.falseAMonth).join(" | ")
      } |`
    ),
  ];
}

/** Markdown for all comparisons, world by world. `below` returns lines to add below a world's table. */
export function tablesOf(
  compared: readonly Comparison[],
  below: (one: Comparison) => string[] = () => [],
): string[] {
  const quiet = compared.filter((one) => kindOf(one) === "quiet");
  return [
    ...OTHER_RULES.map(({ name, does }) => `- _${name}_: ${does}.`),
    "",
    ...compared.filter((one) => kindOf(one) !== "quiet").flatMap((one) => [
      `### ${one.world[0]!.toUpperCase()}${one.world.slice(1)}`,
      "",
      ...tableOf(one, COLUMNS[kindOf(one)]),
      "",
      ...below(one),
    ]),
    "### Healthy service",
    "",
    "Critical alarms a month without a cause:",
    "",
    ...quietTable(quiet),
  ];
}
