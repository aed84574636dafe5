import os from "node:os";
import process from "node:process";

/** One line of the bench table. */
export interface BenchRow {
  what: string;
  result: string;
  aim: string;
}

/** The head of the table. */
export const HEAD = "| measure | result | aim |\n| --- | --- | --- |";

/** Formats a row of a Markdown table. */
export const formatRow = ({ what, result, aim }: BenchRow): string => `| ${what} | ${result} | ${aim} |`;

/** Describes this machine in one line: CPUs, kernel and Deno version. */
export function machine(): string {
  const cpus = os.cpus();
  return `${cpus.length} x ${cpus[0]?.model.trim()}, ${os.type()} ${os.release()}, Deno ${Deno.version.deno}`;
}

/** CPU time (user and system, all threads of this process) of `work`, µs. */
export async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** The median of `values`. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Median and, in brackets, minimum and maximum of `values`. */
export function formatSpread(values: readonly number[], digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

/** Median and, in brackets, the quartiles of `values`. */
export function formatQuartiles(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))]!.toFixed(digits);
  return `${median(values).toFixed(digits)} (${at(0.25)} to ${at(0.75)})`;
}

const WARM_UP = 12;

/**
 * Runs all works in turns, so that other load affects them alike. Returns each work's CPU time per sample,
 * µs.
 */
export async function inTurns(samples: number, works: (() => Promise<unknown>)[]): Promise<number[][]> {
  const costs = works.map((): number[] => []);
  for (let i = -WARM_UP; i < samples; i++) {
    for (const [at, work] of works.entries()) {
      const cost = await cpuOf(work);
      if (i >= 0) costs[at]!.push(cost);
    }
  }
  return costs;
}

/** The value that `share` (0 to 1) of the values do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1]!;
}
