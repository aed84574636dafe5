import { Hono } from "hono";
import * as z from "zod";
import type { Store } from "../store/store.ts";
import type { Access } from "./access.ts";
import { problem } from "./problem.ts";
import { limit, query } from "./query.ts";
import { incidentView } from "./view.ts";

const filters = z.strictObject({
  limit,
  before: z.string().max(200).optional(),
  state: z.enum(["open", "resolved"]).optional(),
  target: z.string().max(100).optional(),
  check: z.string().max(100).optional(),
});

/** `GET /v1/incidents` (newest first, `next` is the cursor) and `GET /v1/incidents/{id}`. */
export function incidents(store: Store, access: Access): Hono {
  const app = new Hono();

  app.get("/v1/incidents", access.allow("read"), async (c) => {
    const read = query(c, filters);
    if ("response" in read) return read.response;
    const { items, next } = await store.incidents(read.value);
    return c.json({ incidents: items.map(incidentView), next });
  });

  app.get("/v1/incidents/:id", access.allow("read"), async (c) => {
    const incident = await store.incident(c.req.param("id"));
    if (!incident) return problem(c, "not-found", "No incident has this id");
    const sent = await store.deliveries({ incident: incident.id, limit: 200 });
    const deliveries = sent.items.map(({ id, webhook, type, state, attempts }) => ({
      id,
      webhook,
      type,
      state,
      attempts,
    }));
    return c.json({ ...incidentView(incident), deliveries });
  });

  return app;
}
