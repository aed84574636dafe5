/** How long a round of a check can take, from its config alone. */
import type { Check } from "./config.ts";
import { sourcesToAsk } from "./requests.ts";
import { periodMs } from "./schedule.ts";

/** Deadline of a cleanup in `walk`. */
const CLEANUP_MS = 5_000;

/** How long (ms) the cleanup of this check may take. */
export const cleanupMs = ({ cleanup }: Check): number => cleanup.length > 0 ? CLEANUP_MS : 0;

/** The longest time (ms) of one walk: two reads of each source, the journey and its cleanup. */
export function maxWalkMs(check: Check): number {
  const lookMs = sourcesToAsk(check).reduce((sum, source) => sum + source.timeoutMs, 0);
  return check.timeoutMs + 2 * lookMs + cleanupMs(check);
}

/** How long after its cleanup a round without an answer is repeated, ms. */
export const RETRY_AFTER_MS = 1_000;

/** The longest time (ms) of a round in `slot`: one walk, and a second one if both fit into the period. */
export function maxRoundMs(check: Check, slot: number): number {
  const walkMs = maxWalkMs(check);
  if (check.retry === 0) return walkMs;
  return Math.max(walkMs, Math.min(2 * walkMs + RETRY_AFTER_MS, periodMs(check, slot)));
}
