import { Hono } from "../../hono.ts";
import type { ResourceContext } from "../resource.ts";
import type { Operation } from "../openapi/operation.ts";

/**
 * `GET /v1/backup`: the store as JSON lines, if it has no file that can be copied. `dump` starts a new dump.
 */
export function routes({ access }: Pick<ResourceContext, "access">, dump: () => Iterator<string>): Hono {
  const app = new Hono();
  app.get("/v1/backup", access.allow("admin"), (c) => {
    const pieces = dump();
    const utf8 = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { value, done } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(utf8.encode(value));
      },
    }, { highWaterMark: 0 });
    return c.body(body, 200, { "content-type": "application/jsonl", "cache-control": "no-store" });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/backup",
      id: "backUpStore",
      summary: "The store as JSON lines, for `assay backup --url` (Cloudflare only)",
      tag: "access",
      access: "admin",
      answers: {
        200: {
          description: "A header, one line per row, and the number of rows",
          type: "application/jsonl",
        },
      },
    },
  ];
}
