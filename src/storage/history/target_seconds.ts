import type { Target } from "../../config/config.ts";
import { requiredChecks } from "../../config/required.ts";
import { worstOfSums } from "../../judgement/joint.ts";
import type { Figures } from "../../judgement/service_level.ts";

/** Where less of the time was summed up of all checks together than of one of them, an earlier version summed up the rest. */
const WHOLE = 0.9;

/**
 * For how long (s) each outcome was that of a target in some time: as it was summed up of all its required checks together, or else, where
 * they stand in several shards or an earlier version summed up, of what each of them came to. Undefined: there is no data.
 */
export function secondsOfTarget(
  target: Pick<Target, "id" | "checks">,
  read: (key: string) => Figures["seconds"] | undefined,
): Figures["seconds"] | undefined {
  const required = requiredChecks(target);
  const sums = required.flatMap(({ key }) => read(key) ?? []);
  if (sums.length === 0) return undefined;
  const joint = required.length > 1 ? read(target.id) : undefined;
  return joint && totalOf(joint) >= WHOLE * Math.max(...sums.map(totalOf)) ? joint : worstOfSums(sums);
}

const totalOf = (seconds: Figures["seconds"]) => Object.values(seconds).reduce((all, s) => all + s, 0);
