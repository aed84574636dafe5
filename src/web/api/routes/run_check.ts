import { Hono } from "../../hono.ts";
import { problem } from "../middleware/problem.ts";
import { checkView } from "../views/status.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** The least time between two looks at one check: a journey leaves marks on its target. */
const BETWEEN_MS = 10_000;

/**
 * `POST /v1/targets/{id}/checks/{check}/rounds`: walks the check now and answers what each prober saw, when all have answered. It is
 * shown only: nothing is stored and no vote moves, because votes go by the schedule. One at a time, and one in 10 s, for each check.
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
      return problem(c, "rate-limited", "This check is walked once at a time, and once in 10 seconds");
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

/** The same, for the document of the API. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/targets/{id}/checks/{check}/rounds",
      id: "walkCheck",
      summary: "Walk a check now, from every prober, without a vote",
      tag: "status",
      access: "operate",
      answers: { 200: jsonAnswer("What each prober saw", schemas.checkSchema) },
      problems: [404, 429],
    },
  ];
}
