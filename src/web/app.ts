/** The HTTP door: one hono app for every runtime. One file per resource; each adds its routes here. */
import { Hono } from "hono";
import type { Config } from "../config/config.ts";
import { pageRoutes } from "./page/page.tsx";
import { packChecks } from "../storage/codec.ts";
import type { Ports } from "../base/ports.ts";
import { deploymentStore } from "../storage/records/deployments.ts";
import type { Store } from "../storage/store.ts";
import { tokenAccess } from "./api/middleware/access.ts";
import { badgeRoutes } from "./api/routes/badges.ts";
import { allowOrigins } from "./api/middleware/cors.ts";
import { deliveryRoutes } from "./api/routes/deliveries.ts";
import { deploymentRoutes } from "./api/routes/deployments.ts";
import { hookRoutes } from "./api/routes/hooks.ts";
import { gateEvaluator } from "../engine/gates/evaluate.ts";
import { gateRoutes } from "./api/routes/gates.ts";
import type { github } from "./api/routes/github.ts";
import { feed } from "./api/views/feed.ts";
import { securityHeaders } from "./api/middleware/security_headers.ts";
import { healthRoutes } from "./api/routes/health.ts";
import { targetHealthRoutes } from "./api/routes/target_health.ts";
import { historyRoutes } from "./api/routes/history.ts";
import { incidentRoutes } from "./api/routes/incidents.ts";
import { rateLimit } from "./api/middleware/rate_limit.ts";
import { type RunCheck, runCheckRoutes } from "./api/routes/run_check.ts";
import { metricRoutes } from "./api/routes/metrics.ts";
import { problem, safePath } from "./api/middleware/problem.ts";
import { regionRoutes } from "./api/routes/regions.ts";
import { commentRoutes } from "./api/routes/comments.ts";
import { reportRoutes } from "./api/routes/pushed_reports.ts";
import { roundRoutes } from "./api/routes/rounds.ts";
import { silenceChecker } from "../engine/gates/silence_checker.ts";
import { silenceRoutes } from "./api/routes/silences.ts";
import { statesReader } from "../storage/states.ts";
import { statusRoutes } from "./api/routes/status.ts";
import { statuspageRoutes } from "./api/routes/statuspage.ts";
import { eventRoutes } from "./api/routes/events.ts";
import { targetRoutes } from "./api/routes/targets.ts";
import { tokenRoutes } from "./api/routes/tokens.ts";
import { tokenUses } from "../storage/records/token_uses.ts";
import type { Prober } from "../judgement/round.ts";
import { countWrites } from "../storage/write_counter.ts";
import { messageOf } from "../base/error_message.ts";

/** What the API answers from. */
export interface ApiOptions {
  ports: Ports;
  config: Config;
  /** Absent in a process that is only a prober. */
  store?: Store;
  /** Absent where nothing can be walked on demand. */
  runCheck?: RunCheck;
  /** The prober in this process that answers others, and its token. */
  prober?: { prober: Prober; token: string };
  /** Absent where the config has no `hooks.github`. */
  github?: typeof github;
  /** What is the same for every config; absent where something in front serves it. */
  files?: Hono;
}

/** The app of a process that settles, of one that only probes, or of both. */
export function api(options: ApiOptions): Hono {
  const { ports, config, prober, runCheck } = options;
  const tracker = options.store && countWrites(options.store);
  const store = tracker?.store;
  const app = new Hono();
  app.use(securityHeaders(), allowOrigins(config.api.cors), rateLimit(ports.clock, config.api));
  app.route("/", healthRoutes(ports, config, store));
  if (options.files) app.route("/", options.files);
  if (prober) app.route("/", roundRoutes(config, prober.prober, () => ports.secrets.reveal(prober.token)));
  if (store) {
    const tokenUsage = tokenUses(ports, store);
    const access = tokenAccess(config, ports, store, tokenUsage.record);
    const packing = packChecks(config);
    const states = statesReader(store, ports.clock);
    app.route("/", statusRoutes(ports, config, store, states, access));
    app.route("/", targetRoutes(ports, config, states, access));
    app.route("/", regionRoutes(ports, config, states, access));
    if (runCheck) app.route("/", runCheckRoutes(ports, config, runCheck, access));
    app.route("/", targetHealthRoutes(ports, config, states, access));
    app.route("/", incidentRoutes(config, store, access));
    app.route("/", commentRoutes(ports, config, store, access));
    app.route("/", silenceRoutes(ports, config, store, access));
    app.route("/", reportRoutes(ports, config, store, access));
    app.route("/", historyRoutes(ports, config, store, packing, access));
    app.route("/", metricRoutes(ports, config, store, states, access));
    app.route("/", statuspageRoutes(ports, config, store, states));
    app.route("/", badgeRoutes(ports, config, states));
    app.route("/", eventRoutes(ports, feed(ports, config, store, states), access));
    app.route("/", deliveryRoutes(ports, store, access));
    app.route("/", tokenRoutes(config, tokenUsage, access));
    const { clock } = ports;
    const deployments = deploymentStore(clock, store, config.retention.daysMs);
    const isSilenced = silenceChecker(clock, config, store, tracker.writes);
    const evaluate = gateEvaluator({
      clock,
      config,
      packing,
      store,
      states,
      rollouts: deployments,
      isSilenced,
    });
    app.route("/", gateRoutes(ports, config, evaluate, access, tracker.writes));
    app.route("/", deploymentRoutes(clock, config, deployments, access));
    if (options.github) {
      app.route("/", options.github({ ports, config, store, rollouts: deployments, evaluate }));
    }
    app.route("/", hookRoutes(ports, config, deployments, access));
    const callApi = (request: Request) => app.fetch(request);
    const sources = { ports, config, store, packing, rollouts: deployments, changeCount: tracker.writes };
    app.route("/", pageRoutes({ ...sources, states, access, callApi, canRunChecks: runCheck !== undefined }));
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
