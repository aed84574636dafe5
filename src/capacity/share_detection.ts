/** How soon the advisory `partial` opens when a share of walks fails: the judgement's own sums, over seeded chance. */
import type { Check, Region } from "../config/config.ts";
import { dealTurns, periodMs, turnAt, turnsOf } from "../config/schedule.ts";
import { addVerdicts, partialSign } from "../judgement/advisory.ts";
import type { PartialState } from "../judgement/state.ts";
import { DAY_MS } from "../base/time.ts";
import type { Detection } from "./detection.ts";

const TRIALS = 300;

/** Numbers in [0, 1) of a linear congruential generator (Numerical Recipes). */
function numbers(): () => number {
  let state = 1;
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

/** How long it takes until the advisory opens, from an instant of chance on, if so many walks fail everywhere. */
export function shareDetection(check: Check, regions: readonly Region[], share: number): Detection {
  const chance = numbers();
  const delays = Array.from({ length: TRIALS }, () => trial(check, regions, { share, chance })).sort((a, b) =>
    a - b
  );
  return {
    meanMs: delays.reduce((sum, ms) => sum + ms, 0) / TRIALS,
    quantile: (part) => delays[Math.min(TRIALS - 1, Math.ceil(part * TRIALS) - 1)]!,
  };
}

/** One trial, in ms; a day if no advisory opened by then. */
function trial(
  check: Check,
  regions: readonly Region[],
  { share, chance }: { share: number; chance: () => number },
): number {
  const turns = turnsOf(check, regions);
  const dealt = dealTurns(regions, turns);
  const probers = regions.flatMap(({ id, probers }) =>
    probers.map((prober) => ({ region: id, turn: dealt.get(prober.id) }))
  );
  const ids = regions.map(({ id }) => id);
  const period = periodMs(check, 0);
  const from = chance() * period;
  let state: PartialState | undefined;
  for (let slot = 0; slot < DAY_MS; slot += period) {
    for (let turn = 0; turn < turns; turn++) {
      const at = turnAt(check, slot, turn, turns);
      if (at < from) continue;
      const verdicts = probers.filter((one) => one.turn === turn)
        .map(({ region }) => ({ region, failed: chance() < share }));
      state = addVerdicts(state, verdicts, ids);
      if (partialSign(state) === "wanted") return at - from;
    }
  }
  return DAY_MS;
}
