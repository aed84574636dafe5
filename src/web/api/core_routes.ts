/**
 * The routes that every bundle includes. It includes the other routes of `resources.ts` only if its config
 * needs them.
 */
import * as badges from "./routes/badges.ts";
import * as comments from "./routes/comments.ts";
import * as deliveries from "./routes/deliveries.ts";
import * as deployments from "./routes/deployments.ts";
import * as events from "./routes/events.ts";
import * as gates from "./routes/gates.ts";
import * as health from "./routes/health.ts";
import * as history from "./routes/history.ts";
import * as hooks from "./routes/hooks.ts";
import * as incidents from "./routes/incidents.ts";
import * as metrics from "./routes/metrics.ts";
import * as regions from "./routes/regions.ts";
import * as runCheck from "./routes/run_check.ts";
import * as sinks from "./routes/sinks.ts";
import * as silences from "./routes/silences.ts";
import * as slo from "./routes/slo.ts";
import * as status from "./routes/status.ts";
import * as statuspage from "./routes/statuspage.ts";
import * as targetHealth from "./routes/target_health.ts";
import * as targets from "./routes/targets.ts";
import * as tokens from "./routes/tokens.ts";
import type { ProcessContext, Resource } from "./resource.ts";

/** Routes that need no store. */
export const PROCESS_ROUTES = {
  health: health.routes,
} satisfies Record<string, Resource<ProcessContext>["routes"]>;

/** Routes of every process with a store, whatever its config. */
export const CORE_ROUTES = {
  status: status.routes,
  targets: targets.routes,
  runCheck: runCheck.routes,
  regions: regions.routes,
  events: events.routes,
  history: history.routes,
  slo: slo.routes,
  incidents: incidents.routes,
  comments: comments.routes,
  deliveries: deliveries.routes,
  sinks: sinks.routes,
  silences: silences.routes,
  deployments: deployments.routes,
  hooks: hooks.routes,
  gates: gates.routes,
  targetHealth: targetHealth.routes,
  metrics: metrics.routes,
  badges: badges.routes,
  statuspage: statuspage.routes,
  tokens: tokens.routes,
} satisfies Record<string, Resource["routes"]>;
