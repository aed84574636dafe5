/** The figures of a run, from the client's requests. */
import type { Ending } from "./scenarios.ts";

/** A request: when it was due (ms since the run began), and `ok` or why it failed. */
export type Request = readonly [dueMs: number, word: string];

/** The figures of one run. */
export interface Figures {
  requests: number;
  failed: number;
  /** Failed requests by status code, or timeout, reset, wrong. */
  reasons: Record<string, number>;
  /** Share of requests that succeeded in each half second. */
  bins: number[];
  /** The lowest share in any half second. */
  worst: number;
  /** Total time in which less than half of the requests succeeded, ms. */
  downMs: number;
  ending: Ending | "not finished";
  /** From the first change to the end of the rollout, ms. */
  tookMs: number;
}

/** The width of a bin, ms. */
export const BIN_MS = 500;

/** Computes the figures of a run. */
export function figuresOf(requests: readonly Request[], end: Pick<Figures, "ending" | "tookMs">): Figures {
  const sums: { asked: number; ok: number }[] = [];
  const reasons: Record<string, number> = {};
  for (const [dueMs, word] of requests) {
    const bin = sums[Math.floor(dueMs / BIN_MS)] ??= { asked: 0, ok: 0 };
    bin.asked++;
    if (word === "ok") bin.ok++;
    else reasons[word] = (reasons[word] ?? 0) + 1;
  }
  const bins = sums.map(({ asked, ok }) => ok / asked);
  return {
    requests: requests.length,
    failed: Object.values(reasons).reduce((sum, count) => sum + count, 0),
    reasons,
    bins,
    worst: Math.min(...bins),
    downMs: bins.filter((share) => share < 0.5).length * BIN_MS,
    ...end,
  };
}

/** The 97.5 % quantiles of Student's t for 1 to 9 degrees of freedom. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/**
 * The mean of one value per seed, and half the width of its 95 % confidence interval; no interval for a
 * single seed.
 */
export function meanOf(values: readonly number[]): { mean: number; half?: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  const t = T[values.length - 2] ?? 1.96;
  return { mean, half: t * Math.sqrt(variance / values.length) };
}
