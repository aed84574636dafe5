import { Hono } from "../../hono.ts";
import { iso } from "../../../base/time.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";
import { sinkViews } from "../views/sinks.ts";

/**
 * `GET /v1/sinks` and `POST /v1/sinks/{id}/flush`. Notices are not about a single target, so both need a
 * token for all targets.
 */
export function routes(
  { ports: { clock }, config, store, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "access"
  >,
): Hono {
  const app = new Hono();

  app.get("/v1/sinks", access.allow("read"), async (c) => {
    if (!(await access.principal(c))?.all) return await access.refuse(c, "read");
    const sinks = (await sinkViews(config, store, clock.now())).map((
      { since, oldestPendingAt, ...rest },
    ) => ({
      ...rest,
      since: iso(since),
      oldestPendingAt: iso(oldestPendingAt),
    }));
    return c.json({ sinks });
  });

  app.post("/v1/sinks/:id/flush", access.allow("operate"), async (c) => {
    const who = await access.principal(c);
    if (!who?.all) return await access.refuse(c, "operate");
    const webhook = c.req.param("id");
    if (!config.webhooks.some(({ id }) => id === webhook)) {
      return problem(c, "not-found", "No webhook has this id");
    }
    const nowMs = clock.now();
    await store.disableWebhook(webhook, null);
    const woken = await store.wakeDeliveries({ webhook, nowMs, after: nowMs });
    return c.json({ id: webhook, woken }, 202);
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/sinks",
      id: "listSinks",
      summary: "All sinks and their state (needs a token for all targets)",
      tag: "incidents",
      access: "read",
      answers: { 200: jsonAnswer("The sinks of the config", schemas.sinkListSchema) },
    },
    {
      method: "post",
      path: "/v1/sinks/{id}/flush",
      id: "flushSink",
      summary: "Send a sink's waiting notices now, and enable it (needs a token for all targets)",
      tag: "incidents",
      access: "operate",
      answers: { 202: jsonAnswer("Waiting notices are due now", schemas.flushSchema) },
      problems: [404],
    },
  ];
}
