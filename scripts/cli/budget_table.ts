import type { BudgetLine } from "../../src/capacity/line.ts";

/** The lines of a budget as a Markdown table. */
export function formatLines(lines: readonly BudgetLine[]): string {
  const figures = lines.map(({ name, value, limit, fits, counted }) => [
    name,
    formatNumber(value),
    limit === null ? "none" : formatNumber(limit),
    limit === null ? "" : fits === null ? "open" : fits ? "yes" : "NO",
    counted,
  ]);
  return table(["what", "value", "limit", "fits", "what is counted"], figures);
}

/** A Markdown table with aligned columns; the second and third are figures, aligned right. */
export function table(head: string[], rows: string[][]): string {
  const width = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  const line = (row: string[]) =>
    `| ${
      row.map((cell, i) => isFigure(i) ? cell.padStart(width[i]!) : cell.padEnd(width[i]!)).join(" | ")
    } |`;
  const rule = width.map((wide, i) => isFigure(i) ? `${"-".repeat(wide - 1)}:` : "-".repeat(wide));
  return [head, rule, ...rows].map(line).join("\n");
}

const isFigure = (column: number) => column === 1 || column === 2;

/** Formats a number with at most two decimals. */
export const formatNumber = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: 2 });
