import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import { conditionalGet } from "../middleware/etag.ts";
import { problem } from "../middleware/problem.ts";
import { hasLabels, instant, label, limit, parseQuery } from "../middleware/query.ts";
import { acknowledgementOf, listComments, listNewestComments } from "../../../storage/records/comments.ts";
import { filterPage } from "../views/filtered_page.ts";
import { acknowledgementView, commentView, incidentView } from "../views/status.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Query of the list. `from` and `to` bound the opening time. */
const incidentFilters = z.strictObject({
  limit,
  before: z.optional(z.string().check(z.maxLength(200))),
  state: z.optional(z.enum(["open", "resolved"])),
  target: z.optional(z.string().check(z.maxLength(100))),
  check: z.optional(z.string().check(z.maxLength(100))),
  label: z.optional(label),
  from: z.optional(instant),
  to: z.optional(instant),
});

/** `GET /v1/incidents` (newest first; `next` is the cursor) and `GET /v1/incidents/{id}`. */
export function routes(
  { ports: { clock }, config, store, states, access, thresholdHint }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "states" | "access" | "thresholdHint"
  >,
): Hono {
  const app = new Hono();
  const targets = new Map(config.targets.map((target) => [target.id, target]));

  app.get("/v1/incidents", conditionalGet, access.allow("read"), async (c) => {
    const read = parseQuery(c, incidentFilters);
    if ("response" in read) return read.response;
    const { limit, before, label, from = -Infinity, to = Infinity, ...wanted } = read.value;
    const who = await access.principal(c);
    const { items, next } = await filterPage(
      (page) => store.listIncidents({ ...wanted, ...page }),
      { limit, before },
      ({ target, openedAt }) =>
        who!.covers(target) && openedAt >= from && openedAt < to && hasLabels(targets.get(target), label),
      ({ openedAt }) => openedAt < from,
    );
    const known = items.length > 0 ? await listNewestComments(store) : new Map();
    const now = await states();
    const incidents = items.map((incident) => ({
      ...incidentView(incident, now[`${incident.target}/${incident.check}`], clock.now()),
      ...acknowledgementView(acknowledgementOf(incident, known.get(incident.id))),
    }));
    return c.json({ incidents, next });
  });

  app.get("/v1/incidents/:id", conditionalGet, access.allow("read"), async (c) => {
    const incident = await store.getIncident(c.req.param("id"));
    if (!incident || !await access.may(c, "read", incident.target)) {
      return problem(c, "not-found", "No incident has this id");
    }
    const sent = await store.listDeliveries({ incident: incident.id, limit: 200 });
    const deliveries = sent.items.map(({ id, webhook, type, state, attempts }) => ({
      id,
      webhook,
      type,
      state,
      attempts,
    }));
    const comments = await listComments(store, incident.id);
    return c.json({
      ...incidentView(incident, (await states())[`${incident.target}/${incident.check}`], clock.now()),
      ...acknowledgementView(acknowledgementOf(incident, comments)),
      replay: await thresholdHint?.(incident),
      comments: comments.map(commentView),
      deliveries,
    });
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/incidents",
      id: "listIncidents",
      summary: "Incidents, newest first, by state, target, check, label and time",
      tag: "incidents",
      access: "read",
      query: incidentFilters,
      answers: { 200: jsonAnswer("One page", schemas.incidentPageSchema), 304: emptyAnswer("Not modified") },
      problems: [400],
    },
    {
      method: "get",
      path: "/v1/incidents/{id}",
      id: "getIncident",
      summary: "One incident with its timeline, comments and notices",
      tag: "incidents",
      access: "read",
      answers: { 200: jsonAnswer("The incident", schemas.incidentSchema), 304: emptyAnswer("Not modified") },
      problems: [404],
    },
  ];
}
