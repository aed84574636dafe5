import type { Config } from "../../src/config/config.ts";
import type { Resource } from "../../src/web/api/resource.ts";
import { routes } from "../../src/web/api/routes/reload.ts";

/** The route of a reload that is applied at once, and has changed these checks. */
export const appliedReload = (config: Config, changed: string[]): Resource["routes"] => (context) =>
  routes({
    ...context,
    reload: () =>
      Promise.resolve({
        kind: "applied",
        checks: config.checks.length,
        diff: { added: [], removed: [], changed, rejudged: [] },
      }),
  });
