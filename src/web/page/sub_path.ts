/**
 * Support for serving Assay under a path: a proxy strips the path from requests, and the pages add it to
 * their links.
 */
import type { MiddlewareHandler } from "hono";

/** The path of `publicUrl` without a trailing slash; empty at the root. */
export const basePathOf = ({ publicUrl }: { publicUrl?: string }): string =>
  publicUrl ? new URL(publicUrl).pathname.replace(/\/+$/, "") : "";

/** Paths in our own markup. Text from outside is escaped, so it cannot contain an attribute. */
const PATHS = / (href|src|action|data-next)="\/(?!\/)/g;

/** Prefixes the paths in pages and redirects. */
export const underPath = (base: string): MiddlewareHandler => async (c, next) => {
  await next();
  if (base === "") return;
  const location = c.res.headers.get("location");
  if (location?.startsWith("/")) c.res.headers.set("location", base + location);
  if (!c.res.headers.get("content-type")?.startsWith("text/html")) return;
  const html = (await c.res.text()).replace(PATHS, ` $1="${base}/`);
  c.res = new Response(html, { status: c.res.status, headers: c.res.headers });
};
