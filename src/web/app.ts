import { STORE_ROUTES } from "./api/resources.ts";
import { type ApiOptions, appOf } from "./app_of.ts";
import { routes as rounds } from "./api/routes/rounds.ts";
import { acknowledgeRoutes } from "./page/acknowledge.tsx";
import { slo } from "./page/objective.tsx";
import { TRANSLATIONS } from "./page/texts/mod.ts";
import type { Hono } from "./hono.ts";

/** The app with every resource. */
export const api = (options: ApiOptions): Hono =>
  appOf(
    { acknowledge: acknowledgeRoutes, slo, translations: TRANSLATIONS, ...options, rounds },
    STORE_ROUTES,
  );
