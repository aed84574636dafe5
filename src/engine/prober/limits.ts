/** A prober's limits: connections at once, and requests per slot. */
import { type Quota, quota } from "../../base/http/quota.ts";
import { Places } from "./places.ts";

/** The limits of one prober, or of all probers of a process that the runtime counts together. */
export interface ProberLimits {
  places: Places;
  /**
   * Requests that all asks of one slot may send. The platform counts by object and starts anew with each
   * event.
   */
  quota: Quota;
  /** The whole quota of a slot, from the runtime's limits. */
  budget: number;
  /** The slot (epoch ms) that the quota is for. */
  slot?: number;
}

export interface LimitOptions {
  /** Connections at once: one for each round, and one for each further source while there is room. */
  concurrency: number;
  /** The maximum of these to one target's host and port; default: all. */
  connectionsPerHost?: number;
  /**
   * Requests that the rounds of one slot may send, redirects included, from the runtime's limits. Checks that
   * do not fit are missed, the last of the list first; a round that exceeds it through redirects ends as a
   * platform error. Controls and `locate` are not counted.
   */
  budget?: number;
}

export const proberLimits = (
  { concurrency, connectionsPerHost = concurrency, budget = Infinity }: LimitOptions,
): ProberLimits => ({
  places: new Places({ total: concurrency, perHost: connectionsPerHost }),
  quota: quota(budget),
  budget,
});
