/** Which rounds of a prober are kept besides its latest, for comparison when something fails. */
import type { KeptRounds, LastRound, ProberState } from "./state.ts";

const isGood = ({ outcome }: LastRound) => outcome === "pass" || outcome === "slow";
const isFailed = ({ outcome }: LastRound) => outcome === "fail";

/** The kept rounds once `latest` follows `previous`; the latest itself is never copied. */
export function keepRounds(
  kept: KeptRounds = {},
  previous: LastRound | undefined,
  latest: LastRound,
): KeptRounds | undefined {
  let { lastGood, firstFailed, latestFailed } = kept;
  if (previous && isGood(previous)) lastGood = previous;
  if (previous && isFailed(previous)) {
    latestFailed = firstFailed && previous;
    firstFailed ??= previous;
  }
  if (isGood(latest)) lastGood = undefined;
  if (isFailed(latest)) latestFailed = undefined;
  return compact({ lastGood, firstFailed, latestFailed });
}

/** The kept rounds while no incident is open: failures that ended are forgotten. */
export function forgetFailures({ kept, witness }: ProberState): KeptRounds | undefined {
  if (!kept || !witness || !isGood(witness)) return kept;
  return compact({ lastGood: kept.lastGood });
}

/** The rounds, whether they are the latest or kept. */
export function roundsOf({ kept, witness }: ProberState): KeptRounds {
  const good = witness && isGood(witness) ? witness : kept?.lastGood;
  const failed = witness && isFailed(witness) ? witness : undefined;
  return {
    lastGood: good,
    firstFailed: kept?.firstFailed ?? failed,
    latestFailed: failed ?? kept?.latestFailed ?? kept?.firstFailed,
  };
}

function compact(kept: KeptRounds): KeptRounds | undefined {
  const entries = Object.entries(kept).filter(([, round]) => round !== undefined);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
