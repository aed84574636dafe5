import type { Config } from "../../config/config.ts";
import type { Clock } from "../../base/ports.ts";
import { activeSilence, listSilences, subjectOf } from "../../storage/records/silences.ts";
import type { RecordStore } from "../../storage/store.ts";
import { memoize } from "../../base/cache.ts";
import type { SilenceChecker } from "./evaluate.ts";

/** Whether one of the silences in the store covers a check. */
export function silenceChecker(
  clock: Pick<Clock, "elapsed">,
  config: Config,
  store: RecordStore,
  changes?: () => number,
): SilenceChecker {
  const read = memoize(clock, () => listSilences(store), changes);
  const subjects = new Map(config.checks.map((check) => [check.key, subjectOf(check)]));
  return async (target, check, nowMs) => {
    const subject = subjects.get(`${target}/${check}`);
    return subject !== undefined && activeSilence(await read(), subject, nowMs) !== undefined;
  };
}
