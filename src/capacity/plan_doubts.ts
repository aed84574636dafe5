/** What the planner doubts of a config, for `check` and the start. */
import type { Check, Config } from "../config/config.ts";
import type { Problem } from "../config/mod.ts";
import { falseAlarms } from "./plan.ts";

/** What is assumed: a network that is not bad. */
const ASSUMED = { loss: 0.01 };
/** More false alarms a year than this are said. */
const ALARMS = 1;

/** Checks that are planned alike. */
const kindOf = (
  { schedule, turns, confirmMs, failureThreshold, successThreshold, quorum, retry, scope }: Check,
) => JSON.stringify([schedule, turns, confirmMs, failureThreshold, successThreshold, quorum, retry, scope]);

/** A warning about the first check that lost requests alone would tell of; none where the probers are too many to plan. */
export function planDoubts({ checks, regions }: Pick<Config, "checks" | "regions">): Problem[] {
  const kinds = [...new Map(checks.toReversed().map((check) => [kindOf(check), check])).values()].reverse();
  for (const check of kinds.slice(0, MOST_KINDS)) {
    const alarms = alarmsOf(check, regions);
    if (alarms === undefined || alarms <= ALARMS) continue;
    return [{
      severity: "warning",
      path: `check ${check.key}`,
      message: `at 1 % of lost requests it sends about ${Math.round(alarms)} false alarm${
        Math.round(alarms) === 1 ? "" : "s"
      } a year`,
      expected: "retry, more regions or a higher failureThreshold; assay plan tells what they change",
    }];
  }
  return [];
}

const MOST_KINDS = 10;

function alarmsOf(check: Check, regions: Config["regions"]): number | undefined {
  try {
    return falseAlarms(check, regions, ASSUMED);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
