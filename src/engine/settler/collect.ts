/** Puts what arrives in one flight together: what comes within a second of each other is judged, and written, at once. */
import { missing } from "../../judgement/missed_reasons.ts";
import type { Check } from "../../config/config.ts";
import type { Clock } from "../../base/ports.ts";
import type { Brought } from "../../judgement/round.ts";
import type { ProberAsk } from "./gather.ts";

/** Arrivals that follow each other within this share a commit (ms), but none waits longer than the second. */
const [TOGETHER_MS, LONGEST_MS] = [1_000, 5_000];

/** Those who are waited for nearly as long are given up together (ms). */
const PATIENCE_MS = 1_000;

/** One arrival of a flight. */
export interface Landed {
  ask: ProberAsk;
  check: Check;
  brought: Brought;
  /** It was not asked for, on purpose. */
  leftOut?: true;
}

/** What a collector needs. */
export interface CollectorOptions {
  clock: Clock;
  asks: readonly ProberAsk[];
  /** How long (ms) a check waits for this prober before it is judged without it; absent: it is judged by each that comes. */
  waitMs(ask: ProberAsk, check: Check): number | undefined;
  /** Judges some of what has arrived. */
  judge(landed: Landed[]): void;
}

/** Collects the arrivals of some asks. Call `arrive` as in `gather`, and `end` once all asks are over. */
export function collector({ clock, asks, waitMs, judge }: CollectorOptions) {
  const awaited = new Map<Check, Set<ProberAsk>>();
  const held = new Map<Check, Landed[]>();
  const ready: Landed[] = [];
  /** Who is given up together, and how that is called off. */
  const patience = new Map<number, { members: [ProberAsk, Check][]; cancel: () => void }>();
  const givenUp = new Set<string>();
  /** What has yet to come, of those that are given up as well. */
  let left = 0;
  let firstAt: number | undefined;
  let lastAt = 0;
  let disarm = () => {};

  // By a promise: what goes on after a timer is then in the context that set it, which Durable Objects insist on.
  const later = (ms: number, work: () => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    void promise.then(work);
    return clock.after(ms, resolve);
  };
  const flush = () => {
    disarm();
    disarm = () => {};
    firstAt = undefined;
    if (ready.length > 0) judge(ready.splice(0));
  };
  const add = (landed: readonly Landed[]) => {
    if (landed.length === 0) return;
    ready.push(...landed);
    if (left === 0) return flush();
    lastAt = clock.elapsed();
    if (firstAt !== undefined) return;
    firstAt = lastAt;
    disarm = later(TOGETHER_MS, flushOrWait);
  };
  /** The timer stands from the first arrival on: setting it anew for each would cost more than judging. */
  const flushOrWait = () => {
    const until = Math.min(lastAt + TOGETHER_MS, firstAt! + LONGEST_MS);
    const waitMs = until - clock.elapsed();
    if (waitMs <= 0) flush();
    else disarm = later(waitMs, flushOrWait);
  };
  const land = (ask: ProberAsk, check: Check, brought: Brought) => {
    const waiting = awaited.get(check)!;
    const isAwaited = waiting.delete(ask);
    const whole = held.get(check);
    if (!whole || !isAwaited) return add([{ ask, check, brought }]);
    whole.push({ ask, check, brought });
    if (waiting.size === 0) add(whole.splice(0));
  };
  const idOf = ({ prober, walk: { slot } }: ProberAsk, check: Check) => `${prober} ${slot} ${check.key}`;
  const giveUp = (members: [ProberAsk, Check][]) => {
    for (const [ask, check] of members) {
      if (!awaited.get(check)!.has(ask)) continue;
      givenUp.add(idOf(ask, check));
      land(ask, check, missing("timeout"));
    }
    flush();
  };
  const awaitFor = (ms: number, ask: ProberAsk, check: Check) => {
    const wholeMs = Math.ceil(ms / PATIENCE_MS) * PATIENCE_MS;
    const known = patience.get(wholeMs);
    if (known) return known.members.push([ask, check]);
    const members: [ProberAsk, Check][] = [[ask, check]];
    patience.set(wholeMs, { members, cancel: later(wholeMs, () => giveUp(members)) });
  };

  for (const ask of asks) {
    for (const check of ask.checks) {
      left++;
      awaited.set(check, (awaited.get(check) ?? new Set()).add(ask));
      const ms = waitMs(ask, check);
      if (ms === undefined) continue;
      if (!held.has(check)) held.set(check, []);
      awaitFor(ms, ask, check);
    }
  }
  return {
    arrive(ask: ProberAsk, check: Check, brought: Brought) {
      left--;
      // That it is missing was said already.
      if ("missed" in brought && givenUp.has(idOf(ask, check))) {
        if (left === 0) flush();
        return;
      }
      land(ask, check, brought);
    },
    end() {
      for (const { cancel } of patience.values()) cancel();
      flush();
    },
  };
}
