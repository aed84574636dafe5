/** A check that comes after another one of its target is judged only once that one holds. Pure. */
import type { Check, Region } from "../config/config.ts";
import { outcomeOf } from "./current_outcome.ts";
import type { Arrival } from "./round.ts";
import type { CheckState } from "./state.ts";
import { isFailed, isPassed } from "./words.ts";

/** The checks so that each stands behind the one that it comes after, else in their order. */
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
 * Whether a check holds as one prober must see it at the instant `at` (epoch ms): the outcome of the check (with `scope: region` of its
 * region) is that journeys pass, and so did the prober's own last walk. What is not known does not hold.
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

/** The arrivals of a check, of which those do not count whose prober does not see that `first` holds. */
export function withPrerequisite(
  arrivals: readonly Arrival[],
  first: { check: Check; state: CheckState | undefined; regions: readonly Region[] },
): Arrival[] {
  return arrivals.map((arrival) => {
    if ("missed" in arrival || holdsFor(arrival.prober, { ...first, at: arrival.walk.at })) return arrival;
    return { ...arrival, fault: arrival.fault ?? "prerequisite" };
  });
}
