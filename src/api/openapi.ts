import { Hono } from "hono";
import { cors } from "hono/cors";
import { conditional } from "./conditional.ts";

/** `GET /v1/openapi.json`: the document that `deno task schema` writes. It holds nothing of a config, so it is public. */
export function openapi(document: string): Hono {
  const app = new Hono();
  app.get(
    "/v1/openapi.json",
    cors({ origin: "*" }),
    conditional,
    (c) =>
      c.body(document, 200, { "content-type": "application/json", "cache-control": "public, max-age=3600" }),
  );
  return app;
}
