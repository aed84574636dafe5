import type { Fetch } from "../ports.ts";

/** A request that was not sent, because all that its ask may send is spent: our own limit, never the target's fault. */
export class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";
}

/** What one round may send: what was set aside for it, and then of what nobody has set aside. */
export interface Reservation {
  /** Rejects with `QuotaExceeded` where nothing is left. */
  fetch: Fetch;
  /** Requests so far, rejected ones included: what the round really costs, or more than it could have. */
  attempts(): number;
  /** Gives back what was set aside and not used. */
  close(): void;
}

/** Sets `reserve` requests apart for one round, which sends by `fetch`; null: there are not so many left. */
export type Quota = (fetch: Fetch, reserve: number) => Reservation | null;

/** The requests of one ask, `total` in all, redirects included: the runtime counts these as well, and throws past its limit. */
export function quota(total: number): Quota {
  let free = total;
  return (fetch: Fetch, reserve) => {
    if (reserve > free) return null;
    free -= reserve;
    let reserved = reserve;
    let attempts = 0;
    return {
      fetch(url, outgoing) {
        attempts++;
        if (reserved > 0) reserved--;
        else if (free > 0) free--;
        else return Promise.reject(new QuotaExceeded(`this ask has sent all that it may: ${total}`));
        return fetch(url, outgoing);
      },
      attempts: () => attempts,
      close() {
        free += reserved;
        reserved = 0;
      },
    };
  };
}
