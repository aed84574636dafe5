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

/** The walks of one host. */
interface Host {
  name: string;
  /** Places that it has taken. */
  taken: number;
  /** Its waiters, by rank. */
  waiting: (Queue<Waiter> | undefined)[];
}

export class Places {
  readonly #perHost: number;
  #free: number;
  /** Slow walks never take the last places, so that quick ones need not wait for them. */
  #freeForSlow: number;
  /** The hosts that have taken a place or wait for one. */
  readonly #hosts = new Map<string, Host>();
  /** By rank, the hosts that have room and a waiter; the next one first. */
  readonly #ready = IN_ORDER.map(() => new Queue<Host>());

  constructor({ total, perHost }: PlacesOptions) {
    this.#free = total;
    this.#freeForSlow = total - Math.floor(total * KEPT_FOR_QUICK);
    this.#perHost = perHost;
  }

  /** Begins at once if a place is free, else later. */
  enter(waiter: Waiter): void {
    const host = this.#hostOf(waiter.host);
    (host.waiting[waiter.rank] ??= new Queue()).add(waiter);
    if (this.#hasRoom(host)) this.#ready[waiter.rank]!.add(host);
    this.#beginNext();
  }

  /** Removes a waiter; false: it has begun. */
  withdraw(waiter: Waiter): boolean {
    const host = this.#hosts.get(waiter.host);
    const same = host?.waiting[waiter.rank];
    if (!host || !same?.delete(waiter)) return false;
    if (same.size === 0) this.#ready[waiter.rank]!.delete(host);
    this.#forgetIfIdle(host);
    return true;
  }

  /**
   * Takes a place of `host` if one is free now. It never waits, so walks that hold a place and want more
   * cannot deadlock.
   */
  tryEnter(name: string): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    const host = this.#hostOf(name);
    if (this.#hasRoom(host)) return this.#take(host, RANKS.usual);
  }

  #hostOf(name: string): Host {
    const known = this.#hosts.get(name);
    if (known) return known;
    const host: Host = { name, taken: 0, waiting: [] };
    this.#hosts.set(name, host);
    return host;
  }

  #hasRoom(host: Host): boolean {
    return host.taken < this.#perHost;
  }

  #beginNext(): void {
    while (this.#free > 0) {
      const rank = IN_ORDER.find((rank) =>
        this.#ready[rank]!.size > 0 && (rank !== RANKS.slow || this.#freeForSlow > 0)
      );
      if (rank === undefined) return;
      const host = this.#ready[rank]!.take();
      const same = host.waiting[rank]!;
      const waiter = same.take();
      const leave = this.#take(host, rank);
      // The host goes to the end of the line.
      if (same.size > 0 && this.#hasRoom(host)) this.#ready[rank]!.add(host);
      waiter.begin(leave);
    }
  }

  #take(host: Host, rank: Rank): () => void {
    const isSlow = rank === RANKS.slow;
    this.#free--;
    if (isSlow) this.#freeForSlow--;
    host.taken++;
    if (!this.#hasRoom(host)) { for (const hosts of this.#ready) hosts.delete(host); }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free++;
      if (isSlow) this.#freeForSlow++;
      host.taken--;
      for (const rank of IN_ORDER) if (host.waiting[rank]?.size) this.#ready[rank]!.add(host);
      this.#forgetIfIdle(host);
      this.#beginNext();
    };
  }

  #forgetIfIdle(host: Host): void {
    if (host.taken === 0 && !host.waiting.some((same) => same?.size)) this.#hosts.delete(host.name);
  }
}
