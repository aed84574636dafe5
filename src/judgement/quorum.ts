/**
 * Votes and tally. The same tally runs twice: the probers of a region make the region's vote, and the regions
 * make the check's outcome. It counts stored votes, never transitions between states.
 */
import type { Quorum, Rule } from "../config/config.ts";
import type { Conclusive, Failed, Passed, Verdict } from "./verdict.ts";
import { isFailed, isPoor, type OUTCOMES, type VOTES } from "./words.ts";

/** A prober's verdict after thresholds; `none` abstains. */
export type Vote = (typeof VOTES)[number];

/** The result of a tally: a verdict, `split` (enough votes, no winner) or `pending` (too few fresh votes). */
export type QuorumOutcome = (typeof OUTCOMES)[number];

/** A fresh vote of a prober, or of a region (which may be split). */
export type Ballot = Conclusive | "split";

/** A prober's vote on one check, and the verdicts behind it. */
export interface VoteState {
  /** The current vote. */
  vote: Vote;
  /** The last conclusive verdicts, oldest first; as many as the larger threshold. */
  recent: Conclusive[];
  /** The last `2 * failureThreshold - 1` failed verdicts since the vote began to turn bad. */
  failed: Failed[];
  /** Instant (epoch ms) of the last conclusive or announced evidence. */
  freshAt?: number;
  /** Instant (epoch ms) of the last conclusive evidence; set only if announced evidence came later. */
  conclusiveAt?: number;
  /** The vote was bad when it aged out, and there was none since: it counts as a no against resolving. */
  agedBad?: true;
}

export interface Thresholds {
  failureThreshold: number;
  successThreshold: number;
}

/** The vote of a prober without evidence. */
export const NO_VOTE: VoteState = { vote: "none", recent: [], failed: [] };

/** Clears vote and streak once the evidence is `stale`. A bad vote is remembered until it is `released`. */
export function expire(standing: VoteState, stale: boolean, released: boolean): VoteState {
  const { vote, recent, freshAt, agedBad } = standing;
  const isCleared = vote === "none" && recent.length === 0 && !(agedBad && released);
  if (!stale || isCleared) return standing;
  const bad = !released && (agedBad || isFailed(vote));
  return { ...NO_VOTE, freshAt, ...(bad && { agedBad: true }) };
}

/**
 * Updates a prober's vote with one slot's verdict. Inconclusive verdicts neither count nor break a streak.
 */
export function castVote(
  standing: VoteState,
  word: Verdict,
  at: number,
  thresholds: Thresholds,
): VoteState {
  if (word === "inconclusive") return standing;
  if (word === "announced") return { ...standing, freshAt: at, conclusiveAt: conclusiveAt(standing) };
  const keep = Math.max(thresholds.failureThreshold, thresholds.successThreshold);
  const recent = [...standing.recent, word].slice(-keep);
  const next = isFailed(word)
    ? countFailure(standing, word, recent, thresholds)
    : countPass(standing, recent, thresholds);
  if (next.vote === "none" && standing.agedBad) return { ...next, freshAt: at, agedBad: true };
  return { ...next, freshAt: at };
}

/** Instant (epoch ms) of the last conclusive evidence; undefined: none since the vote was last cleared. */
export const conclusiveAt = ({ recent, freshAt, conclusiveAt }: VoteState): number | undefined =>
  recent.length > 0 ? conclusiveAt ?? freshAt : undefined;

function countFailure(
  standing: VoteState,
  word: Failed,
  recent: Conclusive[],
  thresholds: Thresholds,
): VoteState {
  const { failureThreshold } = thresholds;
  const failed = [...standing.failed, word].slice(-(2 * failureThreshold - 1));
  const turns = isFailed(standing.vote) || streakLength(recent, isFailed) >= failureThreshold;
  if (turns) return { vote: pickFailure(failed, failureThreshold), recent, failed };
  return { vote: standing.vote === "none" ? "none" : "ready", recent, failed };
}

function countPass(standing: VoteState, recent: Conclusive[], thresholds: Thresholds): VoteState {
  const mustProve = isFailed(standing.vote) || standing.agedBad;
  const isProven = streakLength(recent, (word) => !isFailed(word)) >= thresholds.successThreshold;
  // Single passes do not end a failing streak: its verdicts stay until the vote turns.
  if (mustProve && !isProven) {
    return { vote: standing.vote, recent, failed: isFailed(standing.vote) ? standing.failed : [] };
  }
  return { vote: pickQuality(recent, thresholds.failureThreshold), recent, failed: [] };
}

/** Drift only if the majority of the streak's latest slots are; else the latest other failed verdict. */
function pickFailure(failed: Failed[], failureThreshold: number): Failed {
  const drifts = failed.filter((word) => word === "drift").length;
  if (drifts >= failureThreshold) return "drift";
  return failed.findLast((word) => word !== "drift") ?? "failing";
}

function pickQuality(recent: Conclusive[], failureThreshold: number): Passed {
  const poor = streakLength(recent, isPoor) >= failureThreshold;
  return poor ? recent.at(-1) as Passed : "ready";
}

/** How many of the last verdicts in a row satisfy `holds`. */
export function streakLength(words: readonly Conclusive[], holds: (word: Conclusive) => boolean): number {
  let length = 0;
  while (length < words.length && holds(words[words.length - 1 - length]!)) length++;
  return length;
}

/**
 * Whether `yes` of `fresh` votes win under a rule. `majority` is strictly more than half, so a tie does not
 * win.
 */
export function wins(rule: Rule, yes: number, fresh: number): boolean {
  if (yes === 0) return false;
  if (rule === "majority") return yes * 2 > fresh;
  if (rule === "all") return yes === fresh;
  if (rule === "any") return true;
  if ("atLeast" in rule) return yes >= rule.atLeast;
  // 1e-9 absorbs rounding: 0.1 * 30 is 3.0000000000000004.
  return yes >= Math.ceil(rule.fraction * fresh - 1e-9);
}

/** Turns fresh votes into one outcome: nested yes/no questions, worst first; the first one won decides. */
export function tally(ballots: readonly Ballot[], quorum: Quorum): QuorumOutcome {
  const fresh = ballots.length;
  if (fresh < quorum.minReporting || fresh === 0) return "pending";
  const count = countBallots(ballots);
  const isWon = (yes: number) => wins(quorum.open, yes, fresh);
  if (isWon(count.drift)) return "drift";
  if (isWon(count.failed)) return commonFailure(ballots);
  if (isWon(count.underclaim + count.unreported)) {
    return isWon(count.underclaim) ? "underclaim" : "unreported";
  }
  if (isWon(count.failed + count.underclaim + count.unreported + count.degraded)) return "degraded";
  if (wins(quorum.resolve, count.ready, fresh)) return "ready";
  return "split";
}

/**
 * Whether a service incident may resolve: enough fresh votes, the resolve rule holds for votes that are not
 * bad, the failing question is not won, and bad votes are at most half. `silentBad` probers count as fresh
 * votes against it: a prober that stops reporting cannot help resolve an incident.
 */
export function isRecovered(ballots: readonly Ballot[], silentBad: number, quorum: Quorum): boolean {
  const fresh = ballots.length;
  if (fresh < quorum.minReporting || fresh === 0) return false;
  const { failed, split } = countBallots(ballots);
  const all = fresh + silentBad;
  const bad = failed + silentBad;
  return wins(quorum.resolve, fresh - failed - split, all) && !wins(quorum.open, bad, all) && bad * 2 <= all;
}

interface BallotCount {
  drift: number;
  failed: number;
  underclaim: number;
  unreported: number;
  degraded: number;
  ready: number;
  split: number;
}

function countBallots(ballots: readonly Ballot[]): BallotCount {
  const count: BallotCount = {
    drift: 0,
    failed: 0,
    underclaim: 0,
    unreported: 0,
    degraded: 0,
    ready: 0,
    split: 0,
  };
  for (const ballot of ballots) {
    if (isFailed(ballot)) count.failed++;
    if (ballot in count) count[ballot as Exclude<keyof BallotCount, "failed">]++;
  }
  return count;
}

/** The one failed verdict that all failed votes share, else `failing`. */
function commonFailure(ballots: readonly Ballot[]): Failed {
  const words = new Set(ballots.filter(isFailed));
  return words.size === 1 ? [...words][0]! : "failing";
}
