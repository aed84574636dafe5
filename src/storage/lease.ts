/** Who may settle a tick: the rule that every store applies inside its own write lock. */
import type { Lease, LeaseStore } from "./store.ts";
import { MINUTE_MS } from "../base/time.ts";

/** A lease as it is stored. */
export interface StoredLease extends Lease {
  /** Epoch ms, by the clock of its owner. */
  until: number;
}

/** Clocks of processes that share a store may differ by this much; beyond it one has stepped back. */
const SKEW_MS = 10_000;
/** No correct clock requests a tick further ahead than this. */
const AHEAD_MS = 5 * MINUTE_MS;

/** The lease that replaces `held`, or null if `held` remains valid. */
export function grant(
  held: StoredLease | undefined,
  request: Parameters<LeaseStore["takeLease"]>[0],
): StoredLease | null {
  const { tick, owner, nowMs, ttlMs } = request;
  const next = { tick, owner, fence: (held?.fence ?? 0) + 1, until: nowMs + ttlMs };
  if (!held || tick > held.tick) return next;
  if (held.until > nowMs + ttlMs + SKEW_MS || held.tick > nowMs + AHEAD_MS) return next;
  return tick === held.tick && held.until <= nowMs ? next : null;
}
