/** The page's words for outcomes, claims and proofs. */
import type { CurrentOutcome } from "../../judgement/current_outcome.ts";
import type { checkView } from "../api/views/status.ts";
import type { Rule } from "../../config/config.ts";
import type { ReportState } from "../../evidence/report/report.ts";
import { isFailed, WORST_FIRST } from "../../judgement/words.ts";
import { type Ballot, wins } from "../../judgement/quorum.ts";

/** A check in the API's format. */
export type CheckView = ReturnType<typeof checkView>;
/** One prober of it. */
export type ProberView = CheckView["regions"][number]["probers"][number];

/** Each outcome in words. */
export const OUTCOME_TEXT: Record<CurrentOutcome, string> = {
  drift: "overclaims",
  down: "down",
  not_ready: "not ready, and says so",
  failing: "fails",
  unknown: "no fresh evidence",
  pending: "too little evidence",
  split: "regions disagree",
  underclaim: "underclaims",
  unreported: "no readable report",
  degraded: "degraded",
  ready: "ready",
};

/** The colour of an outcome. */
export function toneOf(outcome: CurrentOutcome): "good" | "bad" | "warn" | "none" {
  if (outcome === "ready") return "good";
  if (outcome === "unknown" || outcome === "pending") return "none";
  return isFailed(outcome) ? "bad" : "warn";
}

/** The states that the overview filters by, with their colours. */
export const STATES = { broken: "bad", poor: "warn", unjudged: "none" } as const;
/** The name of a state. */
export type StateName = keyof typeof STATES;

/** Rank of an outcome, worst first. */
export const outcomeRank = (outcome: string): number => WORST_FIRST.findIndex((it) => it === outcome);

/** A share in percent with two decimals, rounded down, so that 100 means 100. */
export const percentOf = (share: number): string => (Math.floor(share * 10_000) / 100).toFixed(2);

/** Replaces underscores with spaces. */
export const withSpaces = (word: string): string => word.replaceAll("_", " ");

/** A check's claim and proof in words, each with its colour. */
export interface Pair {
  says: string;
  saysTone: Tone;
  does: string;
  doesTone: Tone;
}

/** Good, bad, both, or unknown. */
export type Tone = "good" | "bad" | "mixed" | "none";

const READY: ReadonlySet<string> = new Set(["ready", "degraded"]);
const PASSED: ReadonlySet<string> = new Set(["pass", "slow"]);

/**
 * Claim and proof of a check, over the probers with fresh evidence. Stale evidence is never shown as current.
 */
export function pairOf({ outcome, claim, regions }: Pick<CheckView, "outcome" | "claim" | "regions">): Pair {
  const fresh = regions.flatMap(({ probers }) => probers).filter(({ stale, observed }) => !stale && observed);
  if (outcome === "unknown" || fresh.length === 0) {
    return { says: "nothing new", saysTone: "none", does: "not known", doesTone: "none" };
  }
  return { ...claimSide(claim, fresh), ...proofSide(fresh) };
}

/** States that are not claims, in words. */
const NO_CLAIM: Partial<Record<ReportState, string>> = {
  unreachable: "no answer",
  unreadable: "nothing readable",
  unknown: "nothing known",
};

function claimSide(claim: string, fresh: ProberView[]): Pick<Pair, "says" | "saysTone"> {
  const states = fresh.flatMap(({ reported }) => reported?.state ?? []);
  if (claim === "none" || states.length === 0) return { says: "no health endpoint", saysTone: "none" };
  const ready = states.filter((state) => READY.has(state)).length;
  const words = new Set(states);
  if (words.size === 1) {
    return { says: NO_CLAIM[states[0]!] ?? withSpaces(states[0]!), saysTone: ready > 0 ? "good" : "bad" };
  }
  if (ready === 0) return { says: "not ready", saysTone: "bad" };
  if (ready === states.length) return { says: "ready", saysTone: "good" };
  return { says: `ready in ${ready} of ${states.length}`, saysTone: "mixed" };
}

function proofSide(fresh: ProberView[]): Pick<Pair, "does" | "doesTone"> {
  const outcomes = fresh.map(({ observed }) => observed!.outcome).filter((outcome) => outcome !== "error");
  if (outcomes.length === 0) return { does: "not seen", doesTone: "none" };
  const passed = outcomes.filter((outcome) => PASSED.has(outcome)).length;
  if (passed === 0) return { does: "fails", doesTone: "bad" };
  if (passed < outcomes.length) {
    return { does: `fails in ${outcomes.length - passed} of ${outcomes.length}`, doesTone: "mixed" };
  }
  return { does: outcomes.includes("slow") ? "works slowly" : "works", doesTone: "good" };
}

/** The quorum rule and the current votes, in words. */
export function quorumText(
  { open, minReporting }: { open: Rule; minReporting: number },
  votes: readonly { id: string; outcome: string }[],
): string {
  const fresh = votes.filter(({ outcome }) => outcome !== "pending" && outcome !== "unknown") as {
    id: string;
    outcome: Ballot;
  }[];
  const needed = Array.from(fresh, (_, i) => i + 1).find((yes) => wins(open, yes, fresh.length));
  const by = Map.groupBy(votes, ({ outcome }) => outcome);
  const present = [...by].sort(([a], [b]) => outcomeRank(a) - outcomeRank(b))
    .map(([outcome, voters]) => `${voters.map(({ id }) => id).join(", ")}: ${withSpaces(outcome)}`).join(
      "; ",
    );
  if (votes.length === 1) return `One vote decides. Now ${present}.`;
  const floor = `At least ${minReporting} of ${votes.length} must report.`;
  if (needed === undefined) return `${floor} Now ${present}.`;
  return `${needed} of the ${fresh.length} that report must agree. ${floor} Now ${present}.`;
}
