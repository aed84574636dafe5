import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** What went wrong, by its short name. */
const TITLES = {
  "not-found": [404, "There is no such thing"],
  "unauthorized": [401, "A bearer token is needed"],
  "forbidden": [403, "That is not open"],
  "bad-request": [400, "The request cannot be understood"],
  "too-large": [413, "The request body is too large"],
  "conflict": [409, "That is not possible now"],
  "rate-limited": [429, "That was too often"],
  "undecided": [424, "That cannot be decided now"],
  "busy": [503, "Too many are being answered now"],
  "internal": [500, "Assay failed to answer"],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

/** Kinds of problem that the API answers with. */
export type ProblemKind = keyof typeof TITLES;

/** An RFC 9457 problem document. `detail` must be free of secrets. */
export function problem(c: Context, kind: ProblemKind, detail: string, more: Record<string, unknown> = {}) {
  const [status, title] = TITLES[kind];
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (status === 401) headers["www-authenticate"] = 'Bearer realm="assay"';
  const body = { type: `urn:assay:problem:${kind}`, title, status, detail, instance: safePath(c), ...more };
  return c.body(JSON.stringify(body), status, headers);
}

/** The path of a request without the token that a gate's path may hold, or the signature of a link. */
export const safePath = (c: Context): string =>
  c.req.path.replace(/^(\/v1\/gates\/[^/]+\/k\/)[^/]+/, "$1***").replace(/^(\/acknowledge\/).+/, "$1***");
