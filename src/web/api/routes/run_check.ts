import { Hono } from "../../hono.ts";
import { problem } from "../middleware/problem.ts";
import { checkView } from "../views/status.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Minimum time between two runs of one check, because journeys have side effects on their target. */
const BETWEEN_MS = 10_000;

/**
 * `POST /v1/targets/{id}/checks/{check}/rounds`: runs the check now and returns what each prober saw, once
 * all have finished. Nothing is stored and no vote changes, because votes follow the schedule. Per check, one
 * run at a time and one in 10 s.
 */
export function routes(
  { ports: { clock }, config, runCheck, access }: Pick<
    ResourceContext,
    "ports" | "config" | "runCheck" | "access"
  >,
): Hono {
  const app = new Hono();
  if (!runCheck) return app;
  const began = new Map<string, number>();
  const running = new Set<string>();
  app.post("/v1/targets/:id/checks/:check/rounds", access.allow("operate", "id"), async (c) => {
    const key = `${c.req.param("id")}/${c.req.param("check")}`;
    const check = config.checks.find((check) => check.key === key);
    if (!check) return problem(c, "not-found", "No target and check have these ids");
    const waitMs = (began.get(key) ?? -Infinity) + BETWEEN_MS - clock.elapsed();
    if (running.has(key) || waitMs > 0) {
      c.header("retry-after", String(Math.max(1, Math.ceil(waitMs / 1_000))));
      return problem(c, "rate-limited", "A check runs once at a time, and once in 10 seconds");
    }
    running.add(key);
    began.set(key, clock.elapsed());
    try {
      return c.json(checkView(config, check, { state: await runCheck(check), nowMs: clock.now() }));
    } finally {
      running.delete(key);
    }
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/targets/{id}/checks/{check}/rounds",
      id: "walkCheck",
      summary: "Run a check now from every prober, without a vote",
      tag: "status",
      access: "operate",
      answers: { 200: jsonAnswer("What each prober saw", schemas.checkSchema) },
      problems: [404, 429],
    },
  ];
}
