import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { WebhookEvent } from "../../../engine/notify/mod.ts";
import { type Delivery, DELIVERY_STATES } from "../../../storage/store.ts";
import { problem } from "../middleware/problem.ts";
import { limit, parseQuery } from "../middleware/query.ts";
import { filterPage } from "../views/filtered_page.ts";
import { iso } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Query of the list. */
const deliveryFilters = z.strictObject({
  limit,
  before: z.optional(z.string().check(z.maxLength(200))),
  state: z.optional(z.enum(DELIVERY_STATES)),
  incident: z.optional(z.string().check(z.maxLength(100))),
});

/** `GET /v1/deliveries` (newest first) and `POST /v1/deliveries/{id}/resend` for an undelivered notice. */
export function routes(
  { ports: { clock }, store, access }: Pick<ResourceContext, "ports" | "store" | "access">,
): Hono {
  const app = new Hono();

  app.get("/v1/deliveries", access.allow("read"), async (c) => {
    const read = parseQuery(c, deliveryFilters);
    if ("response" in read) return read.response;
    const { limit, before, ...wanted } = read.value;
    const who = await access.principal(c);
    const page = filterPage(
      (page) => store.listDeliveries({ ...wanted, ...page }),
      { limit, before },
      (delivery) => who!.all || who!.covers(targetOf(delivery)),
    );
    const [{ items, next }, disabled] = await Promise.all([page, store.listDisabledWebhooks()]);
    const webhooks = Object.fromEntries(Object.entries(disabled).map(([id, at]) => [id, iso(at)]));
    return c.json({ deliveries: items.map(view), next, disabledWebhooks: webhooks });
  });

  app.post("/v1/deliveries/:id/resend", access.allow("operate"), async (c) => {
    // Deliveries are looked up by id alone, so this needs a token for all targets.
    if (!(await access.principal(c))?.all) return await access.refuse(c, "operate");
    const id = c.req.param("id");
    if (!await store.resend(id, clock.now())) {
      return problem(c, "conflict", "No dead or pending delivery has this id");
    }
    return c.json({ id, state: "pending" }, 202);
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/deliveries",
      id: "listDeliveries",
      summary: "Notices and their delivery state, newest first",
      tag: "incidents",
      access: "read",
      query: deliveryFilters,
      answers: { 200: jsonAnswer("One page", schemas.deliveryPageSchema) },
      problems: [400],
    },
    {
      method: "post",
      path: "/v1/deliveries/{id}/resend",
      id: "resendDelivery",
      summary:
        "Send a dead or pending notice now, with a new count of attempts (needs a token for all targets)",
      tag: "incidents",
      access: "operate",
      answers: { 202: jsonAnswer("The notice is pending and due now", schemas.resendSchema) },
      problems: [409],
    },
  ];
}

const targetOf = ({ body }: Delivery): string => (JSON.parse(body) as WebhookEvent).data.target.id;

function view({ body, createdAt, nextAt, lastAttemptAt, episode, ...rest }: Delivery) {
  return {
    ...rest,
    // Reminders have a negative episode, which gives them a queue of their own.
    ...(episode !== undefined && { episode: Math.abs(episode) }),
    createdAt: iso(createdAt),
    nextAt: rest.state === "pending" ? iso(Math.max(nextAt, createdAt)) : undefined,
    lastAttemptAt: iso(lastAttemptAt),
    event: JSON.parse(body),
  };
}
