import type { Fetch } from "../ports.ts";

/** A request that was not sent, because all that its ask may send is spent: our own limit, never the target's fault. */
export class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";
}

/** A round's share of the request budget: its reservation first, then the unreserved rest. */
export interface Reservation {
  /** Rejects with `QuotaExceeded` where nothing is left. */
  fetch: Fetch;
  /** The same for what is sent by other means. */
  count<T>(send: () => Promise<T>): Promise<T>;
  /** Requests so far, rejected ones included: what the round really costs, or more than it could have. */
  attempts(): number;
  /** Gives back what was set aside and not used. */
  close(): void;
}

/**
 * What all rounds of one process or object may send until it is renewed, redirects included: the runtime counts these as well, and throws
 * past its limit.
 */
export interface Quota {
  /** Sets so many requests apart for one round, which sends by `fetch`; null: there are not so many left. */
  reserve(fetch: Fetch, requests: number): Reservation | null;
  /** Reserves so many requests; answers a function that releases them, once. Null: fewer than that are unreserved. */
  promise(requests: number): (() => void) | null;
  /** All of it again, less what is set apart. */
  renew(): void;
}

/** Counts nothing. */
const UNLIMITED: Quota = {
  reserve: (fetch) => ({ fetch, count: (send) => send(), attempts: () => 0, close() {} }),
  promise: () => () => {},
  renew() {},
};

/** A quota of `total` requests; Infinity: no limit. */
export function quota(total: number): Quota {
  if (total === Infinity) return UNLIMITED;
  let free = total;
  let apart = 0;
  let promised = 0;
  const reserve: Quota["reserve"] = (fetch, requests) => {
    if (requests > free) return null;
    free -= requests;
    apart += requests;
    let reserved = requests;
    let attempts = 0;
    const count: Reservation["count"] = (send) => {
      attempts++;
      if (reserved > 0) {
        reserved--;
        apart--;
      } else if (free > 0) free--;
      else return Promise.reject(new QuotaExceeded(`this ask has sent all that it may: ${total}`));
      return send();
    };
    return {
      fetch: (url, outgoing) => count(() => fetch(url, outgoing)),
      count,
      attempts: () => attempts,
      close() {
        free += reserved;
        apart -= reserved;
        reserved = 0;
      },
    };
  };
  const promise: Quota["promise"] = (requests) => {
    if (requests > free - promised) return null;
    promised += requests;
    let isOpen = true;
    return () => {
      if (isOpen) promised -= requests;
      isOpen = false;
    };
  };
  return { reserve, promise, renew: () => void (free = total - apart) };
}
