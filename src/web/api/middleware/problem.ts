import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** Status and title of each kind of problem. */
const TITLES = {
  "not-found": [404, "Not found"],
  "unauthorized": [401, "Token required"],
  "forbidden": [403, "Forbidden"],
  "bad-request": [400, "Bad request"],
  "too-large": [413, "Request body too large"],
  "conflict": [409, "Conflict"],
  "rate-limited": [429, "Too many requests"],
  "undecided": [424, "Undecided"],
  "busy": [503, "Overloaded"],
  "internal": [500, "Internal error"],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

/** Kinds of problem in API responses. */
export type ProblemKind = keyof typeof TITLES;

/** An RFC 9457 problem document. `detail` must be free of secrets. */
export function problem(c: Context, kind: ProblemKind, detail: string, more: Record<string, unknown> = {}) {
  const [status, title] = TITLES[kind];
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="assay"';
  const body = { type: `urn:assay:problem:${kind}`, title, status, detail, instance: safePath(c), ...more };
  return c.body(JSON.stringify(body), status, headers);
}

/** The path of a request, with a gate's token or a link's signature masked. */
export const safePath = (c: Context): string =>
  c.req.path.replace(/^(\/v1\/gates\/[^/]+\/k\/)[^/]+/, "$1***").replace(/^(\/acknowledge\/).+/, "$1***");
