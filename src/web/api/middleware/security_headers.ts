/** Headers that every answer has, unless its route sets its own. */
import type { MiddlewareHandler } from "hono";

/** For answers that are data: no browser is to run, frame or guess anything. TLS, and so HSTS, is the business of who terminates it. */
export const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** Adds {@linkcode SECURITY_HEADERS}; a page brings its own policy, a badge its own cache and `cross-origin`. */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
      if (!headers.has(name)) headers.set(name, value);
    }
  };
}
