/** The HTTP door: one hono app for every runtime, of the resources that it is given and the pages. */
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
import { pageRoutes, type PagesOptions } from "./page/page.tsx";

/** What the API answers from. */
export interface ApiOptions extends ProcessContext {
  /** What this process shares over its store; made anew without it. */
  services?: GateServices;
  /** Absent where nothing can be walked on demand. */
  runCheck?: RunCheck;
  /** The routes of routes/rounds.ts; absent where no other process asks this one. */
  rounds?: Resource<ProcessContext>["routes"];
  /** The routes of routes/github.ts; absent where the config has no `hooks.github`. */
  github?: Resource["routes"];
  /** The routes of routes/reload.ts; absent where a config is deployed. */
  reload?: Resource["routes"];
  /** The routes of routes/backup.ts; absent where the store is a file, or shared. */
  backup?: Resource["routes"];
  /** The routes of page/acknowledge.tsx; absent where no message has a link. */
  acknowledge?: PagesOptions["acknowledge"];
  /** What checks with an objective take. */
  slo?: PagesOptions["slo"];
  /** Of the public page, besides English. */
  translations?: PagesOptions["translations"];
  /** The routes of routes/files.ts; absent where something in front serves these files. */
  files?: Hono;
  /** When another threshold would have opened an incident; absent: not shown, as on Cloudflare, whose bundle is bounded. */
  thresholdHint?(sources: HintSources): ThresholdHint;
}

/** The app of a process that settles, of one that only probes, or of both; `storeRoutes` are those of a process with a store. */
export function appOf(options: ApiOptions, storeRoutes: Record<string, Resource["routes"]>): Hono {
  const { ports, config } = options;
  const services = options.services ??
    (options.store && gateServices(ports, config, options.store, options.slo));
  const app = new Hono();
  app.use(securityHeaders(), allowOrigins(config.api.cors), rateLimit(ports.clock, config.api));
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
    // The forms of the page are requests to these routes.
    app.use("/v1/*", audit(ports, access));
    for (const routes of Object.values(storeRoutes)) app.route("/", routes(context));
    if (options.reload) app.route("/", options.reload(context));
    if (options.backup) app.route("/", options.backup(context));
    if (options.github) app.route("/", options.github(context));
    // Behind the route of github.ts, where there is one.
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
  app.notFound((c) => problem(c, "not-found", `No route answers ${c.req.method} ${safePath(c)}`));
  app.onError((error, c) => {
    ports.log.error("a request failed", {
      path: safePath(c),
      error: ports.secrets.redact(messageOf(error)),
    });
    return problem(c, "internal", "The request failed; the log of this process says why");
  });
  return app;
}
