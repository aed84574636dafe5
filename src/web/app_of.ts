/** Builds the hono app that every runtime serves: the given resources, then the pages. */
import type { HintSources, ThresholdHint } from "../storage/history/threshold_hint.ts";
import { Hono } from "./hono.ts";
import { messageOf } from "../base/error_message.ts";
import { type GateServices, gateServices } from "../engine/gates/services.ts";
import { tokenUses as usesIn } from "../storage/records/token_uses.ts";
import { tokenAccess } from "./api/middleware/access.ts";
import { audit } from "./api/middleware/audit.ts";
import { allowOrigins } from "./api/middleware/cors.ts";
import { problem, safePath } from "./api/middleware/problem.ts";
import { rateLimit } from "./api/middleware/rate_limit.ts";
import { securityHeaders } from "./api/middleware/security_headers.ts";
import type { ProcessContext, Resource, ResourceContext, RunCheck } from "./api/resource.ts";
import { PROCESS_ROUTES } from "./api/core_routes.ts";
import type { PagesOptions } from "./page/context.ts";
import { pageRoutes } from "./page/page.tsx";

/** Dependencies of the app. */
export interface ApiOptions extends ProcessContext {
  /** Services that this process shares; created here if absent. */
  services?: GateServices;
  /** Absent if this process cannot run checks on demand. */
  runCheck?: RunCheck;
  /** From routes/rounds.ts; absent if no other process uses this one as a prober. */
  rounds?: Resource<ProcessContext>["routes"];
  /** From routes/github.ts; absent if the config has no `hooks.github`. */
  github?: Resource["routes"];
  /** From routes/reload.ts; absent where a new config needs a new deployment. */
  reload?: Resource["routes"];
  /** From routes/backup.ts; absent if the store can be backed up directly: a file, or a shared service. */
  backup?: Resource["routes"];
  /** From page/acknowledge.tsx; absent if notifications contain no links. */
  acknowledge?: PagesOptions["acknowledge"];
  /** Error budgets of checks with an `slo`. */
  slo?: PagesOptions["slo"];
  /** Languages of the public page other than English. */
  translations?: PagesOptions["translations"];
  /** From routes/files.ts; absent if something in front of the app serves these files. */
  files?: Hono;
  /**
   * Computes when a different failureThreshold would have opened an incident. Absent on Cloudflare, whose
   * bundle size is limited; the hint is then not shown.
   */
  thresholdHint?(sources: HintSources): ThresholdHint;
}

/** The app of any process: settler, prober or both. `storeRoutes` are mounted only if there is a store. */
export function appOf(options: ApiOptions, storeRoutes: Record<string, Resource["routes"]>): Hono {
  const { ports, config } = options;
  const services = options.services ??
    (options.store && gateServices(ports, config, options.store, options.slo));
  const app = new Hono();
  app.use(securityHeaders(), ...allowOrigins(config.api.cors), rateLimit(ports.clock, config.api));
  const own = { ...options, store: services?.store, states: services?.states };
  for (const routes of Object.values(PROCESS_ROUTES)) app.route("/", routes(own));
  if (options.rounds) app.route("/", options.rounds(own));
  if (options.files) app.route("/", options.files);
  if (services) {
    const tokenUses = usesIn(ports, services.store);
    const access = tokenAccess(config, ports, services.store, tokenUses.record);
    const context: ResourceContext = {
      ...services,
      ports,
      config,
      access,
      tokenUses,
      thresholdHint: options.thresholdHint?.({ ...services, clock: ports.clock, config }),
      runCheck: options.runCheck,
      client: options.client,
      configFault: options.configFault,
    };
    // The page's forms are requests to these routes, so they are audited too.
    app.use("/v1/*", audit(ports, access));
    for (const routes of Object.values(storeRoutes)) app.route("/", routes(context));
    if (options.reload) app.route("/", options.reload(context));
    if (options.backup) app.route("/", options.backup(context));
    if (options.github) app.route("/", options.github(context));
    // Reached only if the GitHub routes are not mounted.
    app.post("/v1/events/github", (c) => problem(c, "forbidden", "Set hooks.github in the config"));
    const callApi = (request: Request) => app.fetch(request);
    app.route(
      "/",
      pageRoutes({
        ...context,
        callApi,
        canRunChecks: options.runCheck !== undefined,
        acknowledge: options.acknowledge,
        translations: options.translations,
        slo: options.slo,
      }),
    );
  }
  app.notFound((c) => problem(c, "not-found", `No route matches ${c.req.method} ${safePath(c)}`));
  app.onError((error, c) => {
    ports.log.error("a request failed", {
      path: safePath(c),
      error: ports.secrets.redact(messageOf(error)),
    });
    return problem(c, "internal", "The request failed; see the log of this process");
  });
  return app;
}
