/**
 * Suspicion without controls: if nearly everything turns bad at one prober while others see it pass, the
 * prober itself is at fault.
 */
import type { Check, Region } from "../config/config.ts";
import { periodMs, staleAt } from "../config/schedule.ts";
import { walkedAt } from "./arrival.ts";
import { conclusiveAt, streakLength } from "./quorum.ts";
import type { CheckState, ProberState } from "./state.ts";
import type { Verdict } from "./verdict.ts";
import { isFailed, isPassed } from "./words.ts";

const [TARGETS, HOSTS, SHARE, WITNESSES] = [5, 3, 0.8, 2];

/** When checks that had passed began to fail (epoch ms), by prober and check key. */
export type Turned = Record<string, Record<string, number>>;

/** The verdict of a prober's round, before suspicion. */
export interface Seen {
  prober: string;
  check: Check;
  /** The walk's instant, epoch ms. */
  at: number;
  word: Verdict;
}

export interface SuspicionContext {
  checks: readonly Check[];
  regions: readonly Region[];
  /** A check's state before these rounds. */
  stateOf(key: string): Pick<CheckState, "probers"> | undefined;
  /** The judgement's instant, epoch ms. */
  at: number;
}

/** One check that turned bad at a prober. */
interface Turn {
  check: Check;
  turnedAt: number;
}

/** Whether these checks and regions are enough to ever suspect a prober. */
export const canSuspect = (checks: readonly Check[], regions: readonly Region[]): boolean =>
  regions.length > WITNESSES && isBroad(checks);

/** The suspect probers after these rounds, and the memory for the next. Pure. */
export function stepSuspicion(
  before: Turned,
  seen: readonly Seen[],
  context: SuspicionContext,
): { turned: Turned; suspects: string[] } {
  const turned: Turned = { ...before };
  const suspects: string[] = [];
  for (const [prober, mine] of Map.groupBy(seen, ({ prober }) => prober)) {
    const since = countTurns(before[prober] ?? {}, mine, context);
    const turns = context.checks.flatMap((check): Turn[] =>
      check.key in since ? [{ check, turnedAt: since[check.key]! }] : []
    );
    const isSuspect = isAtFault(prober, turns, seen, context);
    if (isSuspect) suspects.push(prober);
    const kept = turns.filter(({ check, turnedAt }) =>
      isSuspect || context.at - turnedAt <= periodMs(check, turnedAt)
    );
    turned[prober] = Object.fromEntries(kept.map(({ check: { key }, turnedAt }) => [key, turnedAt]));
    if (kept.length === 0) delete turned[prober];
  }
  return { turned, suspects };
}

/** A check that fails now and passed before has turned; one that passes has not. */
function countTurns(
  before: Record<string, number>,
  mine: readonly Seen[],
  { stateOf }: SuspicionContext,
): Record<string, number> {
  const since = { ...before };
  for (const { check, prober, at, word } of mine) {
    const known = stateOf(check.key)?.probers[prober];
    if (isPassed(word)) delete since[check.key];
    if (!isFailed(word) || check.key in since) continue;
    const last = known && recentVerdicts(check, known, at).at(-1);
    if (last && isPassed(last)) since[check.key] = at;
  }
  return since;
}

/**
 * Whether five targets on three hosts, and 80 % of what the prober walks, turned within a period while two
 * other regions contradict each.
 */
function isAtFault(
  prober: string,
  turns: readonly Turn[],
  seen: readonly Seen[],
  context: SuspicionContext,
): boolean {
  if (turns.length < TARGETS) return false;
  const { checks, stateOf, at } = context;
  const denied = turns.filter((turn) => countDenials(prober, turn, seen, context) >= WITNESSES);
  const mine = new Set([...turns, ...seen.filter((one) => one.prober === prober)].map(({ check }) => check));
  const walked = checks.filter((check) => {
    const known = stateOf(check.key)?.probers[prober];
    return mine.has(check) || (known?.witness && at <= staleAt(check, walkedAt(known)));
  });
  return [...new Set(denied.map(({ turnedAt }) => turnedAt))].some((from) => {
    const together = denied.filter(({ check, turnedAt }) =>
      turnedAt >= from && turnedAt - from <= periodMs(check, from)
    );
    return isBroad(together.map(({ check }) => check)) && together.length >= SHARE * walked.length;
  });
}

const isBroad = (checks: readonly Check[]): boolean =>
  new Set(checks.map(({ target }) => target.id)).size >= TARGETS &&
  new Set(checks.map(({ target }) => hostText(target.url))).size >= HOSTS;

/** The host as written in the config; it may be a reference to the environment. */
const hostText = (url: string): string => url.replace(/^\w+:\/\//, "").split("/")[0]!;

/**
 * How many other regions have conclusive evidence on the check that is not bad, these rounds included.
 * Evidence older than the first failure says nothing about an outage that just began, so it counts only once
 * the failures turn the vote.
 */
function countDenials(
  prober: string,
  { check, turnedAt }: Turn,
  seen: readonly Seen[],
  { regions, stateOf, at }: SuspicionContext,
): number {
  const state = stateOf(check.key);
  const now = new Map(seen.filter((one) => one.check === check).map(({ prober, word }) => [prober, word]));
  const mine = state?.probers[prober];
  const before = mine ? streakLength(recentVerdicts(check, mine, at), isFailed) : 0;
  const turnsVote = before + (isFailed(now.get(prober) ?? "") ? 1 : 0) >= check.failureThreshold;
  const denies = (id: string): boolean => {
    const known = state?.probers[id];
    const isHeard = known && !known.aside &&
      (turnsVote || (conclusiveAt(known.standing) ?? -Infinity) >= turnedAt);
    const word = now.get(id) ?? (isHeard ? recentVerdicts(check, known, at).at(-1) : undefined);
    return word !== undefined && isPassed(word);
  };
  const others = regions.filter(({ probers }) => !probers.some(({ id }) => id === prober));
  return others.filter(({ probers }) => probers.some(({ id }) => denies(id))).length;
}

/** A prober's latest conclusive verdicts, unless stale. */
const recentVerdicts = (check: Check, { standing: { freshAt, recent } }: ProberState, at: number) =>
  freshAt === undefined || at > staleAt(check, freshAt) ? [] : recent;
