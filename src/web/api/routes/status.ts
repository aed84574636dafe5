import { Hono } from "../../hono.ts";
import { conditionalGet } from "../middleware/etag.ts";
import { publicFields } from "../views/redact.ts";
import { lastSlot } from "../views/last_slot.ts";
import { renderer } from "../views/render_cache.ts";
import { fullStatus, publicStatus } from "../views/status.ts";
import { iso } from "../../../base/time.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";
import * as z from "../../../base/zod.ts";

/** How long a proxy may cache the public status, which includes the age of its evidence. */
const PUBLIC_S = 5;

/**
 * `GET /v1/status`: coarse without a token, otherwise the full status of the targets that the token covers.
 */
export function routes(
  { ports: { clock }, config, store, states, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "states" | "access"
  >,
): Hono {
  const app = new Hono();
  const render = renderer(config, clock);
  const json = { "content-type": "application/json" };

  app.get("/v1/status", conditionalGet, async (c) => {
    const known = await states();
    if (!c.req.header("authorization")) {
      const { body, etag } = await render(
        known,
        "public",
        () => Promise.resolve(publicFields("status", publicStatus(config, known, clock.now())) as object),
      );
      return c.body(body, 200, { ...json, etag, "cache-control": `public, max-age=${PUBLIC_S}` });
    }
    const who = await access.principal(c);
    if (!who?.scopes.has("read")) return await access.refuse(c, "read");
    const { body, etag } = await render(known, who.all ? "all" : who, async () => {
      const targets = config.targets.filter(({ id }) => who.covers(id));
      const slot = await lastSlot(store);
      const nowMs = clock.now();
      const settled = slot === null
        ? { slot: null, ageMs: null }
        : { slot: iso(slot), ageMs: Math.max(0, nowMs - slot) };
      return { ...fullStatus({ ...config, targets }, known, nowMs), settled };
    });
    return c.body(body, 200, { ...json, etag });
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/status",
      id: "getStatus",
      summary: "All targets now: coarse words without a token, everything with one",
      tag: "status",
      access: "optional",
      answers: {
        200: jsonAnswer(
          "The status; its ETag stands as long as nothing was settled",
          z.union([schemas.fullStatusSchema, schemas.publicStatusSchema]),
        ),
        304: emptyAnswer("Nothing but ages has changed"),
      },
    },
  ];
}
