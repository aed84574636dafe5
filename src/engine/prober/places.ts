/**
 * A prober's connection slots, limited in total and per host. Waiters are served in order of arrival,
 * round-robin by host, so that a full host delays no other.
 */

import { Queue } from "../../base/queue.ts";

/** The order of service: short periods, the usual, second walks, then checks that were slow last time. */
export const RANKS = { short: 0, usual: 1, again: 2, slow: 3 } as const;

export type Rank = (typeof RANKS)[keyof typeof RANKS];

const IN_ORDER = Object.values(RANKS);

/**
 * A walk that waits for a place. `begin` is called once with a function that frees the place; it may be
 * called repeatedly.
 */
export interface Waiter {
  host: string;
  rank: Rank;
  begin(leave: () => void): void;
}

export interface PlacesOptions {
  total: number;
  perHost: number;
}

/** The share of places that slow walks must leave free; rounded down, so none where places are few. */
const KEPT_FOR_QUICK = 1 / 16;

export class Places {
  readonly #perHost: number;
  #free: number;
  /** Slow walks never take the last places, so that quick ones need not wait for them. */
  #freeForSlow: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = IN_ORDER.map(() => new Map<string, Queue<Waiter>>());
  /** By rank, the hosts that have room and a waiter; the next one first. */
  readonly #ready = IN_ORDER.map(() => new Queue<string>());

  constructor({ total, perHost }: PlacesOptions) {
    this.#free = total;
    this.#freeForSlow = total - Math.floor(total * KEPT_FOR_QUICK);
    this.#perHost = perHost;
  }

  /** Begins at once if a place is free, else later. */
  enter(waiter: Waiter): void {
    const { host, rank } = waiter;
    const waiting = this.#waiting[rank]!;
    const same = waiting.get(host) ?? new Queue();
    waiting.set(host, same);
    same.add(waiter);
    if (this.#hasRoom(host)) this.#ready[rank]!.add(host);
    this.#beginNext();
  }

  /** Removes a waiter; false: it has begun. */
  withdraw(waiter: Waiter): boolean {
    const { host, rank } = waiter;
    const same = this.#waiting[rank]!.get(host);
    if (!same?.delete(waiter)) return false;
    if (same.size === 0) this.#forget(host, rank);
    return true;
  }

  /**
   * Takes a place of `host` if one is free now. It never waits, so walks that hold a place and want more
   * cannot deadlock.
   */
  tryEnter(host: string): (() => void) | undefined {
    if (this.#free > 0 && this.#hasRoom(host)) return this.#take(host, RANKS.usual);
  }

  #hasRoom = (host: string) => (this.#taken.get(host) ?? 0) < this.#perHost;

  #beginNext(): void {
    while (this.#free > 0) {
      const rank = this.#ready.findIndex((hosts, rank) =>
        hosts.size > 0 && (rank !== RANKS.slow || this.#freeForSlow > 0)
      ) as Rank | -1;
      if (rank === -1) return;
      const ready = this.#ready[rank]!;
      const host = ready.take();
      const same = this.#waiting[rank]!.get(host)!;
      const waiter = same.take();
      const leave = this.#take(host, rank);
      if (same.size === 0) this.#forget(host, rank);
      else if (this.#hasRoom(host)) ready.add(host); // the host goes to the end of the line
      waiter.begin(leave);
    }
  }

  #take(host: string, rank: Rank): () => void {
    const isSlow = rank === RANKS.slow;
    this.#free--;
    if (isSlow) this.#freeForSlow--;
    this.#taken.set(host, (this.#taken.get(host) ?? 0) + 1);
    if (!this.#hasRoom(host)) { for (const hosts of this.#ready) hosts.delete(host); }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free++;
      if (isSlow) this.#freeForSlow++;
      const left = this.#taken.get(host)! - 1;
      if (left > 0) this.#taken.set(host, left);
      else this.#taken.delete(host);
      for (const rank of IN_ORDER) {
        if (this.#waiting[rank]!.has(host)) this.#ready[rank]!.add(host);
      }
      this.#beginNext();
    };
  }

  #forget(host: string, rank: Rank): void {
    this.#waiting[rank]!.delete(host);
    this.#ready[rank]!.delete(host);
  }
}
