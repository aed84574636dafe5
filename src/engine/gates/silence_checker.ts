import type { Config } from "../../config/config.ts";
import { activeSilence, type Silence, subjectOf } from "../../storage/records/silences.ts";
import type { SilenceChecker } from "./evaluate.ts";

/**
 * Whether one of these silences covers a check. Silences that follow each deployment are ignored: they must
 * not block the deployment's own gate.
 */
export function silenceChecker(config: Config, read: () => Promise<readonly Silence[]>): SilenceChecker {
  const subjects = new Map(config.checks.map((check) => [check.key, subjectOf(check)]));
  const isAsked = ({ window }: Silence) => window === undefined || !("afterDeploymentMs" in window.times);
  return async (target, check, nowMs) => {
    const subject = subjects.get(`${target}/${check}`);
    if (subject === undefined) return false;
    return activeSilence((await read()).filter(isAsked), subject, nowMs) !== undefined;
  };
}
