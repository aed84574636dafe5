/** Assay under a path of somebody's domain: a proxy takes the path away on the way in, and the pages put it into what they link to. */
import type { MiddlewareHandler } from "hono";

/** The path of `publicUrl` without a slash at its end; empty at the root. */
export const basePathOf = ({ publicUrl }: { publicUrl?: string }): string =>
  publicUrl ? new URL(publicUrl).pathname.replace(/\/+$/, "") : "";

/** Paths in our own markup: what others wrote is escaped, so no attribute can begin in it. */
const PATHS = / (href|src|action|data-next)="\/(?!\/)/g;

/** Prefixes the paths of pages and redirects. */
export const underPath = (base: string): MiddlewareHandler => async (c, next) => {
  await next();
  if (base === "") return;
  const location = c.res.headers.get("location");
  if (location?.startsWith("/")) c.res.headers.set("location", base + location);
  if (!c.res.headers.get("content-type")?.startsWith("text/html")) return;
  const html = (await c.res.text()).replace(PATHS, ` $1="${base}/`);
  c.res = new Response(html, { status: c.res.status, headers: c.res.headers });
};
