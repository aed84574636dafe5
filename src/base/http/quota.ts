import type { Fetch } from "../ports.ts";

/** A request was not sent because the quota is used up: our own limit, never the target's fault. */
export class QuotaExceeded extends Error {
  override readonly name = "QuotaExceeded";
}

/** A round's share of the request budget: its reservation first, then the unreserved rest. */
export interface Reservation {
  /** Rejects with `QuotaExceeded` if nothing is left. */
  fetch: Fetch;
  /** Counts a request that is sent by other means. */
  count<T>(send: () => Promise<T>): Promise<T>;
  /** Requests so far, rejected ones included: the round's real demand. */
  attempts(): number;
  /** Releases the unused rest of the reservation. */
  close(): void;
}

/**
 * The requests that all rounds of a process or object may send until `renew`, redirects included. The runtime
 * also counts them and throws above its limit.
 */
export interface Quota {
  /** Reserves this many requests for one round, which sends by `fetch`; null: fewer are left. */
  reserve(fetch: Fetch, requests: number): Reservation | null;
  /** Promises this many requests; the returned function releases them, once. Null: fewer are unpromised. */
  promise(requests: number): (() => void) | null;
  /** Resets the quota to the total less current reservations. */
  renew(): void;
}

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
