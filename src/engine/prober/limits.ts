/** What bounds a prober: how many places its walks have, and how many requests they may send. */
import { type Quota, quota } from "../../base/http/quota.ts";
import { Places } from "./places.ts";

/** The limits of one prober, or of all probers of one process that the runtime counts together. */
export interface ProberLimits {
  places: Places;
  /** Requests that all asks of one slot may send: the platform counts by object, and begins anew with each event. */
  quota: Quota;
  /** The same in all, by the runtime's limits. */
  budget: number;
  /** The slot (epoch ms) that the quota is for. */
  slot?: number;
}

/** Where limits come from. */
export interface LimitOptions {
  /** Connections at once: one a round, and one more for each further source while there is room. */
  concurrency: number;
  /** Of these to the host and port of one target's URL; absent: all. */
  connectionsPerHost?: number;
  /**
   * Requests that the rounds of one slot may send, redirects included, by the runtime's limits. What does not fit is missed, the last of the
   * list first; a round that redirects bring past it ends as the platform's error. Controls and `where` are not counted.
   */
  budget?: number;
}

/** Limits of which nothing is used yet. */
export const proberLimits = (
  { concurrency, connectionsPerHost = concurrency, budget = Infinity }: LimitOptions,
): ProberLimits => ({
  places: new Places({ total: concurrency, perHost: connectionsPerHost }),
  quota: quota(budget),
  budget,
});
