import type { MiddlewareHandler } from "hono";
import { etag, RETAINED_304_HEADERS } from "hono/etag";

/** A page of another origin that asks with If-None-Match itself must be let read the 304. */
const CORS = [
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-allow-credentials",
];
const addEtag = etag({ weak: true, retainedHeaders: [...RETAINED_304_HEADERS, ...CORS] });

/**
 * A client may keep the answer, and asks whether it still holds: ETag and 304 (RFC 9110, section 13.1.2). It is private unless the
 * route says more; problems are not kept at all.
 */
export const conditionalGet: MiddlewareHandler = (c, next) =>
  addEtag(c, async () => {
    await next();
    const { headers, ok } = c.res;
    if (!ok) return;
    headers.append("vary", "authorization, cookie");
    if (!headers.has("cache-control")) headers.set("cache-control", "private, no-cache");
  });
