import { Hono } from "../../hono.ts";
import { configTokens } from "../middleware/principals.ts";
import { iso } from "../../../base/time.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/**
 * `GET /v1/tokens`: the tokens' scopes, targets and last use, and nothing that would help to guess one.
 * `DELETE /v1/sessions`: signs everybody out.
 */
export function routes(
  { config, tokenUses, access }: Pick<ResourceContext, "config" | "tokenUses" | "access">,
): Hono {
  const app = new Hono();
  app.get("/v1/tokens", access.allow("admin"), async (c) => {
    const last = await tokenUses.lastUses();
    const tokens = configTokens(config).map(({ id, scopes, targets, expiresAt, key }) => ({
      id,
      scopes,
      targets,
      expires: iso(expiresAt) ?? null,
      lastUsedAt: iso(last.get(key)) ?? null,
    }));
    return c.json({ tokens });
  });
  app.delete("/v1/sessions", access.allow("admin"), async (c) => {
    await access.signOutEverywhere();
    return c.body(null, 204);
  });
  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "get",
      path: "/v1/tokens",
      id: "listTokens",
      summary: "The tokens with their scopes, targets and last use",
      tag: "access",
      access: "admin",
      answers: { 200: jsonAnswer("The tokens", schemas.tokensSchema) },
    },
    {
      method: "delete",
      path: "/v1/sessions",
      id: "endSessions",
      summary: "Sign out everywhere: end every session of the page",
      tag: "access",
      access: "admin",
      answers: {
        204: emptyAnswer("All sessions have ended; in other processes with the same store within 30 seconds"),
      },
    },
  ];
}
