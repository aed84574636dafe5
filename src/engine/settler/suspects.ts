/** Finds the suspect probers of a batch where no controls are configured. */
import { verdictOf } from "../../judgement/arrival.ts";
import type { Check, Config } from "../../config/config.ts";
import type { Arrival } from "../../judgement/round.ts";
import type { CheckState } from "../../judgement/state.ts";
import { canSuspect, type Seen, stepSuspicion, type Turned } from "../../judgement/suspicion.ts";

type Arrivals = ReadonlyMap<Check, readonly Arrival[]>;

/** The arrivals of a batch with those of suspect probers marked, and the memory for the next batch. */
export interface Believed {
  arrivals: Arrivals;
  turned: Turned;
  suspects: readonly string[];
}

/** Marks suspect probers. `stateOf` gives a check's state before the batch. */
export type Believer = (
  arrivals: Arrivals,
  turned: Turned,
  context: { at: number; stateOf(key: string): CheckState | undefined },
) => Believed;

/** Suspects probers by correlation. With controls it suspects none: they are better evidence. */
export function believer(
  { checks, regions, controls }: Pick<Config, "checks" | "regions" | "controls">,
): Believer {
  if (controls.length > 0 || !canSuspect(checks, regions)) {
    return (arrivals) => ({ arrivals, turned: {}, suspects: [] });
  }
  return (arrivals, before, { at, stateOf }) => {
    const seen = [...arrivals].flatMap(([check, all]) =>
      all.flatMap((arrival): Seen[] => {
        const { prober, walk } = arrival;
        const word = verdictOf(check, stateOf(check.key)?.probers[prober], arrival);
        return word ? [{ prober, check, at: walk.at, word }] : [];
      })
    );
    const { turned, suspects } = stepSuspicion(before, seen, { checks, regions, stateOf, at });
    return { arrivals: suspects.length > 0 ? withFaults(arrivals, suspects) : arrivals, turned, suspects };
  };
}

const withFaults = (arrivals: Arrivals, suspects: readonly string[]): Arrivals =>
  new Map([...arrivals].map(([check, all]) => [
    check,
    all.map((arrival) =>
      "round" in arrival && suspects.includes(arrival.prober)
        ? { ...arrival, fault: arrival.fault ?? "suspect" }
        : arrival
    ),
  ]));
