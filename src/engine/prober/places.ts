/**
 * The connections of one prober: so many in all, so many to one host. Who waits is begun in the order he came, host by host, so that
 * a host whose places are taken holds up no other.
 */

/** What is served first: checks of short periods, then the usual, then second walks, then those that were slow the last time. */
export const RANKS = { short: 0, usual: 1, again: 2, slow: 3 } as const;

/** A rank by its number. */
export type Rank = (typeof RANKS)[keyof typeof RANKS];

/** Who waits for a place. `begin` is called once, with what gives the place back: once or more, early or late. */
export interface Waiter {
  host: string;
  rank: Rank;
  begin(leave: () => void): void;
}

/** How many places there are. */
export interface PlacesOptions {
  total: number;
  perHost: number;
}

/** The share of all places that slow ones leave; none where there are few. */
const KEPT_FOR_QUICK = 1 / 16;

/** Hands out places. */
export class Places {
  readonly #perHost: number;
  #free: number;
  /** Slow ones never take the last places: who is quick does not wait for them. */
  #freeForSlow: number;
  readonly #taken = new Map<string, number>();
  readonly #waiting = Object.values(RANKS).map(() => new Map<string, Set<Waiter>>());
  /** Of each rank the hosts with room and with somebody who waits, the next one first. */
  readonly #ready = Object.values(RANKS).map(() => new Set<string>());

  constructor({ total, perHost }: PlacesOptions) {
    this.#free = total;
    this.#freeForSlow = total - Math.floor(total * KEPT_FOR_QUICK);
    this.#perHost = perHost;
  }

  /** Begins at once if there is a place, else later. */
  enter(waiter: Waiter): void {
    const { host, rank } = waiter;
    const waiting = this.#waiting[rank]!;
    const same = waiting.get(host);
    if (same) same.add(waiter);
    else waiting.set(host, new Set([waiter]));
    if (this.#hasRoom(host)) this.#ready[rank]!.add(host);
    this.#beginNext();
  }

  /** Takes back a waiter; false: it has begun. */
  withdraw(waiter: Waiter): boolean {
    const { host, rank } = waiter;
    const same = this.#waiting[rank]!.get(host);
    if (!same?.delete(waiter)) return false;
    if (same.size === 0) this.#forget(host, rank);
    return true;
  }

  /** A place of `host` if one is free at this moment: who holds one may ask for more without waiting for others that do the same. */
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
      const [host] = ready as Set<string> & [string];
      const same = this.#waiting[rank]!.get(host)!;
      const [waiter] = same as Set<Waiter> & [Waiter];
      same.delete(waiter);
      ready.delete(host);
      const leave = this.#take(host, rank);
      if (same.size === 0) this.#forget(host, rank);
      else if (this.#hasRoom(host)) ready.add(host); // behind the others
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
      for (const rank of Object.values(RANKS)) {
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
