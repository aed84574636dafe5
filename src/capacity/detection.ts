/**
 * How soon the judgement finds a failure, computed without any walk: a Markov chain over the votes of all probers, turn by turn.
 *
 *     turn --> its probers walk --> quorum of regions won? opened : a first failure --> 25 s later all walk once more, once a period at most
 */
import type { Check, Region } from "../config/config.ts";
import { periodMs, turnsOf } from "../config/schedule.ts";
import { wins } from "../judgement/quorum.ts";
import { groupsOf, type VoterGroup } from "./voters.ts";

/** What the chain is made of. */
export interface DetectionSetting {
  check: Pick<
    Check,
    "schedule" | "turns" | "confirmMs" | "failureThreshold" | "successThreshold" | "quorum" | "maxAgeMs"
  >;
  regions: readonly Region[];
  /** The share of walks that fail, 0 to 1, each by chance: everywhere, or by region. */
  share: number | readonly number[];
}

/** Instants of the notice, ms after the failure began, with their probabilities; the rest follows geometrically. */
export interface Detection {
  meanMs: number;
  /** ms within which a share of the failures is notified. */
  quantile(share: number): number;
}

/** So many turns are followed one by one, and so many times a state is looked at in all. */
const [TURNS, LOOKS, MOST_STATES] = [900, 6e7, 2e6];

/** The probability of each state. */
type Distribution = Float64Array<ArrayBuffer>;

/**
 * The chain of a setting: what one event does to a distribution over states. A state is each group's (voters.ts), how many turns ago a
 * confirmation was called for (capped where it may be called for again), and whether one is called for right now; it is a place in an array.
 */
class Chain {
  readonly turns: number;
  readonly spacingMs: number;
  /** A confirmation comes this many whole turns after the one that called for it, and so long (ms) after that turn; undefined: there is none. */
  readonly confirmation: { turns: number; restMs: number } | undefined;
  readonly size: number;
  readonly #groups: VoterGroup[];
  /** How far apart in the array the states of a group are. */
  readonly #strides: number[];
  /** By the states of all groups: whether an incident is open. */
  readonly #told: Uint8Array;

  constructor({ check, regions, share }: DetectionSetting) {
    this.turns = turnsOf(check, regions);
    this.spacingMs = periodMs(check, 0) / this.turns;
    this.#groups = groupsOf(check, regions, (region) => typeof share === "number" ? share : share[region]!);
    let codes = 1;
    this.#strides = this.#groups.map(({ bad }) => {
      const stride = this.#own * codes;
      codes *= bad.length;
      return stride;
    });
    this.size = this.#own * codes;
    if (this.size > MOST_STATES) throw new RangeError(`Cannot plan ${this.#groups.length} groups of probers`);
    this.#told = Uint8Array.from({ length: codes }, (_, code) => this.#isTold(code, check, regions) ? 1 : 0);
    const whole = Math.ceil(check.confirmMs / this.spacingMs) - 1;
    if (check.confirmMs > 0 && whole < this.turns) {
      this.confirmation = { turns: whole, restMs: check.confirmMs - whole * this.spacingMs };
    }
  }

  /** What is no group's: how many turns ago, and whether called for now. */
  get #own(): number {
    return 2 * (this.turns + 1);
  }

  /** All votes good, and no confirmation was called for. */
  start(): Distribution {
    const start = new Float64Array(this.size);
    start[2 * this.turns] = 1;
    return start;
  }

  /** The probers of a turn walk; a first failure calls for a confirmation. Answers the probability that an incident opens. */
  turn(now: Distribution, turn: number): number {
    for (const [i, group] of this.#groups.entries()) if (group.turn === turn) this.#walk(now, i);
    return this.#settle(now, true);
  }

  /** A turn has passed since the last call for a confirmation. */
  age(now: Distribution): void {
    for (let base = 0; base < this.size; base += this.#own) {
      now[base + 2 * this.turns]! += now[base + 2 * (this.turns - 1)]!;
      for (let since = this.turns - 1; since > 0; since--) {
        now[base + 2 * since] = now[base + 2 * (since - 1)]!;
      }
      now[base] = 0;
    }
  }

  /** All probers walk once more, where a confirmation is due after this turn. Answers the probability that an incident opens. */
  confirm(now: Distribution): number {
    const due = new Float64Array(this.size);
    for (let at = 2 * this.confirmation!.turns; at < this.size; at += this.#own) {
      due[at] = now[at]!;
      now[at] = 0;
    }
    for (const i of this.#groups.keys()) this.#walk(due, i);
    const told = this.#settle(due, false);
    for (let at = 0; at < this.size; at++) now[at]! += due[at]!;
    return told;
  }

  /** One group walks. */
  #walk(now: Distribution, group: number): void {
    const { bad, steps } = this.#groups[group]!;
    const stride = this.#strides[group]!;
    const after = new Float64Array(this.size);
    for (let at = 0; at < this.size; at++) {
      const mass = now[at]!;
      if (mass === 0) continue;
      const state = Math.floor(at / stride) % bad.length;
      for (const { to, calls, chance } of steps[state]!) {
        after[at + (to - state) * stride + (calls && at % 2 === 0 ? 1 : 0)]! += mass * chance;
      }
    }
    now.set(after);
  }

  /** Removes the states in which an incident opens, and notes the confirmations that are due. */
  #settle(now: Distribution, calls: boolean): number {
    let told = 0;
    for (let at = 0; at < this.size; at++) {
      const mass = now[at]!;
      if (mass === 0) continue;
      const isCalled = at % 2 === 1;
      const isTold = this.#told[Math.floor(at / this.#own)] === 1;
      if (isTold) told += mass;
      if (isTold || isCalled) now[at] = 0;
      if (isTold || !isCalled) continue;
      const since = Math.floor((at % this.#own) / 2);
      now[calls && since === this.turns ? at - 1 - 2 * since : at - 1]! += mass;
    }
    return told;
  }

  #isTold(code: number, { quorum }: Pick<Check, "quorum">, regions: readonly Region[]): boolean {
    const bad = regions.map(() => 0);
    for (const [i, group] of this.#groups.entries()) {
      const state = Math.floor(code * this.#own / this.#strides[i]!) % group.bad.length;
      bad[group.region]! += group.bad[state]!;
    }
    const lost = regions.filter(({ quorum, probers }, r) => wins(quorum.open, bad[r]!, probers.length));
    return wins(quorum.open, lost.length, regions.length);
  }
}

/** One event of the chain, and the probability that an incident opens at it. */
interface Told {
  /** ms after the first turn. */
  at: number;
  mass: number;
}

/** Follows a chain from its turn `first` on: when an incident opens, and the probability that is left after each period. */
function follow(chain: Chain, first: number, most: number): { told: Told[]; left: number[] } {
  const told: Told[] = [];
  const left: number[] = [];
  const now = chain.start();
  for (let i = 0; i < most; i++) {
    const at = i * chain.spacingMs;
    if (i > 0) chain.age(now);
    told.push({ at, mass: chain.turn(now, (first + i) % chain.turns) });
    if (chain.confirmation) told.push({ at: at + chain.confirmation.restMs, mass: chain.confirm(now) });
    if ((i + 1) % chain.turns === 0) left.push(now.reduce((sum, mass) => sum + mass, 0));
    if ((left.at(-1) ?? 1) < 1e-6) break;
  }
  return { told, left };
}

/** How long it takes until a service incident opens, from a random instant within the period. */
export function detectionOf(setting: DetectionSetting): Detection {
  const chain = new Chain(setting);
  const most = Math.max(20 * chain.turns, Math.min(TURNS, Math.floor(LOOKS / chain.size / chain.turns)));
  const all = Array.from({ length: chain.turns }, (_, first) => follow(chain, first, most));
  const periodLength = chain.turns * chain.spacingMs;
  const told = all.flatMap(({ told, left }) => [...told, ...tailOf(told, left, periodLength)])
    .map(({ at, mass }) => ({ at, mass: mass / chain.turns })).filter(({ mass }) => mass > 0)
    .sort((a, b) => a.at - b.at);
  const { spacingMs } = chain;
  const within = (ms: number) =>
    told.reduce((sum, { at, mass }) => sum + mass * Math.min(1, Math.max(0, (ms - at) / spacingMs)), 0);
  return {
    meanMs: told.reduce((sum, { at, mass }) => sum + mass * (at + spacingMs / 2), 0),
    quantile(share) {
      let [low, high] = [0, (told.at(-1)?.at ?? 0) + spacingMs];
      for (let i = 0; i < 40; i++) {
        const middle = (low + high) / 2;
        if (within(middle) < share) low = middle;
        else high = middle;
      }
      return high;
    },
  };
}

/** What is left decays by the same factor each period: so many more periods, as its last one. */
function tailOf(told: readonly Told[], left: readonly number[], periodLength: number): Told[] {
  const [before, last] = [left.at(-2) ?? 1, left.at(-1) ?? 0];
  if (last < 1e-6 || last >= before) return [];
  const factor = last / before;
  const end = told.at(-1)!.at;
  const pieces = Math.min(2_000, Math.ceil(Math.log(1e-6) / Math.log(factor)));
  const each = Math.max(1, Math.ceil(Math.log(1e-6) / Math.log(factor) / pieces));
  return Array.from({ length: pieces }, (_, i) => ({
    at: end + (i * each + (each + 1) / 2) * periodLength,
    mass: last * factor ** (i * each) * (1 - factor ** each),
  }));
}

const WARM_UP = 20;

/** False service incidents a year: walks fail by chance alone. */
export function alarmsAYear(setting: DetectionSetting): number {
  const chain = new Chain(setting);
  const { told, left } = follow(chain, 0, WARM_UP * chain.turns);
  const periodLength = chain.turns * chain.spacingMs;
  const lastFrom = (WARM_UP - 1) * periodLength;
  const rate = told.filter(({ at }) => at >= lastFrom).reduce((sum, { mass }) => sum + mass, 0) /
    (left.at(-2) ?? 1);
  return rate * YEAR_MS / periodLength;
}

const YEAR_MS = 365 * 86_400_000;
