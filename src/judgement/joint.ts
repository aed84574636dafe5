/**
 * The joint figures of several checks: at each instant the worst outcome counts, so drift time is the union.
 * Pure.
 */
import type { Figures } from "./service_level.ts";
import type { QuorumOutcome } from "./quorum.ts";
import { WORST_FIRST } from "./words.ts";

type Seconds = Figures["seconds"];

/** A span in which a check's outcome held; epoch ms, `to` exclusive. */
export interface OutcomeSpan {
  from: number;
  to: number;
  outcome: QuorumOutcome;
}

const RANKED = WORST_FIRST.filter((outcome): outcome is QuorumOutcome => outcome !== "unknown");
const RANK = new Map(RANKED.map((outcome, rank) => [outcome, rank]));

/** How long (s) each outcome was the worst of those that held. */
export function worstSeconds(spans: readonly OutcomeSpan[]): Seconds {
  const edges = spans.filter(({ from, to }) => to > from).flatMap(({ from, to, outcome }) => [
    { at: from, rank: RANK.get(outcome)!, change: 1 },
    { at: to, rank: RANK.get(outcome)!, change: -1 },
  ]).sort((a, b) => a.at - b.at);
  const open = RANKED.map(() => 0);
  const seconds: Seconds = {};
  for (const [i, { at, rank, change }] of edges.entries()) {
    open[rank]! += change;
    const lastsMs = (edges[i + 1]?.at ?? at) - at;
    const worst = RANKED[open.findIndex((count) => count > 0)];
    if (lastsMs > 0 && worst) seconds[worst] = (seconds[worst] ?? 0) + lastsMs / 1_000;
  }
  return seconds;
}

/**
 * The same where only durations are known, as for checks whose slots are stored separately: assumes that no
 * two bad times overlap. So no bad time is lost, and the total does not exceed the longest of them.
 */
export function worstOfSums(sums: readonly Seconds[]): Seconds {
  if (sums.length < 2) return sums[0] ?? {};
  const totalOf = (seconds: Seconds) => Object.values(seconds).reduce((all, s) => all + s, 0);
  let left = Math.max(...sums.map(totalOf));
  const joint: Seconds = {};
  for (const outcome of RANKED) {
    const s = Math.min(left, sums.reduce((all, seconds) => all + (seconds[outcome] ?? 0), 0));
    if (s > 0) joint[outcome] = s;
    left -= s;
  }
  return joint;
}
