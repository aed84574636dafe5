/** The events of one simulated run: drawn from a seed, stored as JSON, and shrunk by leaving events out. */

/** Number of regions, and of probers in each. */
export interface Topology {
  regions: number;
  probers: number;
}

/** Settings of a check; the rest are defaults. `cron` replaces the period. */
export type CheckSettings = Partial<
  {
    [name in "turns" | "retry" | "failureThreshold" | "successThreshold" | "confirm" | "scope" | "cron"]:
      | number
      | string;
  }
>;

/**
 * The state of the service. `lies`: it reports ready, but orders fail. `hangs`: it reports ready, but orders
 * never answer. `wrong`: orders fail, and it reports that.
 */
export type ServiceMood = "lies" | "hangs" | "down" | "wrong" | "starting" | "draining" | "slow";

/** How long a rollout may take to reach every region. */
export const CONVERGE_MS = 60_000;

/** A time span, ms after the start of the run. */
export interface Spell {
  from: number;
  until: number;
}

/** One event. `share` is a share of requests, 0 to 1; `prober` and `region` count from 0. */
export type Event =
  /**
   * The state of the service; optionally for a share of requests, for one region, or for the second check
   * only.
   */
  | Spell & { kind: "service"; mood: ServiceMood; share?: number; region?: number; check?: "payments" }
  /**
   * The service has this config revision from now on, optionally in one region only; the highest active one
   * counts.
   */
  | Spell & { kind: "rollout"; revision: number; region?: number }
  /** Requests are lost in the network. */
  | Spell & { kind: "loss"; share: number; prober?: number }
  /** A prober loses its whole network, including its controls. */
  | Spell & { kind: "offline"; prober: number }
  /** The settler cannot reach a prober. */
  | Spell & { kind: "partition"; prober: number }
  /** A prober accepts requests and never answers. */
  | Spell & { kind: "hung"; prober: number }
  /** Every request of a prober takes this long. */
  | Spell & { kind: "slow path"; prober: number; ms: number }
  /** A prober runs another version of the config. */
  | Spell & { kind: "other config"; prober: number }
  /** The scheduler skips, doubles or delays this share of its ticks. */
  | Spell & { kind: "ticks"; how: "skipped" | "doubled" | "late"; share: number }
  /** A second process runs beside the first. */
  | Spell & { kind: "second process" }
  /**
   * From `from` the process makes `call` more calls and dies in the next, before or after its effect. Another
   * starts at `until`.
   */
  | Spell & { kind: "death"; call: number; isAfter: boolean }
  /** A share of the store's writes fails: `lost` after taking effect, `refused` without. */
  | Spell & { kind: "store"; how: "lost" | "refused"; share: number }
  /** The webhook receivers fail. `forgets`: the notice is accepted, but the response is lost. */
  | Spell & { kind: "receiver"; how: "refuses" | "hangs" | "forgets" };

/** Everything needed to repeat a run. */
export interface Tape {
  world: string;
  topology: Topology;
  everyMs: number;
  minutes: number;
  seed: number;
  events: readonly Event[];
}

/** "3x1". */
export const topologyText = ({ regions, probers }: Topology): string => `${regions}x${probers}`;

/** Parses a topology such as "3x1"; undefined if invalid. */
export function parseTopology(text: string): Topology | undefined {
  const [, regions, probers] = /^([1-9])x([1-9])$/.exec(text) ?? [];
  return regions ? { regions: Number(regions), probers: Number(probers) } : undefined;
}
