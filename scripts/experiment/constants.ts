/**
 * The constants of the experiment, fixed before the first run and the same for every arm. A seed only varies
 * the delays of the store and the order of the runs.
 */
export const CONSTANTS = {
  /** Replicas that serve before a rollout. */
  replicas: 4,
  /** Requests a second, at a constant rate regardless of the answers. */
  requestsPerSecond: 200,
  /** A client gives up after this. */
  clientTimeoutMs: 2_000,
  /** Length of a run by scenario, for every arm, ms. */
  runMs: { restart: 40_000, scale: 24_000, migration: 32_000, config: 20_000, blip: 28_000 },
  /** Time with load before the first change, ms. */
  leadMs: 1_500,
  /**
   * HAProxy's health check: its period, and the consecutive passes or failures that change a server's state.
   */
  check: { interMs: 250, rise: 2, fall: 2 },
  /** The same for checks that ask Assay about the fleet; `rise` and `fall` are as above. */
  fleetCheck: { interMs: 1_000, timeoutMs: 2_000 },
  /** A step that has not passed after this is rolled back, and the rollout ends, ms. */
  stepDeadlineMs: 12_000,
  /** Time between taking a server out of rotation and changing it, so that requests under way finish, ms. */
  drainMs: 300,
  /** Pages of cache that a replica loads before it can serve. */
  pages: 20,
  /**
   * The store's delays for a page, for the config and for the leader lock, ms; a seed scales them by 0.8 to
   * 1.2.
   */
  pageMs: 90,
  configMs: 250,
  lockMs: 250,
  /** How long the store is unavailable in the dependency blip, ms. */
  blipMs: 8_000,
  /** Assay's checks: the period, and the consecutive runs that decide. */
  assay: { every: "1s", successThreshold: 2, failureThreshold: 8 },
} as const;
