/** Limits of Cloudflare's Workers plans. `capacity/prices.ts` has the sources, their date and the prices. */

export type Plan = "free" | "paid";

/**
 * The default number of turns of a slot. Each turn is a commit, and the free plan limits written rows.
 * Undefined: the maximum.
 */
export const defaultTurns = (plan: Plan): number | undefined => plan === "free" ? 1 : undefined;

/**
 * Whether to skip every second slot of a hanging check: on the free plan the objects' awake time would run
 * out during an outage.
 */
export const sparesHanging = (plan: Plan): boolean => plan === "free";

/**
 * Limits of one invocation of a Worker or object. Cron events and alarms less than an hour apart have 30 s of
 * CPU.
 */
export const INVOCATION: Record<Plan, { subrequests: number; cpuMs: number }> = {
  free: { subrequests: 50, cpuMs: 10 },
  paid: { subrequests: 10_000, cpuMs: 30_000 },
};

/**
 * CPU (ms) of one request to an object. The objects' page names no plan but refers to the account's Workers
 * plan, so the free plan's limit is unclear.
 */
export const OBJECT_CPU_MS = 30_000;

/** An idle object is evicted after this time (ms) and loses its memory (lifecycle page). */
export const AWAKE_MS = 10_000;

/**
 * Subrequests of one invocation that may wait for headers at once; a seventh queues. A prober keeps one for
 * its controls.
 */
export const CONNECTIONS = 6;

/**
 * Default concurrency of a prober on Deno, in total and per host. Browsers also use six connections per host.
 */
export const DENO_ROUNDS = 256, ROUNDS_A_HOST = 6;
