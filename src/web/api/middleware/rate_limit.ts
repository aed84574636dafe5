/** Rate limits: buckets per client for all requests, and a smaller one for requests refused with 401. */
import type { Context, MiddlewareHandler } from "hono";
import type { ApiConfig } from "../../../config/api.ts";
import type { Clock } from "../../../base/ports.ts";
import { clientAddress } from "./client_address.ts";
import { problem } from "./problem.ts";
import { MINUTE_MS } from "../../../base/time.ts";
import { Cache } from "../../../base/cache.ts";

/** Clients per limiter. When it is full, the client whose last accepted request is oldest is forgotten. */
const CLIENTS = 10_000;
/** Paths that machines poll: load balancers, rollouts, Assay itself. Their limit is ten times higher. */
const BUSY = /^\/(livez|readyz|startupz|v1\/rounds|v1\/gates\/.+)$/;
const BUSY_TIMES = 10;
/** Share of a client's requests that may be refused with 401. */
const FAILED_SHARE = 1 / 20;

/** Takes one request from a client's bucket. Returns 0, or the ms until the next one is available. */
export type Bucket = (client: string) => number;

/**
 * A token bucket per client that holds one minute's worth of requests. It stores one number per client: when
 * the bucket will be full again (generic cell rate algorithm, ITU-T I.371).
 */
export function bucket(clock: Pick<Clock, "elapsed">, perMinute: number, clients = CLIENTS): Bucket {
  const fullAt = new Cache<string, number>({ max: clients });
  const oneMs = MINUTE_MS / perMinute;
  return (client) => {
    const nowMs = clock.elapsed();
    const next = Math.max(fullAt.get(client) ?? nowMs, nowMs) + oneMs;
    const waitMs = next - nowMs - MINUTE_MS;
    // Tolerates half a request, because of rounding errors.
    if (waitMs > oneMs / 2) return waitMs;
    fullAt.set(client, next);
    return 0;
  };
}

/** How long (ms) a client must wait before it may request this path; 0: not at all. */
export function clientLimit(clock: Pick<Clock, "elapsed">, perMinute: number) {
  const usual = bucket(clock, perMinute);
  const busy = bucket(clock, perMinute * BUSY_TIMES);
  return (path: string, client: string): number => (BUSY.test(path) ? busy : usual)(client);
}

/**
 * Responds 429 to a client that sends too many requests, and instead of 401 to one that sends too many wrong
 * tokens. Other clients behind the same address can still use a correct token. Requests without an address
 * come from inside and are not limited.
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
    // The old response's other headers are kept.
    c.res.headers.delete("www-authenticate");
    c.res = tooManyRequests(c, penaltyMs, "Too many requests without a known token came from this address");
  };
}

function tooManyRequests(c: Context, waitMs: number, detail: string): Response {
  const answer = problem(c, "rate-limited", detail);
  answer.headers.set("retry-after", String(Math.ceil(waitMs / 1_000)));
  return answer;
}
