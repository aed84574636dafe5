/**
 * A second, deliberately naive judgement: votes and tallies. It keeps the whole history of words and works every judgement out again from
 * the first line on, by plain loops. It shares no code with `src/`. What follows from tallies stands in naive_incidents.ts.
 */
import type { Check, Quorum, Region, Rule } from "../../src/config/config.ts";

/** What one prober brought in one slot. */
export type SeenWord =
  | "ready"
  | "degraded"
  | "underclaim"
  | "unreported"
  | "drift"
  | "not_ready"
  | "down"
  /** Down, and the journey got no HTTP answer. */
  | "cut"
  | "failing"
  | "inconclusive"
  | "announced"
  | "missing"
  | "suspect"
  | "misplaced"
  /** Another check comes first, and does not hold. */
  | "waiting";

/** One walk, judged by itself: each asked prober's word in it. Instants in epoch ms. */
export interface Line {
  slot: number;
  /** When its turn began; absent: at the slot. */
  at?: number;
  confirmation?: true;
  /** Our clock when it was judged; absent: the judgement's instant. */
  now?: number;
  seen: Record<string, SeenWord>;
  /** What each prober captured of the one value that must agree. */
  captured?: Record<string, string>;
  /** The probers whose journey got no HTTP answer, whatever it was called. */
  unanswered?: readonly string[];
}

/** A check, who probes it, and what they saw, in the order in which it was judged. */
export interface NaiveHistory {
  check: Check;
  regions: readonly Region[];
  lines: readonly Line[];
}

const FAILS: string[] = ["drift", "not_ready", "down", "failing"];
/** The verdict in a word. */
export const verdictOf = (word: string) => word === "cut" ? "down" : word;
const SOFT: string[] = ["underclaim", "unreported", "degraded"];
export const isBad = (word: string) => FAILS.includes(verdictOf(word));
export const isSoft = (word: string) => SOFT.includes(word);
export const isGood = (word: string) => word === "ready" || isSoft(word);
const count = (words: string[], holds: (word: string) => boolean) => words.filter(holds).length;

/** Evidence older than this (ms) is none. */
export function maxAge({ maxAgeMs, schedule }: Check): number {
  if (maxAgeMs !== undefined) return maxAgeMs;
  if (!("everyMs" in schedule)) throw new Error("the naive judgement knows no cron");
  return 2.5 * schedule.everyMs;
}

/** How many words that end at `last` hold in a row; nobody asks for more than ten. */
function inARow(words: string[], last: number, holds: (word: string) => boolean): number {
  let length = 0;
  for (let i = last; i >= 0 && length < 10 && holds(words[i]!); i--) length++;
  return length;
}

/** The vote that conclusive words make, all of them since the vote was last cleared. */
function voteOf(words: string[], wasBad: boolean, { failureThreshold, successThreshold }: Check): string {
  let side = "none";
  let spell: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const fails = inARow(words, i, isBad);
    const passes = inARow(words, i, isGood);
    if (side === "bad" && fails > 0) spell.push(words[i]!);
    if (side !== "bad" && fails >= failureThreshold) {
      side = "bad";
      spell = words.slice(i + 1 - failureThreshold, i + 1);
    }
    if (side === "bad" && passes >= successThreshold) side = "good";
    if (side === "none" && passes >= (wasBad ? successThreshold : 1)) side = "good";
  }
  if (side === "none") return "none";
  if (side === "bad") return badWord(spell, failureThreshold);
  const soft = inARow(words, words.length - 1, isSoft) >= failureThreshold;
  return soft ? words[words.length - 1]! : "ready";
}

function badWord(spell: string[], failureThreshold: number): string {
  const latest = spell.slice(-(2 * failureThreshold - 1));
  if (count(latest, (word) => word === "drift") >= failureThreshold) return "drift";
  return spell.filter((word) => word !== "drift").at(-1) ?? "failing";
}

/** When a line was walked. */
export const walkedAt = ({ at, slot }: Line): number => at ?? slot;

/** The same question is put many times: its answer is kept, one for each history, key and line. */
export function once<T>(answer: (story: NaiveHistory, key: string, at: number) => T) {
  const known = new WeakMap<NaiveHistory, Map<string, T[]>>();
  return (story: NaiveHistory, key: string, at: number): T => {
    if (!known.has(story)) known.set(story, new Map());
    const byKey = known.get(story)!;
    const answers = byKey.get(key) ?? [];
    byKey.set(key, answers);
    if (!(at in answers)) answers[at] = answer(story, key, at);
    return answers[at]!;
  };
}

const instants = new WeakMap<NaiveHistory, number[]>();
/** When each line was judged: never before the line before. */
function judgedAts(story: NaiveHistory): number[] {
  let latest = -Infinity;
  const known = instants.get(story) ?? story.lines.map((line) => latest = Math.max(latest, walkedAt(line)));
  instants.set(story, known);
  return known;
}
/** When line `at` was judged. */
export const judgedAt = (story: NaiveHistory, at: number): number => judgedAts(story)[at]!;

/** The prober had brought something of a later walk, or this very one, when line `at` came. */
export const isLate = once(({ lines }, prober, at) => {
  const now = lines[at]!;
  for (let i = 0; i < at; i++) {
    const line = lines[i]!;
    const word = line.seen[prober];
    if (word === undefined || word === "missing") continue;
    if (walkedAt(line) > walkedAt(now) || (walkedAt(line) === walkedAt(now) && line.slot === now.slot)) {
      return true;
    }
  }
  return false;
});

/** What one prober stands for when line `at` was judged. */
export const standing = once((story, prober, at) => {
  const { check, lines } = story;
  let words: string[] = [];
  let wasBad = false;
  let evidenceAt = -Infinity;
  let justNow = "none";
  let latest = "";
  const judged = judgedAts(story);
  const period = periodOf(check);
  let heardAt = judged[0]!;
  const forget = (now: number) => {
    if (evidenceAt === -Infinity || now - evidenceAt <= maxAge(check)) return;
    const vote = voteOf(words, wasBad, check);
    wasBad = (isBad(vote) || (vote === "none" && wasBad)) && now - evidenceAt <= check.releaseAfterMs;
    words = [];
  };
  for (let i = 0; i <= at; i++) {
    const now = judged[i]!;
    if (i > 0) heardAt += Math.max(0, now - judged[i - 1]! - period);
    const word = lines[i]!.seen[prober];
    if (word !== undefined && !isLate(story, prober, i)) {
      forget(walkedAt(lines[i]!));
      if (isBad(word) || isGood(word)) words.push(verdictOf(word));
      if (isBad(word) || isGood(word) || word === "announced") {
        evidenceAt = walkedAt(lines[i]!);
        heardAt = Math.max(heardAt, evidenceAt);
      }
      // Who waits for another check is not silent.
      if (word === "waiting") heardAt = Math.max(heardAt, walkedAt(lines[i]!));
      // Silence does not end a suspicion: what is missing is never green.
      if (word !== "missing") latest = word;
    }
    if (i === at) justNow = voteOf(words, wasBad, check);
    forget(now);
  }
  const vote = voteOf(words, wasBad, check);
  const aside = ["suspect", "misplaced", "waiting"].includes(latest);
  const isFresh = vote !== "none" && !aside;
  const silentMs = judgedAt(story, at) - heardAt;
  return {
    vote,
    justNow,
    fresh: isFresh,
    latest: isFresh ? words.at(-1)! : undefined,
    silentBad: vote === "none" ? wasBad : aside && isBad(vote),
    lost: silentMs >= lostAfter(check),
    heard: silentMs < lostAfter(check) && evidenceAt > -Infinity,
  };
});

/** The gap between two slots. */
export function periodOf({ schedule }: Check): number {
  if (!("everyMs" in schedule)) throw new Error("the naive judgement knows no cron");
  return schedule.everyMs;
}

/** After so long without evidence a prober is lost. */
function lostAfter(check: Check): number {
  const period = periodOf(check);
  if (period <= 60_000) return 5 * period;
  return 2 * period > 300_000 ? 2 * period : 300_000;
}

/** Whether `yes` of `fresh` votes win. */
function wins(rule: Rule, yes: number, fresh: number): boolean {
  if (yes === 0) return false;
  if (rule === "any") return true;
  if (rule === "all") return yes === fresh;
  if (rule === "majority") return yes > fresh - yes;
  if ("atLeast" in rule) return yes >= rule.atLeast;
  let needed = 0;
  while (needed < rule.fraction * fresh - 1e-6) needed++;
  return yes >= needed;
}

/** The outcome of fresh votes, question by question. */
export function outcomeOf(votes: string[], { open, resolve, minReporting }: Quorum): string {
  const fresh = votes.length;
  const asks = (rule: Rule, holds: (vote: string) => boolean) => wins(rule, count(votes, holds), fresh);
  if (fresh < minReporting) return "pending";
  if (asks(open, (vote) => vote === "drift")) return "drift";
  if (asks(open, isBad)) {
    const words = new Set(votes.filter(isBad));
    return words.size === 1 ? [...words][0]! : "failing";
  }
  if (asks(open, (vote) => vote === "underclaim" || vote === "unreported")) {
    return asks(open, (vote) => vote === "underclaim") ? "underclaim" : "unreported";
  }
  if (asks(open, (vote) => isBad(vote) || isSoft(vote))) return "degraded";
  return asks(resolve, (vote) => vote === "ready") ? "ready" : "split";
}

/** Whether fresh votes, with `silent` voters who were bad when last heard, may resolve a service incident. */
export function mayResolve(
  votes: string[],
  silent: number,
  { open, resolve, minReporting }: Quorum,
): boolean {
  if (votes.length < minReporting) return false;
  const fresh = votes.length + silent;
  const bad = count(votes, isBad) + silent;
  return wins(resolve, count(votes, isGood), fresh) && !wins(open, bad, fresh) && bad <= fresh - bad;
}

/** One region when line `at` was judged. */
export const regionAt = once((story, id, at) => {
  const { quorum, probers } = story.regions.find((region) => region.id === id)!;
  const all = probers.map(({ id }) => ({ id, ...standing(story, id, at) }));
  const fresh = all.filter((one) => one.fresh);
  const votes = fresh.map(({ vote }) => vote);
  const silent = all.filter(({ silentBad }) => silentBad).map(({ id }) => id);
  const recovers = mayResolve(votes, silent.length, quorum);
  const latest = outcomeOf(fresh.map((one) => one.latest!), quorum);
  return {
    outcome: outcomeOf(votes, quorum),
    latest,
    silent,
    recovers,
    resolves: recovers && !isBad(latest),
    holders: !recovers && mayResolve(votes, 0, quorum) ? silent : [],
    heard: all.filter(({ heard }) => heard).length,
    lost: all.filter(({ lost }) => lost).length,
    voters: all.length,
  };
});

/** The region was bad before it fell silent, and not an hour ago. */
function fellSilentBad(story: NaiveHistory, region: string, at: number): boolean {
  for (let i = at; i >= 0; i--) {
    const { outcome } = regionAt(story, region, i);
    if (outcome !== "pending") return isBad(outcome);
    if (judgedAt(story, at) - judgedAt(story, i) > story.check.releaseAfterMs) return false;
  }
  return false;
}

const checks = once((story, _key, at) => {
  const { check, regions } = story;
  const votes: string[] = [];
  const latest: string[] = [];
  const resolving: string[] = [];
  const silent: string[] = [];
  let silentRegions = 0;
  let heard = 0;
  let lost = 0;
  for (const region of regions) {
    const it = regionAt(story, region.id, at);
    if (it.heard > 0) heard++;
    if (it.lost === it.voters) lost++;
    if (it.outcome !== "pending") votes.push(it.outcome);
    if (it.outcome !== "pending") latest.push(it.latest);
    const doubtful = it.outcome === "pending"
      ? (it.silent.length > 0 && !it.recovers) || fellSilentBad(story, region.id, at)
      : !isBad(it.outcome) && it.silent.length > 0 && !it.recovers;
    if (doubtful) silentRegions++;
    if (doubtful) silent.push(...(it.silent.length > 0 ? it.silent : [region.id]));
    else if (it.outcome !== "pending") resolving.push(it.outcome);
  }
  const recovers = mayResolve(resolving, silentRegions, check.quorum);
  const resolves = recovers && !isBad(outcomeOf(latest, check.quorum));
  const holders = !recovers && mayResolve(resolving, 0, check.quorum) ? silent : [];
  return { outcome: outcomeOf(votes, check.quorum), resolves, holders, heard, lost, voters: regions.length };
});
/** The whole check when line `at` was judged. */
export const checkAt = (story: NaiveHistory, at: number) => checks(story, "", at);

/** One scope when line `at` was judged: the check, or one of its regions. */
export function scopeAt(story: NaiveHistory, scope: string, at: number) {
  const region = story.regions.find(({ id }) => id === scope);
  return region && story.check.scope === "region" ? regionAt(story, scope, at) : checkAt(story, at);
}
