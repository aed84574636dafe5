/** What Cloudflare and Upstash allow and charge, read on `PRICED_AT`, and what was measured of Assay. The one place that goes out of date. */

/** The day on which the sources were read. */
export const PRICED_AT = "2026-11-20";

const LIMITS_PAGE = "https://developers.cloudflare.com/workers/platform/limits/";
const WORKERS_PAGE = "https://developers.cloudflare.com/workers/platform/pricing/";
const OBJECTS_PAGE = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const OBJECT_LIMITS_PAGE = "https://developers.cloudflare.com/durable-objects/platform/limits/";
const LIFECYCLE_PAGE = "https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/";
const LOGS_PAGE = "https://developers.cloudflare.com/observability/pricing/";
const UPSTASH_PAGE = "https://upstash.com/docs/redis/overall/billing";

/** Where the figures of this file are from. */
export const SOURCES = [
  LIMITS_PAGE,
  WORKERS_PAGE,
  OBJECTS_PAGE,
  OBJECT_LIMITS_PAGE,
  LIFECYCLE_PAGE,
  LOGS_PAGE,
  UPSTASH_PAGE,
];

/** What is a price or a limit of a month is counted for one of so many days. */
export const MONTH_DAYS = 30;

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
  rowsRead: {
    name: "rows read",
    freeADay: 5_000_000,
    includedAMonth: 25_000_000_000,
    usdAMillion: 0.001,
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

/** Variables of one Worker, secrets and plain ones together (limits page). */
export const VARIABLES = { free: 64, paid: 128 } as const;

/**
 * Bytes that a ledger may keep in its object (objects' limits page: 5 GB of an account on the free plan, 10 GB of an object on the paid one),
 * and on Upstash's free plan (billing page: 256 MB).
 */
export const STORED_BYTES = { free: 5e9, paid: 10e9, upstash: 256e6 } as const;

/**
 * Bytes of one result (what a prober brought for a check in a slot) and of the state of a check and prober. An object's: an hour of
 * `deno task soak`, 2026-11-30, 22 MB for 177,000 results, and a state of 497 B. Upstash's: `deno task bench`.
 */
export const KEPT_BYTES = {
  object: { result: 125, state: 500 },
  upstash: { result: 5.2, state: 67 },
} as const;

/**
 * Workers Logs by what is ingested, as Cloudflare bills it from 2026-12-01: bytes a day on the free plan, which takes in nothing more until
 * midnight UTC; bytes a month on the paid one. `invocation` is what the platform writes of each by itself, assumed, not measured.
 */
export const LOGS = {
  freeADay: 0.5e9,
  includedAMonth: 50e9,
  usdAGb: 0.25,
  invocation: 4_000,
  source: LOGS_PAGE,
} as const;

/** USD a month before anything is metered; CPU time of objects and subrequests cost nothing further. */
export const BASE_USD = { free: 0, paid: 5 } as const;

/** An object is billed for 128 MB (of 1000 to the GB) by wall time, while it answers. */
export const OBJECT_GB = 0.128;

/**
 * CPU (ms) of a request of a round, report or step: 1.22 ms a check of two requests, ten checks a tick (`deno task bench:edge`, bare
 * workerd, 2 cores, 2026-11-21). It holds the ledger's part as well, and falls to 0.34 at 1,000 checks.
 */
export const CPU_MS_A_REQUEST = 0.61;

/**
 * CPU (ms) of an object that wakes, and for each check of its config: the first `/v1/status` after a first `/livez` took 48 ms with 10
 * checks, 52 with 100, 133 with 1,000 (bare workerd, nine starts, 2026-11-30). The isolate's own start before it, 115 ms, has a second of its own.
 */
export const CPU_MS_TO_WAKE = { object: 47, check: 0.09 } as const;

/** Upstash bills each command, also inside a script: what its free plan has a month, and USD for each million where it has none. */
export const UPSTASH = { freeAMonth: 500_000, usdAMillion: 2, source: UPSTASH_PAGE } as const;

/**
 * Rows that the ledger reads in its own store, index entries and scans counted as Cloudflare does (`test/edge/cost.test.ts`, workerd): a tick
 * and an alarm that woke, and each shard of a slot, with its share of the hourly sums. What is kept for long is read by none of them.
 */
export const ROWS_READ = { tick: 14, alarm: 12, shard: 9 } as const;

/**
 * What a ledger on Cloudflare sends to Upstash; commands but for `requests`. Measured with `deno task bench` (2026-11-30; a month of 43,200
 * ticks is 208,080 commands with five shards, and 195,840 with one, four of each tick in it), and by a store made anew at each tick, two hours of figures behind it.
 */
export const UPSTASH_USE = {
  lease: 1,
  /** Of one lane of a slot. */
  commit: 3,
  /** For notices that are pending: two a tick, one an alarm. */
  poll: 1,
  /** Sums and forgetting, a month, and of that each shard. */
  housekeeping: { aMonth: 19_780, aShard: 3_060 },
  /** On top after a sleep: states, leases and figures are read again, and what is past its time is looked for. */
  wake: { tick: 10, alarm: 6 },
  /** REST requests of one tick at most: the lease, a commit for each lane, two looks, housekeeping, and waking. */
  requests: { lease: 1, commit: 1, polls: 2, housekeeping: 19, wake: 7 },
} as const;
