/** Judges a check with `after` only once its prerequisite, another check of the target, holds. Pure. */
import type { Check, Region } from "../config/config.ts";
import { outcomeOf } from "./current_outcome.ts";
import type { Arrival } from "./round.ts";
import type { CheckState } from "./state.ts";
import { isFailed, isPassed } from "./words.ts";

/** Sorts checks so that each follows its prerequisite; otherwise their order is kept. */
export function inOrder(checks: readonly Check[]): Check[] {
  const byKey = new Map(checks.map((check) => [check.key, check]));
  const placed = new Set<Check>();
  const place = (check: Check) => {
    const first = byKey.get(check.after ?? "");
    if (first) place(first);
    placed.add(check);
  };
  checks.forEach(place);
  return [...placed];
}

/**
 * Whether a check holds from one prober's view at the instant `at` (epoch ms): the check's outcome (with
 * `scope: region`, its region's) is a passed one, and the prober's own last walk did not fail. An unknown
 * outcome does not hold.
 */
export function holdsFor(
  prober: string,
  { check, state, regions, at }: {
    check: Check;
    state: CheckState | undefined;
    regions: readonly Region[];
    at: number;
  },
): boolean {
  const known = outcomeOf(check, state, at);
  const region = regions.find(({ probers }) => probers.some(({ id }) => id === prober));
  const own = check.scope === "region" && known !== "unknown"
    ? state!.regions[region?.id ?? ""]?.outcome ?? "pending"
    : known;
  return isPassed(own) && !isFailed(state?.probers[prober]?.witness?.word ?? "");
}

/** Marks the arrivals of probers for which the prerequisite `first` does not hold; they do not count. */
export function withPrerequisite(
  arrivals: readonly Arrival[],
  first: { check: Check; state: CheckState | undefined; regions: readonly Region[] },
): Arrival[] {
  return arrivals.map((arrival) => {
    if ("missed" in arrival || holdsFor(arrival.prober, { ...first, at: arrival.walk.at })) return arrival;
    return { ...arrival, fault: arrival.fault ?? "prerequisite" };
  });
}
