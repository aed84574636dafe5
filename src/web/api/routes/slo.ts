import { Hono } from "../../hono.ts";
import type { ErrorBudget } from "../../../judgement/slo.ts";
import { iso } from "../../../base/time.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const NONE = "There is no such check, or it has no slo";

/** `…/slo`: the error budget of a check and how fast it burns. */
export function routes(
  { config, errorBudget, access }: Pick<ResourceContext, "config" | "errorBudget" | "access">,
): Hono {
  const app = new Hono();
  const checks = new Map(config.checks.map((check) => [check.key, check]));
  app.get("/v1/targets/:id/checks/:check/slo", access.allow("read", "id"), async (c) => {
    const check = checks.get(`${c.req.param("id")}/${c.req.param("check")}`);
    const budget = check && await errorBudget(check);
    return budget ? c.json(budgetView(budget)) : problem(c, "not-found", NONE);
  });
  return app;
}

/** The same, for the document of the API. */
export function operations({ sloSchema }: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/targets/{id}/checks/{check}/slo",
      id: "getErrorBudget",
      summary: "Error budget of a check with an slo, and how fast it burns",
      tag: "past",
      access: "read",
      answers: { 200: jsonAnswer("Over 30 days, and window by window", sloSchema) },
      problems: [404],
    },
  ];
}

const budgetView = ({ burn, alerts, ...budget }: ErrorBudget) => ({
  ...budget,
  windows: burn.map(({ from, ...rest }) => ({ ...rest, from: iso(from) })),
  alerts: alerts.map(({ isFiring, ...alert }) => ({ ...alert, firing: isFiring })),
});
