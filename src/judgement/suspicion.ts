/** Suspicion without controls: a prober for which nearly everything turns bad at once, while others see it well, is at fault itself. */
import type { Check, Region } from "../config/config.ts";
import { periodMs, staleAt } from "../config/schedule.ts";
import { walkedAt } from "./arrival.ts";
import { conclusiveAt, streakLength } from "./quorum.ts";
import type { CheckState, ProberState } from "./state.ts";
import type { Verdict } from "./verdict.ts";
import { isFailed, isPassed } from "./words.ts";

const [TARGETS, HOSTS, SHARE, WITNESSES] = [5, 3, 0.8, 2];

/** Since when checks fail at a prober (epoch ms), of those that did not before: by prober and check key. */
export type Turned = Record<string, Record<string, number>>;

/** What a prober's round of a check came to, before anybody is suspected. */
export interface Seen {
  prober: string;
  check: Check;
  /** The walk's instant, epoch ms. */
  at: number;
  word: Verdict;
}

/** What is needed to suspect somebody. */
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

/** Whether these checks and regions are enough for anybody ever to be suspect. */
export const canSuspect = (checks: readonly Check[], regions: readonly Region[]): boolean =>
  regions.length > WITNESSES && isBroad(checks);

/** The probers that are suspect after these rounds, and what must be remembered. Pure. */
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

/** What fails now and did not before has turned; what passes has not. */
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

/** Five targets on three hosts and four fifths of all that it walks turned within a period, and two other regions deny each. */
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

/** The host as it is written: it may be a reference to the environment. */
const hostText = (url: string): string => url.replace(/^\w+:\/\//, "").split("/")[0]!;

/**
 * How many other regions have conclusive evidence on the check that is not bad: the newest, of these rounds too. What is older than the
 * first failure says nothing of an outage that has just begun: it counts only once the failures turn the vote.
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

/** The latest conclusive verdicts of a prober, if they are not too old. */
const recentVerdicts = (check: Check, { standing: { freshAt, recent } }: ProberState, at: number) =>
  freshAt === undefined || at > staleAt(check, freshAt) ? [] : recent;
