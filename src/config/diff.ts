/** Compares two configs, check by check. */
import type { Check, Config } from "./config.ts";

/** Differences between two configs: keys of checks, in the order of the files. */
export interface ConfigDiff {
  added: string[];
  removed: string[];
  /** Probed differently: probers with the other config are refused until they have this one. */
  changed: string[];
  /** Probed the same, but judged or notified differently. */
  rejudged: string[];
}

/** Finds the checks that differ. */
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

/** Everything of a check that its digest does not cover, as text. */
function rulesOf({ target, journey: _journey, cleanup: _cleanup, report: _report, ...rules }: Check): string {
  const { name, labels, dependsOn } = target;
  return JSON.stringify({ ...rules, name, labels, dependsOn });
}

const WORDS: [kind: keyof ConfigDiff, sign: string, words: string][] = [
  ["added", "+", "added"],
  ["removed", "-", "removed: its open incidents are resolved, reason removed"],
  ["changed", "~", "changed in how it is probed: votes and incidents stay"],
  ["rejudged", "~", "changed in judgement or notification: votes and incidents stay"],
];

/** The differences as text, one line per check. */
export function formatDiff(diff: ConfigDiff): string[] {
  const lines = WORDS.flatMap(([kind, sign, words]) => diff[kind].map((key) => `${sign} ${key}: ${words}`));
  return lines.length > 0 ? lines : ["no check differs"];
}
