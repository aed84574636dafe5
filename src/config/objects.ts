/** Assigns checks to the Durable Objects of a place. Pure: equal configs give equal assignments. */
import type { Check } from "./config.ts";
import { requestsOf } from "./requests.ts";

/** The most objects of a place: one ledger calls all of them at once. */
export const MOST_OBJECTS = 64;

/**
 * The object (from 0) of each check. Checks of one schedule, which are due together, are spread evenly by
 * their requests, most expensive first. Votes belong to probers, so changing the number of objects loses
 * none.
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

/** The index of the lowest load; of equal ones, the one with the lower total. */
function leastOf(load: readonly number[], total: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < load.length; i++) {
    const less = load[i]! - load[best]!;
    if (less < 0 || (less === 0 && total[i]! < total[best]!)) best = i;
  }
  return best;
}
