/** What Cloudflare allows and charges, read on `PRICED_AT`. The one place that goes out of date. */

/** A Workers plan of Cloudflare. */
export type Plan = "free" | "paid";

/** The day on which the sources were read. */
export const PRICED_AT = "2026-11-20";

const LIMITS_PAGE = "https://developers.cloudflare.com/workers/platform/limits/";
const WORKERS_PAGE = "https://developers.cloudflare.com/workers/platform/pricing/";
const OBJECTS_PAGE = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const UPSTASH_PAGE = "https://upstash.com/docs/redis/overall/billing";

/** Where the figures of this file are from. */
export const SOURCES = [LIMITS_PAGE, WORKERS_PAGE, OBJECTS_PAGE, UPSTASH_PAGE];

/** What one invocation of a Worker or an object may do. Cron events and alarms under an hour apart have 30 s of CPU. */
export const INVOCATION: Record<Plan, { subrequests: number; cpuMs: number }> = {
  free: { subrequests: 50, cpuMs: 10 },
  paid: { subrequests: 10_000, cpuMs: 30_000 },
};

/** What is metered: the free plan's limit a day; the paid plan's share a month and USD for each million above it. */
export const METERS = {
  workerRequests: {
    name: "Worker requests",
    freeADay: 100_000,
    includedAMonth: 10_000_000,
    usdAMillion: 0.3,
    source: WORKERS_PAGE,
  },
  objectRequests: {
    name: "object requests",
    freeADay: 100_000,
    includedAMonth: 1_000_000,
    usdAMillion: 0.15,
    source: OBJECTS_PAGE,
  },
  gbSeconds: {
    name: "object GB-s",
    freeADay: 13_000,
    includedAMonth: 400_000,
    usdAMillion: 12.5,
    source: OBJECTS_PAGE,
  },
  rowsWritten: {
    name: "rows written",
    freeADay: 100_000,
    includedAMonth: 50_000_000,
    usdAMillion: 1,
    source: OBJECTS_PAGE,
  },
} as const;

/** One of the meters. */
export type Meter = keyof typeof METERS;

/** USD a month before anything is metered; CPU time of objects and subrequests cost nothing further. */
export const BASE_USD = { free: 0, paid: 5 } as const;

/** An object is billed for 128 MB (of 1000 to the GB) by wall time, while it answers. */
export const OBJECT_GB = 0.128;

/** Subrequests of one invocation that may wait for their headers at once; a seventh queues. */
export const CONNECTIONS = 6;

/**
 * CPU (ms) of a request of a round, report or step: 54 µs measured for a probe-shaped fetch (abort timer, manual redirect,
 * body read; bare workerd, kept connections, six at once, 2 cores, 2026-11-20), and the evaluation of its expectations.
 */
export const CPU_MS_A_REQUEST = 0.06;

/** Upstash bills each command, also inside a script: what a settled slot sends, and what its free plan has a month. */
export const UPSTASH = {
  commandsASlot: 4,
  freeAMonth: 500_000,
  usdAMillion: 2,
  source: UPSTASH_PAGE,
} as const;
