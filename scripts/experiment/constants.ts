/**
 * Everything that the experiment fixes in advance. These numbers were committed before the first run, and are the same for every arm; a
 * seed only deals the delays of the store and the order of the runs.
 */
export const CONSTANTS = {
  /** Replicas that serve before a rollout. */
  replicas: 4,
  /** Requests a second, at constant instants, whatever the answers are. */
  requestsPerSecond: 200,
  /** A client gives up after this. */
  clientTimeoutMs: 2_000,
  /** How long a run of a scenario lasts, for every arm, ms. */
  runMs: { restart: 40_000, scale: 24_000, migration: 32_000, config: 20_000, blip: 28_000 },
  /** Load alone, before anything is changed, ms. */
  leadMs: 1_500,
  /** HAProxy's health check: its period and the passes and failures in a row that turn a server. */
  check: { interMs: 250, rise: 2, fall: 2 },
  /** The same where HAProxy asks Assay about the fleet: what is asked is a verdict, not the process itself. */
  fleetCheck: { interMs: 1_000, timeoutMs: 2_000 },
  /** A step that has not passed by then is rolled back, and the rollout ends, ms. */
  stepDeadlineMs: 12_000,
  /** From taking a server out of rotation to changing it, ms: requests under way end. */
  drainMs: 300,
  /** Pages of cache that a replica loads before it can serve. */
  pages: 20,
  /** What the store takes for a page, for the config and for the lock of the leader, ms; a seed scales each by 0.8 to 1.2. */
  pageMs: 90,
  configMs: 250,
  lockMs: 250,
  /** How long the store is away in the dependency blip, ms. */
  blipMs: 8_000,
  /** Assay as the gate: how often it walks, and how many runs in a row decide. */
  assay: { every: "1s", successThreshold: 2, failureThreshold: 8 },
} as const;
