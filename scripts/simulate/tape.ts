/** What happens in one simulated run, as a list of events: drawn by seed, kept as JSON, shrunk by leaving events out. */

/** How many regions, and probers in each. */
export interface Topology {
  regions: number;
  probers: number;
}

/** How a check is set; what is left out is as by default. `cron` stands in the place of its period. */
export type CheckSettings = Partial<
  {
    [name in "turns" | "retry" | "failureThreshold" | "successThreshold" | "confirm" | "scope" | "cron"]:
      | number
      | string;
  }
>;

/** How a service is. `lies`: it says ready and its orders fail. `hangs`: it says ready and its orders never answer. `wrong`: it fails and says so. */
export type ServiceMood = "lies" | "hangs" | "down" | "wrong" | "starting" | "draining" | "slow";

/** How long a rollout may take to reach every region, where a run has any; ms. */
export const CONVERGE_MS = 60_000;

/** A time; ms after the beginning of the run. */
export interface Spell {
  from: number;
  until: number;
}

/** One thing that happens. Shares are of requests, 0 to 1; `prober` and `region` are numbers from 0. */
export type Event =
  /** The service is so, for a share of requests, perhaps only as one region sees it, or only what the second check asks for. */
  | Spell & { kind: "service"; mood: ServiceMood; share?: number; region?: number; check?: "payments" }
  /** From here on the service shows this revision of its config, perhaps only as one region sees it; the highest counts. */
  | Spell & { kind: "rollout"; revision: number; region?: number }
  /** Requests are lost on the way. */
  | Spell & { kind: "loss"; share: number; prober?: number }
  /** A prober's whole network is gone, its controls too. */
  | Spell & { kind: "offline"; prober: number }
  /** The settler does not hear a prober. */
  | Spell & { kind: "partition"; prober: number }
  /** A prober takes what it is asked and never answers. */
  | Spell & { kind: "hung"; prober: number }
  /** Every request of a prober takes so long. */
  | Spell & { kind: "slow path"; prober: number; ms: number }
  /** A prober has another version of the config. */
  | Spell & { kind: "other config"; prober: number }
  /** The scheduler does so with each tick of the time, by chance. */
  | Spell & { kind: "ticks"; how: "skipped" | "doubled" | "late"; share: number }
  /** A second process runs beside the first. */
  | Spell & { kind: "second process" }
  /** The process dies at the next so-many-th call that it makes after `from`, before or after its effect; another starts at `until`. */
  | Spell & { kind: "death"; call: number; isAfter: boolean }
  /** The store does so with a share of its writes: `lost` replies come after the effect, `refused` ones without it. */
  | Spell & { kind: "store"; how: "lost" | "refused"; share: number }
  /** The receivers of webhooks do so. `forgets`: it takes the notice, and its answer is lost. */
  | Spell & { kind: "receiver"; how: "refuses" | "hangs" | "forgets" };

/** A run: all that it needs to be had again. */
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

/** The topology in "3x1"; undefined: it is none. */
export function parseTopology(text: string): Topology | undefined {
  const [, regions, probers] = /^([1-9])x([1-9])$/.exec(text) ?? [];
  return regions ? { regions: Number(regions), probers: Number(probers) } : undefined;
}
