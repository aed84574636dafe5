/** The style sheet and the script, under names that change with their content. */
import { Hono } from "hono";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** FNV-1a, 32 bits: tells one content from another. */
function mark(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

const asset = (name: string, type: string, text: string) => ({
  path: `/assets/${name}?${mark(text)}`,
  type: `${type}; charset=utf-8`,
  text,
});

/** Both, and where they are served. */
export const ASSETS = {
  style: asset("page.css", "text/css", STYLE),
  script: asset("page.js", "text/javascript", SCRIPT),
} as const;

/** `GET /assets/page.css` and `/assets/page.js`: a year with the mark of the present content, else asked for again. */
export function assets(): Hono {
  const app = new Hono();
  for (const { path, type, text } of Object.values(ASSETS)) {
    const [name, hash] = path.split("?") as [string, string];
    app.get(name, (c) => {
      const etag = `"${hash}"`;
      const isPresent = c.req.url.endsWith(`?${hash}`);
      c.header("etag", etag);
      c.header("cache-control", isPresent ? "public, max-age=31536000, immutable" : "no-cache");
      if (c.req.header("if-none-match") === etag) return c.body(null, 304);
      return c.body(text, 200, { "content-type": type });
    });
  }
  return app;
}
