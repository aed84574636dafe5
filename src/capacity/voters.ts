/**
 * The votes of probers as states of a chain. Probers of one region and one turn are alike, so that only how many are in which state counts.
 *
 *     a prober: good after 0 .. k-1 failures in a row --k--> bad after 0 .. s-1 passes in a row --s--> good
 */
import type { Check, Region } from "../config/config.ts";
import { dealTurns, turnsOf } from "../config/schedule.ts";

/** What a walk of a group may lead to. */
export interface VoterStep {
  to: number;
  /** A walk failed whose vote is not bad: it calls for a confirmation. */
  calls: boolean;
  chance: number;
}

/** The probers of one region that walk in one turn, and their states, numbered; at 0 all votes are good. */
export interface VoterGroup {
  region: number;
  turn: number;
  /** By state, how many votes are bad. */
  bad: number[];
  /** By state, what one walk of them all may lead to. */
  steps: VoterStep[][];
}

type Thresholds = Pick<Check, "failureThreshold" | "successThreshold">;

/** The groups of a check's probers. */
export function groupsOf(
  check: Thresholds & Pick<Check, "turns">,
  regions: readonly Region[],
  shareOf: (region: number) => number,
): VoterGroup[] {
  const dealt = dealTurns(regions, turnsOf(check, regions));
  return regions.flatMap(({ probers }, region) =>
    [...Map.groupBy(probers, ({ id }) => dealt.get(id)!)].map(([turn, { length }]) => (
      { region, turn, ...statesOf(length, shareOf(region), check) }
    ))
  );
}

/** So many probers, of whose walks a share fails. */
function statesOf(size: number, share: number, thresholds: Thresholds): Pick<VoterGroup, "bad" | "steps"> {
  const { failureThreshold, successThreshold } = thresholds;
  const isBad = (state: number) => state >= failureThreshold;
  const states = multisets(failureThreshold + successThreshold, size);
  const numbers = new Map(states.map((state, i) => [state.join(), i]));
  const steps = states.map((state) => {
    const found = new Map<string, VoterStep>();
    const branch = (walked: number[], calls: boolean, chance: number): void => {
      if (chance === 0) return;
      const before = state[walked.length];
      if (before === undefined) {
        const to = numbers.get(walked.toSorted((a, b) => a - b).join())!;
        const known = found.get(`${to} ${calls}`)?.chance ?? 0;
        return void found.set(`${to} ${calls}`, { to, calls, chance: known + chance });
      }
      const failed = afterFailure(before, thresholds);
      branch([...walked, failed], calls || !isBad(failed), chance * share);
      branch([...walked, afterPass(before, thresholds)], calls, chance * (1 - share));
    };
    branch([], false, 1);
    return [...found.values()];
  });
  return { bad: states.map((state) => state.filter(isBad).length), steps };
}

const afterFailure = (state: number, { failureThreshold }: Thresholds) =>
  state < failureThreshold ? state + 1 : failureThreshold;

const afterPass = (state: number, { failureThreshold, successThreshold }: Thresholds) =>
  state < failureThreshold ? 0 : (state + 1) % (failureThreshold + successThreshold);

/** All ascending lists of `size` numbers below `count`, the one of zeros first. */
function multisets(count: number, size: number): number[][] {
  if (size === 0) return [[]];
  return multisets(count, size - 1).flatMap((list) =>
    Array.from({ length: count }, (_, one) => one).filter((one) => one >= (list.at(-1) ?? 0))
      .map((one) => [...list, one])
  );
}
