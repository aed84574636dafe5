import type { Owner } from "../evidence/reasons.ts";

/**
 * Assay's reasons why a prober has no round in a slot, with their owner; never the target. Errors from asking
 * a remote prober are shown as they are and count as the path's. docs/reasons.md shows this table with a
 * sentence on each.
 */
export const MISSED_REASONS = {
  late: "ours",
  budget: "ours",
  deadline: "ours",
  timeout: "path",
  digest: "config",
  "unknown check": "config",
  "not started": "ours",
  "not in the answer": "ours",
  "answered for another slot": "ours",
  "answered as another prober": "config",
} as const satisfies Record<string, Owner>;

/** One of {@linkcode MISSED_REASONS}. */
export type MissedReason = keyof typeof MISSED_REASONS;

/**
 * Whether a prober without a round for this reason is not silent: it was not asked (`late`, or a skipped
 * slot), or it reported `budget` itself.
 */
export const isNoSilence = (reason: string): boolean => reason === "late" || reason === "budget";

export const missing = (reason: MissedReason): { missed: string } => ({ missed: reason });
