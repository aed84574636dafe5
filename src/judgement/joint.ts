/** The figures of several checks as one: at each instant the worst of them counts, so bad is any bad, and drift time is the union. Pure. */
import type { Figures } from "./service_level.ts";
import type { QuorumOutcome } from "./quorum.ts";
import { WORST_FIRST } from "./words.ts";

type Seconds = Figures["seconds"];

/** A time in which an outcome of one check held; epoch ms, `to` not included. */
export interface OutcomeSpan {
  from: number;
  to: number;
  outcome: QuorumOutcome;
}

const RANKED = WORST_FIRST.filter((outcome): outcome is QuorumOutcome => outcome !== "unknown");
const RANK = new Map(RANKED.map((outcome, rank) => [outcome, rank]));

/** For how long (s) each outcome was the worst of those that held. */
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
 * The same where it is only known how long each outcome held, and not when, as of checks whose slots are kept apart: as if no two
 * bad times had been at once. So nothing bad is lost, and the whole is no longer than the longest of them.
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
