/**
 * Every resource of the API. Routes and operations are separate tables, so that no bundle includes the
 * operations. `backup.ts`, `files.ts`, `github.ts` and `reload.ts` are in neither table: the entry point
 * mounts them.
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
import * as reports from "./routes/pushed_reports.ts";
import * as regions from "./routes/regions.ts";
import * as rounds from "./routes/rounds.ts";
import * as runCheck from "./routes/run_check.ts";
import * as sinks from "./routes/sinks.ts";
import * as silences from "./routes/silences.ts";
import * as slo from "./routes/slo.ts";
import * as status from "./routes/status.ts";
import * as statuspage from "./routes/statuspage.ts";
import * as targetHealth from "./routes/target_health.ts";
import * as targets from "./routes/targets.ts";
import * as tokens from "./routes/tokens.ts";
import { CORE_ROUTES, type PROCESS_ROUTES } from "./core_routes.ts";
import type { Resource } from "./resource.ts";

/** Routes that need a store. */
export const STORE_ROUTES = {
  ...CORE_ROUTES,
  reports: reports.routes,
} satisfies Record<string, Resource["routes"]>;

/** The operations of all routes. */
export const RESOURCE_OPERATIONS: Record<
  keyof typeof PROCESS_ROUTES | "rounds" | keyof typeof STORE_ROUTES,
  Resource["operations"]
> = {
  status: status.operations,
  targets: targets.operations,
  runCheck: runCheck.operations,
  regions: regions.operations,
  events: events.operations,
  history: history.operations,
  slo: slo.operations,
  incidents: incidents.operations,
  comments: comments.operations,
  deliveries: deliveries.operations,
  sinks: sinks.operations,
  reports: reports.operations,
  silences: silences.operations,
  deployments: deployments.operations,
  hooks: hooks.operations,
  gates: gates.operations,
  health: health.operations,
  targetHealth: targetHealth.operations,
  metrics: metrics.operations,
  badges: badges.operations,
  statuspage: statuspage.operations,
  tokens: tokens.operations,
  rounds: rounds.operations,
};
