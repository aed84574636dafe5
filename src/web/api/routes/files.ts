import { Hono } from "hono";
import { cors } from "hono/cors";
import { conditionalGet } from "../middleware/etag.ts";

/** Something that is the same for every config and everybody. */
export interface StaticFile {
  path: string;
  /** Its media type. */
  type: string;
  text: string;
  /** It is for our own pages, under a name that changes with its content. */
  isAsset?: boolean;
}

/** `GET` of each. `deno task schema` writes them to schema/ as well, which Cloudflare serves in front of the Worker. */
export function fileRoutes(all: readonly StaticFile[]): Hono {
  const app = new Hono();
  for (const { path, type, text, isAsset } of all) {
    const headers = {
      "content-type": type,
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "public, max-age=3600",
    };
    if (!isAsset) app.use(path, cors({ origin: "*" }), conditionalGet);
    app.get(path, (c) => c.body(text, 200, headers));
  }
  return app;
}
