import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

/**
 * Allows pages of these origins to read the API; without origins no CORS headers are sent. Cookies are never
 * allowed.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler[] {
  if (origins.length === 0) return [];
  return [cors({
    origin: origins.includes("*") ? "*" : [...origins],
    allowMethods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
    allowHeaders: ["authorization", "content-type", "if-none-match", "last-event-id"],
    exposeHeaders: ["etag", "retry-after", "www-authenticate"],
    maxAge: 600,
  })];
}
