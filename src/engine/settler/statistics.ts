/** What a settler has walked since the last report: one log line a minute for the operator. */
import type { Config } from "../../config/config.ts";
import { describeMissed, isForWantOfRoom } from "../../judgement/missed_rounds.ts";
import type { Landed } from "./collect.ts";
import type { Brought, Round } from "../../judgement/round.ts";

/** Counts of one minute; times in ms. */
export interface MinuteStatistics {
  /** Rounds that probers were asked for. */
  due: number;
  walked: number;
  missed: number;
  /** Missing rounds by reason. */
  reasons: Record<string, number>;
  /** The 95th percentile of round durations; absent: there were no rounds. */
  roundP95Ms?: number;
  /** The longest delay from the instant of a walk until it began. */
  lagMs: number;
  commits: number;
  notices: number;
}

/** Durations are counted in buckets 10 % apart, so that memory does not grow with the checks. */
const GROWTH = Math.log(1.1);

/** Counters that `take` resets. */
export class Statistics {
  #due = 0;
  #walked = 0;
  #reasons = new Map<string, number>();
  #took = new Map<number, number>();
  #lagMs = 0;
  #commits = 0;
  #notices = 0;

  /** Counts a walk that began `lagMs` after its instant. */
  countBegun(rounds: number, lagMs: number): void {
    this.#due += rounds;
    this.#lagMs = Math.max(this.#lagMs, lagMs);
  }

  countBrought(brought: Brought): void {
    if ("missed" in brought) {
      this.#reasons.set(brought.missed, (this.#reasons.get(brought.missed) ?? 0) + 1);
      return;
    }
    this.#walked++;
    const bucket = Math.ceil(Math.log(Math.max(1, tookMs(brought.round))) / GROWTH);
    this.#took.set(bucket, (this.#took.get(bucket) ?? 0) + 1);
  }

  countCommit(notices: number): void {
    this.#commits++;
    this.#notices += notices;
  }

  /** The counts since the last call. */
  take(): MinuteStatistics {
    const reasons = Object.fromEntries(this.#reasons);
    const taken: MinuteStatistics = {
      due: this.#due,
      walked: this.#walked,
      missed: Object.values(reasons).reduce((sum, count) => sum + count, 0),
      reasons,
      ...(this.#walked > 0 && { roundP95Ms: this.#percentile(0.95) }),
      lagMs: Math.round(this.#lagMs),
      commits: this.#commits,
      notices: this.#notices,
    };
    this.#due =
      this.#walked =
      this.#lagMs =
      this.#commits =
      this.#notices =
        0;
    this.#reasons.clear();
    this.#took.clear();
    return taken;
  }

  #percentile(share: number): number {
    let left = this.#walked * share;
    const buckets = [...this.#took].toSorted(([a], [b]) => a - b);
    const [bucket] = buckets.find(([, count]) => (left -= count) <= 0)!;
    return Math.round(Math.exp(bucket * GROWTH));
  }
}

/**
 * The rounds missed for lack of capacity in the last slot of their check, as far as this process has seen.
 */
export class MissedRoundsWatch {
  readonly #reasons = new Map<string, string>();
  readonly #of: number;

  constructor({ checks, regions }: Pick<Config, "checks" | "regions">) {
    this.#of = checks.length * regions.flatMap(({ probers }) => probers).length;
  }

  /** Records the results of some rounds and describes the shortage; undefined: there is none. */
  causeWith(landed: readonly Landed[]): string | undefined {
    for (const { ask: { prober }, check, brought, leftOut } of landed) {
      const id = `${prober} ${check.key}`;
      const isShort = "missed" in brought && !leftOut && isForWantOfRoom(brought.missed);
      if (isShort) this.#reasons.set(id, brought.missed);
      else if (this.#reasons.size > 0) this.#reasons.delete(id);
    }
    const reasons = [...new Set(this.#reasons.values())].sort();
    return reasons.length > 0
      ? describeMissed({ missed: this.#reasons.size, of: this.#of, reasons })
      : undefined;
  }
}

const tookMs = ({ before, after, observation }: Round): number =>
  (before?.durationMs ?? 0) + observation.totalMs + (after?.durationMs ?? 0);
