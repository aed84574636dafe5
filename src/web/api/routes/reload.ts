import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { ConfigDiff } from "../../../config/diff.ts";
import type { Problem } from "../../../config/problem.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext } from "../resource.ts";

/** What became of a reload: another config runs and so many checks are in it, or the one before goes on. */
export type ReloadResult =
  | { kind: "applied"; checks: number; diff: ConfigDiff }
  | { kind: "refused"; reason: string; problems: readonly Problem[] };

const keys = (about: string) => z.array(z.string()).check(z.describe(about));

const reloadedSchema = z.object({
  checks: z.int().check(z.describe("How many checks run now")),
  added: keys("Keys of checks that came"),
  removed: keys("Keys of checks that left: what was open of them is resolved, reason removed"),
  changed: keys(
    "Asked or read otherwise: probers that hold the config before are refused until they have this one",
  ),
  rejudged: keys("Probed alike, but judged or notified differently"),
});

/** `POST /v1/reload`: reads the config again and puts it in place of the one that runs; 409, and nothing changes, if it cannot be used. */
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

/** The same, for the document of the API. */
export function operations(): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/reload",
      id: "reloadConfig",
      summary: "Read the config again and run it (not on Cloudflare, where a config is deployed)",
      tag: "access",
      access: "admin",
      answers: { 200: jsonAnswer("What changed", reloadedSchema) },
      problems: [409],
    },
  ];
}
