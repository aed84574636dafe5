import type { Target } from "../../config/config.ts";
import { requiredChecks } from "../../config/required.ts";
import { worstOfSums } from "../../judgement/joint.ts";
import type { Figures } from "../../judgement/service_level.ts";

/**
 * If joint figures cover less than this share of a check's time, an earlier version wrote the rest without
 * them.
 */
const WHOLE = 0.9;

/**
 * Seconds of each outcome of a target: the joint figures of its required checks or, if these are missing
 * because the checks are in several shards or an earlier version wrote them, an estimate from each check's
 * own figures. Undefined without data.
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
