/** What one config changes against another, check by check. */
import type { Check, Config } from "./config.ts";

/** What another config would change. Keys of checks, in the order of the files. */
export interface ConfigDiff {
  added: string[];
  removed: string[];
  /** Asked or read otherwise: probers that hold the other config are refused until they have this one. */
  changed: string[];
  /** Probed alike, but judged or notified differently. */
  rejudged: string[];
}

/** The checks that differ. */
export function diffConfigs(before: Config, after: Config): ConfigDiff {
  const known = new Map(before.checks.map((check) => [check.key, check]));
  const kept = new Set(after.checks.map(({ key }) => key));
  const keysOf = (holds: (check: Check, old: Check | undefined) => boolean) =>
    after.checks.filter((check) => holds(check, known.get(check.key))).map(({ key }) => key);
  return {
    added: keysOf((_, old) => !old),
    removed: before.checks.filter(({ key }) => !kept.has(key)).map(({ key }) => key),
    changed: keysOf((check, old) => old !== undefined && old.digest !== check.digest),
    rejudged: keysOf((check, old) =>
      old !== undefined && old.digest === check.digest && rulesOf(old) !== rulesOf(check)
    ),
  };
}

/** What decides how a check is judged, as text: all of it but what its digest covers. */
function rulesOf({ target, journey: _journey, cleanup: _cleanup, report: _report, ...rules }: Check): string {
  const { name, labels, dependsOn } = target;
  return JSON.stringify({ ...rules, name, labels, dependsOn });
}

const WORDS: [kind: keyof ConfigDiff, sign: string, words: string][] = [
  ["added", "+", "added"],
  ["removed", "-", "removed: what is open of it is resolved, reason removed"],
  ["changed", "~", "changed in what is asked or read: votes and incidents stay"],
  ["rejudged", "~", "changed in judgement or notification: votes and incidents stay"],
];

/** The same in words, a line a check. */
export function formatDiff(diff: ConfigDiff): string[] {
  const lines = WORDS.flatMap(([kind, sign, words]) => diff[kind].map((key) => `${sign} ${key}: ${words}`));
  return lines.length > 0 ? lines : ["no check differs"];
}
