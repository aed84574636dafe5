/** How often one client may ask: a bucket per client in front of all routes, and a smaller one for tokens that are not known. */
import type { Context, MiddlewareHandler } from "hono";
import type { ApiConfig } from "../../../config/api.ts";
import type { Clock } from "../../../base/ports.ts";
import { clientAddress } from "./client_address.ts";
import { problem } from "./problem.ts";
import { MINUTE_MS } from "../../../base/time.ts";
import { Cache } from "../../../base/cache.ts";

/** Clients that one bucket remembers; past that the one that has asked nothing for longest starts anew. */
const CLIENTS = 10_000;
/** Paths that machines poll: load balancers, rollouts, Assay itself. */
const BUSY = /^\/(livez|readyz|startupz|v1\/rounds|v1\/gates\/.+)$/;
const BUSY_TIMES = 10;
/** Share of the requests of a client that may be refused as unauthorized. */
const FAILED_SHARE = 1 / 20;

/** Takes one from a client's bucket; answers 0, or after how many ms the next one is there. */
export type Bucket = (client: string) => number;

/**
 * A token bucket per client that holds a minute's worth. It keeps one number for each: when its bucket is full again
 * (the generic cell rate algorithm, ITU-T I.371).
 */
export function bucket(clock: Pick<Clock, "elapsed">, perMinute: number, clients = CLIENTS): Bucket {
  const fullAt = new Cache<string, number>({ max: clients });
  const oneMs = MINUTE_MS / perMinute;
  return (client) => {
    const nowMs = clock.elapsed();
    const next = Math.max(fullAt.get(client) ?? nowMs, nowMs) + oneMs;
    const waitMs = next - nowMs - MINUTE_MS;
    // Half a request, because the steps are no whole numbers.
    if (waitMs > oneMs / 2) return waitMs;
    fullAt.set(client, next);
    return 0;
  };
}

/** How long (ms) a client must wait until it may ask for this path; 0: not at all. */
export function clientLimit(clock: Pick<Clock, "elapsed">, perMinute: number) {
  const usual = bucket(clock, perMinute);
  const busy = bucket(clock, perMinute * BUSY_TIMES);
  return (path: string, client: string): number => (BUSY.test(path) ? busy : usual)(client);
}

/**
 * Answers 429 to a client that asks too often, and instead of 401 to one that shows wrong tokens too often. A right token is
 * never locked out by the wrong ones of others behind the same address. What has no address comes from inside.
 */
export function rateLimit(clock: Clock, config: ApiConfig): MiddlewareHandler {
  const { perMinute } = config.rateLimit;
  const limit = clientLimit(clock, perMinute);
  const failed = bucket(clock, Math.max(1, Math.floor(perMinute * FAILED_SHARE)));
  return async (c, next) => {
    const client = clientAddress(c, config);
    if (client === undefined) return await next();
    const waitMs = limit(c.req.path, client);
    if (waitMs > 0) return tooManyRequests(c, waitMs, "Too many requests came from this address");
    await next();
    if (c.res.status !== 401) return;
    const penaltyMs = failed(client);
    if (penaltyMs === 0) return;
    // The other headers of the old answer stay.
    c.res.headers.delete("www-authenticate");
    c.res = tooManyRequests(c, penaltyMs, "Too many requests without a known token came from this address");
  };
}

function tooManyRequests(c: Context, waitMs: number, detail: string): Response {
  const answer = problem(c, "rate-limited", detail);
  answer.headers.set("retry-after", String(Math.ceil(waitMs / 1_000)));
  return answer;
}
