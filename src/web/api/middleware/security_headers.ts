/** Security headers of every response that does not set its own. */
import type { MiddlewareHandler } from "hono";

/**
 * For responses that are data: a browser must not run, frame or sniff them. HSTS is left to whatever
 * terminates TLS.
 */
export const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "content-security-policy":
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * Adds the {@linkcode SECURITY_HEADERS} that a response lacks. Creating a response with all of them costs ten
 * times as much CPU.
 */
export function secure(response: Response): Response {
  const { headers } = response;
  // Only this function sets x-frame-options, together with the others.
  if (headers.has("x-frame-options")) return response;
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return response;
}

/** Secures every response. Pages set their own policy; badges set their own caching and `cross-origin`. */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    secure(c.res);
  };
}
