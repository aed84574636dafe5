import { Hono } from "hono";
import * as z from "zod";
import type { Config } from "../../../config/config.ts";
import type { Store } from "../../../storage/store.ts";
import type { Access } from "../middleware/access.ts";
import { conditional } from "../middleware/etag.ts";
import { problem } from "../middleware/problem.ts";
import { isLabelled, label, limit, query } from "../middleware/query.ts";
import { acknowledgedAt, acknowledgements, remarksOn, remarkView } from "./comments.ts";
import { sieve } from "../views/filtered_page.ts";
import { incidentView } from "../views/status.ts";
import { iso } from "../../../base/time.ts";

const instant = z.iso.datetime({ offset: true }).transform(Date.parse);

/** What the list may be asked; `from` and `to` are about when an incident was opened. */
export const filters = z.strictObject({
  limit,
  before: z.string().max(200).optional(),
  state: z.enum(["open", "resolved"]).optional(),
  target: z.string().max(100).optional(),
  check: z.string().max(100).optional(),
  label: label.optional(),
  from: instant.optional(),
  to: instant.optional(),
});

/** `GET /v1/incidents` (newest first, `next` is the cursor) and `GET /v1/incidents/{id}`. */
export function incidents(config: Config, store: Store, access: Access): Hono {
  const app = new Hono();
  const targets = new Map(config.targets.map((target) => [target.id, target]));

  app.get("/v1/incidents", conditional, access.allow("read"), async (c) => {
    const read = query(c, filters);
    if ("response" in read) return read.response;
    const { limit, before, label, from = -Infinity, to = Infinity, ...wanted } = read.value;
    const who = await access.principal(c);
    const { items, next } = await sieve(
      (page) => store.listIncidents({ ...wanted, ...page }),
      { limit, before },
      ({ target, openedAt }) =>
        who!.good(target) && openedAt >= from && openedAt < to && isLabelled(targets.get(target), label),
      ({ openedAt }) => openedAt < from,
    );
    const known = items.length > 0 ? await acknowledgements(store) : new Map();
    const incidents = items.map((incident) => ({
      ...incidentView(incident),
      acknowledgedAt: iso(acknowledgedAt(incident, known.get(incident.id) ?? [])),
    }));
    return c.json({ incidents, next });
  });

  app.get("/v1/incidents/:id", conditional, access.allow("read"), async (c) => {
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
    const remarks = await remarksOn(store, incident.id);
    const times = remarks.flatMap(({ kind, at }) => kind === "acknowledged" ? at : []);
    return c.json({
      ...incidentView(incident),
      acknowledgedAt: iso(acknowledgedAt(incident, times)),
      remarks: remarks.map(remarkView),
      deliveries,
    });
  });

  return app;
}
