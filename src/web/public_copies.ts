/**
 * What everybody may see, from a copy that is a few seconds old: a page that many look at must not use up what the one behind it may answer.
 *
 *     request -> limit of its client -> public, and without a token? -> copy, else ask and keep
 */
import type { Clock } from "../base/ports.ts";
import { Cache } from "../base/cache.ts";
import { networkOf } from "./api/middleware/client_address.ts";
import { clientLimit } from "./api/middleware/rate_limit.ts";
import { SECURITY_HEADERS } from "./api/middleware/security_headers.ts";

/** What has a public form: the pages, coarse status, badges, cards, the Statuspage shape. */
const PUBLIC = /^\/(?:status|v1\/status|v1\/badges\/[^/]+|cards\/[^/]+|api\/v2\/[^/]+)?$/;
/** Headers by which an answer may differ, or that show who asks. */
const SAME = ["accept", "accept-language", "origin"];
const PERSONAL = ["authorization", "cookie"];

const COPY_MS = 10_000;
/** Copies at most, and bytes of one. */
const COPIES = 200;
const COPY_BYTES = 256 * 1024;

interface Copy {
  body: ArrayBuffer;
  headers: [string, string][];
}

/** How a request is answered by the one behind, and what its client may ask. */
export interface PublicCopiesOptions {
  clock: Clock;
  /** Requests of one client a minute. */
  perMinute: number;
  ask(request: Request): Promise<Response>;
}

/** Answers requests; `client` is the address of the client, undefined for internal requests. */
export function publicCopies(
  { clock, perMinute, ask }: PublicCopiesOptions,
): (request: Request, client: string | undefined) => Promise<Response> {
  const limit = clientLimit(clock, perMinute);
  const copies = new Cache<string, Copy>({ max: COPIES, ttlMs: COPY_MS, clock });

  /** Nothing is shared but bytes: what one request waits for must not be another's. */
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
    const isPersonal = PERSONAL.some((name) => request.headers.has(name));
    if (request.method !== "GET" || isPersonal || !PUBLIC.test(pathname)) return await ask(request);
    const key = JSON.stringify([pathname, search, ...SAME.map((name) => request.headers.get(name))]);
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
