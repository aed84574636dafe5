import type { Fetch } from "../ports.ts";

/** A request that was not sent, because all that its ask may send is spent: our own limit, never the target's fault. */
export class Spent extends Error {
  override readonly name = "Spent";
}

/** What one round may send: what was set aside for it, and then of what nobody has set aside. */
export interface Share {
  /** Rejects with `Spent` where nothing is left. */
  fetch: Fetch;
  /** Requests so far, rejected ones included: what the round really costs, or more than it could have. */
  wanted(): number;
  /** Gives back what was set aside and not used. */
  close(): void;
}

/** Sets `aside` requests apart for one round, which sends by `fetch`; null: there are not so many left. */
export type Allowance = (fetch: Fetch, aside: number) => Share | null;

/** The requests of one ask, `total` in all, redirects included: the runtime counts these as well, and throws past its limit. */
export function allowance(total: number): Allowance {
  let free = total;
  return (fetch: Fetch, aside) => {
    if (aside > free) return null;
    free -= aside;
    let own = aside;
    let wanted = 0;
    return {
      fetch(url, outgoing) {
        wanted++;
        if (own > 0) own--;
        else if (free > 0) free--;
        else return Promise.reject(new Spent(`this ask has sent all that it may: ${total}`));
        return fetch(url, outgoing);
      },
      wanted: () => wanted,
      close() {
        free += own;
        own = 0;
      },
    };
  };
}
