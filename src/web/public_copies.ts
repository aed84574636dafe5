/**
 * Caches public responses for a few seconds, so that visitors of a public page do not use up the requests
 * that the backend can serve.
 *
 *     request -> rate limit of its client -> public path, no credentials? -> cached copy, else ask and keep
 */
import type { Clock } from "../base/ports.ts";
import { Cache } from "../base/cache.ts";
import { networkOf } from "./api/middleware/client_address.ts";
import { clientLimit } from "./api/middleware/rate_limit.ts";
import { SECURITY_HEADERS } from "./api/middleware/security_headers.ts";

/** Paths with a public response: pages, coarse status, badges, cards, the Statuspage API. */
const PUBLIC = /^\/(?:status|v1\/status|v1\/badges\/[^/]+|cards\/[^/]+|api\/v2\/[^/]+)?$/;
/** Request headers that may change a public response. They are part of the cache key. */
const VARY_HEADERS = ["accept", "accept-language", "origin"];
/** A request with one of these is never answered from a copy. */
const CREDENTIAL_HEADERS = ["authorization", "cookie"];

const COPY_MS = 10_000;
/** Maximum number of copies, and maximum bytes of each. */
const COPIES = 200;
const COPY_BYTES = 256 * 1024;

interface Copy {
  body: ArrayBuffer;
  headers: [string, string][];
}

/** The backend, and the rate limit of a client. */
export interface PublicCopiesOptions {
  clock: Clock;
  /** Requests per client per minute. */
  perMinute: number;
  ask(request: Request): Promise<Response>;
}

/** Answers requests. `client` is the client's address, undefined for internal requests. */
export function publicCopies(
  { clock, perMinute, ask }: PublicCopiesOptions,
): (request: Request, client: string | undefined) => Promise<Response> {
  const limit = clientLimit(clock, perMinute);
  const copies = new Cache<string, Copy>({ max: COPIES, ttlMs: COPY_MS, clock });

  /** Keeps plain bytes: on Workers a request must not wait for another request's I/O. */
  const keep = async (key: string, answer: Response): Promise<Response> => {
    const length = Number(answer.headers.get("content-length") ?? 0);
    if (answer.status !== 200 || answer.headers.has("set-cookie") || length > COPY_BYTES) return answer;
    const body = await answer.arrayBuffer();
    const headers = [...answer.headers];
    if (body.byteLength <= COPY_BYTES) copies.set(key, { body, headers });
    return new Response(body, { headers });
  };

  return async (request, client) => {
    const { pathname, search } = new URL(request.url);
    const waitMs = client === undefined ? 0 : limit(pathname, networkOf(client));
    if (waitMs > 0) return tooMany(waitMs);
    const hasCredentials = CREDENTIAL_HEADERS.some((name) => request.headers.has(name));
    if (request.method !== "GET" || hasCredentials || !PUBLIC.test(pathname)) return await ask(request);
    const key = JSON.stringify([pathname, search, ...VARY_HEADERS.map((name) => request.headers.get(name))]);
    const copy = copies.get(key);
    return copy ? new Response(copy.body, { headers: copy.headers }) : await keep(key, await ask(request));
  };
}

function tooMany(waitMs: number): Response {
  const detail = "Too many requests came from this address";
  const body = { type: "urn:assay:problem:rate-limited", title: "Too many requests", status: 429, detail };
  return Response.json(body, {
    status: 429,
    headers: {
      ...SECURITY_HEADERS,
      "content-type": "application/problem+json",
      "retry-after": String(Math.ceil(waitMs / 1_000)),
    },
  });
}
