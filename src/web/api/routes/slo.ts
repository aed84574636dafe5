import { Hono } from "../../hono.ts";
import type { ErrorBudget } from "../../../judgement/slo.ts";
import { iso } from "../../../base/time.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const NOT_FOUND = "No check with an slo has these ids";

/** `…/slo`: a check's error budget and burn rates. */
export function routes(
  { config, errorBudget, access }: Pick<ResourceContext, "config" | "errorBudget" | "access">,
): Hono {
  const app = new Hono();
  const checks = new Map(config.checks.map((check) => [check.key, check]));
  app.get("/v1/targets/:id/checks/:check/slo", access.allow("read", "id"), async (c) => {
    const check = checks.get(`${c.req.param("id")}/${c.req.param("check")}`);
    const budget = check && await errorBudget(check);
    return budget ? c.json(budgetView(budget)) : problem(c, "not-found", NOT_FOUND);
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations({ sloSchema }: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/targets/{id}/checks/{check}/slo",
      id: "getErrorBudget",
      summary: "Error budget and burn rates of a check with an slo",
      tag: "past",
      access: "read",
      answers: { 200: jsonAnswer("Over 30 days, and by window", sloSchema) },
      problems: [404],
    },
  ];
}

const budgetView = ({ burn, alerts, ...budget }: ErrorBudget) => ({
  ...budget,
  windows: burn.map(({ from, ...rest }) => ({ ...rest, from: iso(from) })),
  alerts: alerts.map(({ isFiring, ...alert }) => ({ ...alert, firing: isFiring })),
});
