import { Hono } from "hono";
import type { Config } from "../../../config/config.ts";
import { type Access, configTokens } from "../middleware/access.ts";
import type { TokenUses } from "../../../storage/records/token_uses.ts";
import { iso } from "../../../base/time.ts";

/**
 * `GET /v1/tokens`: what the tokens are good for and when they were used; nothing by which one could be guessed.
 * `DELETE /v1/sessions`: signs everybody out.
 */
export function tokenRoutes(config: Config, uses: TokenUses, access: Access): Hono {
  const app = new Hono();
  app.get("/v1/tokens", access.allow("admin"), async (c) => {
    const last = await uses.lastUses();
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
