/** Who may do what: a bearer token has scopes, and targets that it is good for. */
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import type { Ports } from "../ports.ts";
import { bears } from "./auth.ts";
import { problem } from "./problem.ts";

/** What a token may be good for: reading detail, pushing reports, acting on what is seen, and all of it. */
export const SCOPES = ["read", "report", "operate", "admin"] as const;
/** One of {@linkcode SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** Decides for each request. */
export interface Access {
  /** Lets only a token of this scope through. Routes about one target ask {@linkcode may} as well. */
  allow(scope: Scope): MiddlewareHandler;
  /** Whether the request's token has this scope, for this target if one is named. */
  may(c: Context, scope: Scope, target?: string): Promise<boolean>;
}

/** Access by the tokens of the config. */
export function access(config: Config, { vault }: Ports): Access {
  const may = (c: Context) => bears(c, config.api.token && vault.reveal(config.api.token));
  return {
    may,
    allow: () => async (c, next) => {
      if (!config.api.token) {
        return problem(
          c,
          "forbidden",
          "Set api.token in the config; without it only the coarse status is public",
        );
      }
      if (!await may(c)) {
        return problem(c, "unauthorized", "Send `authorization: Bearer <token>` with the configured token");
      }
      await next();
    },
  };
}
