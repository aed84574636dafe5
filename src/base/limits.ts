/** What a Workers plan allows; `capacity/prices.ts` has the day on which it was read, the sources and the prices. */

/** A Workers plan of Cloudflare. */
export type Plan = "free" | "paid";

/** Turns of a slot where a config names none: each is a commit, and rows are what the free plan is short of. Undefined: as many as there may be. */
export const defaultTurns = (plan: Plan): number | undefined => plan === "free" ? 1 : undefined;

/** Whether every second slot of a check that hangs is left out: the time that objects are awake ends a free day in the middle of an outage. */
export const sparesHanging = (plan: Plan): boolean => plan === "free";

/** What one invocation of a Worker or an object may do. Cron events and alarms under an hour apart have 30 s of CPU. */
export const INVOCATION: Record<Plan, { subrequests: number; cpuMs: number }> = {
  free: { subrequests: 50, cpuMs: 10 },
  paid: { subrequests: 10_000, cpuMs: 30_000 },
};

/**
 * CPU (ms) of one request to an object. Its own page names no plan, and yet says that the limits of the account's Workers plan
 * apply: on the free plan it is open which one holds.
 */
export const OBJECT_CPU_MS = 30_000;

/** An object that waits for nothing is put to sleep after so long, and forgets what it knew (lifecycle page). */
export const AWAKE_MS = 10_000;

/** Subrequests of one invocation that may wait for their headers at once; a seventh queues. A prober keeps one for its controls. */
export const CONNECTIONS = 6;

/** Rounds that one prober walks at once where a config does not say: on Deno, and of these to one host. Browsers ask a host by six connections too. */
export const DENO_ROUNDS = 256, ROUNDS_A_HOST = 6;
