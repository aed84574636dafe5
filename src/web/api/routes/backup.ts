import { Hono } from "../../hono.ts";
import type { ResourceContext } from "../resource.ts";
import type { Operation } from "../openapi/operation.ts";

/** `GET /v1/backup`: the store of a process whose file cannot be copied, as lines of JSON. `dump` begins one. */
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

/** The same, for the document of the API. */
export function operations(): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/backup",
      id: "backUpStore",
      summary: "The store as lines of JSON, for `assay backup --url` (on Cloudflare alone)",
      tag: "access",
      access: "admin",
      answers: {
        200: {
          description: "A head, a line for each row, and how many there were",
          type: "application/jsonl",
        },
      },
    },
  ];
}
