import type { MiddlewareHandler } from "hono";
import { etag, RETAINED_304_HEADERS } from "hono/etag";

/** A page of another origin that sends If-None-Match itself needs these headers to read the 304. */
const CORS = [
  "access-control-allow-origin",
  "access-control-expose-headers",
  "access-control-allow-credentials",
];
const addEtag = etag({ weak: true, retainedHeaders: [...RETAINED_304_HEADERS, ...CORS] });

/**
 * Conditional requests with ETag and 304 (RFC 9110, section 13.1.2). Responses are private unless the route
 * says otherwise; problem documents are not cached.
 */
export const conditionalGet: MiddlewareHandler = (c, next) =>
  addEtag(c, async () => {
    await next();
    const { headers, ok } = c.res;
    if (!ok) return;
    headers.append("vary", "authorization, cookie");
    if (!headers.has("cache-control")) headers.set("cache-control", "private, no-cache");
  });
