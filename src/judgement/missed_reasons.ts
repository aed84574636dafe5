import type { Owner } from "../evidence/reasons.ts";

/**
 * Every reason of our own why a prober has no round in a slot, and whose it is; never the target's. What the asking of a remote prober came to
 * is shown in its own words, and is the path's. docs/reasons.md shows this table, with a sentence on each.
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
 * Whether a prober that brought nothing for this reason is not silent: it was not asked (`late`, or a slot that is left out), or has
 * said so itself (`budget`).
 */
export const isNoSilence = (reason: string): boolean => reason === "late" || reason === "budget";

/** What stands in place of a round. */
export const missing = (reason: MissedReason): { missed: string } => ({ missed: reason });
