import type { Quorum, Rule } from "./config.ts";
import type { quorum } from "./schema/fields.ts";
import type { Note, Path } from "./problem.ts";
import type { Draft } from "./validate.ts";
import type * as z from "../base/zod.ts";

type QuorumDraft = Draft<z.infer<ReturnType<typeof quorum>>>;
type RuleDraft = "majority" | "all" | "any" | { atLeast?: number } | { fraction?: number };

/** The voters: a description such as "probers in this region", and their number. */
export interface Voters {
  count: number;
  words: string;
}

/** Reads a quorum, with defaults from `above`. Reports rules that need more votes than there are voters. */
export function readQuorum(
  written: QuorumDraft | undefined,
  above: Quorum,
  voters: Voters,
  { path, note }: { path: Path; note: Note },
): Quorum {
  if (written === undefined) return above;
  if (isRule(written)) {
    const rule = readRule(written, voters, path, note);
    return rule ? { ...above, open: rule, resolve: rule } : above;
  }
  const { open, resolve, minReporting } = written;
  if (minReporting !== undefined) limit(minReporting, voters, [...path, "minReporting"], note);
  return {
    open: readRule(open, voters, [...path, "open"], note) ?? above.open,
    resolve: readRule(resolve, voters, [...path, "resolve"], note) ?? above.resolve,
    minReporting: minReporting ?? above.minReporting,
  };
}

function isRule(written: QuorumDraft): written is RuleDraft {
  return typeof written === "string" || "atLeast" in written || "fraction" in written;
}

function readRule(rule: RuleDraft | undefined, voters: Voters, path: Path, note: Note): Rule | undefined {
  if (rule === undefined || typeof rule === "string") return rule;
  if ("fraction" in rule && rule.fraction !== undefined) return { fraction: rule.fraction };
  if (!("atLeast" in rule) || rule.atLeast === undefined) return undefined;
  limit(rule.atLeast, voters, [...path, "atLeast"], note);
  return { atLeast: rule.atLeast };
}

function limit(votes: number, { count, words }: Voters, path: Path, note: Note): void {
  if (votes <= count) return;
  const expected = `at most ${count}, the number of ${words}`;
  note({ path, message: "more votes than there are voters", expected, found: String(votes) });
}
