/** Which object of a place walks which check, on Cloudflare. Pure: equal configs deal alike. */
import type { Check } from "./config.ts";
import { requestsOf } from "./requests.ts";

/** How many objects a place may have: so many are asked at once by one ledger. */
export const MOST_OBJECTS = 64;

/**
 * The object (from 0) of each check: those of one schedule, which are due together, evenly by the requests that they may send, dearest
 * first. Votes are a prober's and not an object's, so another number of objects moves checks and loses none.
 */
export function dealObjects(checks: readonly Check[], objects: number): Map<Check, number> {
  const dealt = new Map<Check, number>();
  const total = Array.from({ length: objects }, () => 0);
  for (const together of Map.groupBy(checks, ({ schedule }) => JSON.stringify(schedule)).values()) {
    const load = total.map(() => 0);
    const dearest = together.map((check) => ({ check, cost: requestsOf(check) }))
      .toSorted((a, b) => b.cost - a.cost);
    for (const { check, cost } of dearest) {
      const next = leastOf(load, total);
      dealt.set(check, next);
      load[next]! += cost;
      total[next]! += cost;
    }
  }
  return dealt;
}

/** The index of the least load; of equal ones that with less in all. */
function leastOf(load: readonly number[], total: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < load.length; i++) {
    const less = load[i]! - load[best]!;
    if (less < 0 || (less === 0 && total[i]! < total[best]!)) best = i;
  }
  return best;
}
