import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import { conditionalGet } from "../middleware/etag.ts";
import { problem } from "../middleware/problem.ts";
import { hasLabels, label, limit, parseQuery } from "../middleware/query.ts";
import { WORST_FIRST } from "../../../judgement/words.ts";
import { targetOutcome, targetView } from "../views/status.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Query of the list. `before` is the id of the previous page's last target. */
const targetFilters = z.strictObject({
  limit,
  before: z.optional(z.string().check(z.maxLength(100))),
  label: z.optional(label),
  outcome: z.optional(z.enum(WORST_FIRST)),
});

/**
 * `GET /v1/targets` in the order of the config, and `GET /v1/targets/{id}`: only targets that the token
 * covers.
 */
export function routes(
  { ports: { clock }, config, states, access }: Pick<
    ResourceContext,
    "ports" | "config" | "states" | "access"
  >,
): Hono {
  const app = new Hono();

  app.get("/v1/targets", conditionalGet, access.allow("read"), async (c) => {
    const read = parseQuery(c, targetFilters);
    if ("response" in read) return read.response;
    const { limit, before, label, outcome } = read.value;
    const [who, known] = [(await access.principal(c))!, await states()];
    const nowMs = clock.now();
    const after = before === undefined ? 0 : config.targets.findIndex(({ id }) => id === before) + 1;
    // An unknown cursor gives an empty page.
    const left = before !== undefined && after === 0 ? [] : config.targets.slice(after);
    const found = left.filter((target) =>
      who.covers(target.id) && hasLabels(target, label) &&
      (outcome === undefined || targetOutcome(target, known, nowMs) === outcome)
    );
    const page = found.slice(0, limit);
    return c.json({
      targets: page.map((target) => targetView(config, target, { states: known, nowMs })),
      next: found.length > limit ? page.at(-1)!.id : null,
    });
  });

  app.get("/v1/targets/:id", access.allow("read", "id"), async (c) => {
    const target = config.targets.find(({ id }) => id === c.req.param("id"));
    if (!target) return problem(c, "not-found", "No target has this id");
    return c.json(targetView(config, target, { states: await states(), nowMs: clock.now(), rounds: true }));
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/targets",
      id: "listTargets",
      summary: "Targets in the order of the config, filtered by label and outcome",
      tag: "status",
      access: "read",
      query: targetFilters,
      answers: { 200: jsonAnswer("One page", schemas.targetPageSchema), 304: emptyAnswer("Not modified") },
      problems: [400],
    },
    {
      method: "get",
      path: "/v1/targets/{id}",
      id: "getTarget",
      summary: "One target: its checks, regions, and what each prober saw",
      tag: "status",
      access: "read",
      answers: { 200: jsonAnswer("The target", schemas.targetSchema) },
      problems: [404],
    },
  ];
}
