import { Hono } from "../../hono.ts";
import { cors } from "hono/cors";
import * as z from "../../../base/zod.ts";
import { conditionalGet } from "../middleware/etag.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";

/** A file that is the same for every config and every client. */
export interface StaticFile {
  path: string;
  /** Media type. */
  type: string;
  text: string;
  /** A page asset, whose path changes with its content. */
  isAsset?: boolean;
}

/**
 * Serves the files. `deno task schema` also writes them to schema/, which Cloudflare serves in front of the
 * Worker.
 */
export function routes({ files }: { files: readonly StaticFile[] }): Hono {
  const app = new Hono();
  for (const { path, type, text, isAsset } of files) {
    const headers = {
      "content-type": type,
      "cache-control": isAsset ? "public, max-age=31536000, immutable" : "public, max-age=3600",
    };
    if (!isAsset) app.use(path, cors({ origin: "*" }), conditionalGet);
    app.get(path, (c) => c.body(text, 200, headers));
  }
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/openapi.json",
      id: "getOpenApi",
      summary: "This document",
      tag: "access",
      access: "public",
      answers: { 200: jsonAnswer("OpenAPI 3.1", z.looseObject({})), 304: emptyAnswer("Not modified") },
    },
  ];
}
