import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { ConfigDiff } from "../../../config/diff.ts";
import type { Problem } from "../../../config/problem.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext } from "../resource.ts";

/** Result of a reload: the new config runs, or the previous one goes on. */
export type ReloadResult =
  | { kind: "applied"; checks: number; diff: ConfigDiff }
  | { kind: "refused"; reason: string; problems: readonly Problem[] };

const keys = (about: string) => z.array(z.string()).check(z.describe(about));

const reloadedSchema = z.object({
  checks: z.int().check(z.describe("Number of checks that run now")),
  added: keys("Keys of new checks"),
  removed: keys("Keys of removed checks: their open incidents are resolved, with reason removed"),
  changed: keys(
    "Probed or read differently: probers with the previous config are refused until they have this one",
  ),
  rejudged: keys("Probed the same, but judged or notified differently"),
});

/**
 * `POST /v1/reload`: reads the config again and runs it; 409 if it is invalid, and the previous one goes on.
 */
export function routes(
  { access, reload }: Pick<ResourceContext, "access"> & { reload(): Promise<ReloadResult> },
): Hono {
  const app = new Hono();
  app.post("/v1/reload", access.allow("admin"), async (c) => {
    const result = await reload();
    if (result.kind === "applied") return c.json({ checks: result.checks, ...result.diff });
    return problem(c, "conflict", result.reason, { errors: result.problems });
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/reload",
      id: "reloadConfig",
      summary: "Read the config again and run it (not on Cloudflare, where a new config is a new deployment)",
      tag: "access",
      access: "admin",
      answers: { 200: jsonAnswer("What changed", reloadedSchema) },
      problems: [409],
    },
  ];
}
