/** What other tools ask: gates, metrics, health, badges, the shapes of Statuspage, probers. */
import { roundsReply, roundsRequest } from "../../../engine/prober/remote.ts";
import { gateBody, gateQuery, rollbackQuery } from "../routes/gates.ts";
import { healthFilters } from "../routes/target_health.ts";
import * as schemas from "./schemas.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "./operation.ts";
import * as statuspage from "./statuspage.ts";
import * as z from "zod";

const anyDialect = (state: string) => ({ description: `${state}, in the words of the dialect`, type: "*/*" });
const HEALTH_ANSWERS = {
  200: anyDialect("It serves, or the dialect says all in the body"),
  429: anyDialect("Degraded in Consul's words; else too many requests"),
  500: anyDialect("As 503, in dialects that say it so"),
  503: anyDialect("It does not serve, or nothing is known"),
};
/** Other parameters are passed over: kubelet, for one, may send `?verbose`. */
const dialect = z.object({ as: z.string().optional().describe("The dialect; health+json without it.") });

const ownHealth = (path: string, id: string, summary: string): Operation => ({
  method: "get",
  path,
  id,
  summary,
  tag: "health",
  access: "public",
  query: dialect,
  answers: HEALTH_ANSWERS,
  problems: [400],
});

const gateOf = (found: string): Operation["answers"][number] => ({
  description: found,
  schema: schemas.gateSchema,
  also: { "text/plain": schemas.decisionSchema },
});
const GATE = {
  200: gateOf("pass; with mode=body every decision"),
  409: gateOf("fail"),
  424: gateOf("inconclusive"),
};
const ROLLBACK = {
  200: gateOf("fail: roll back"),
  409: gateOf("pass: do not"),
  424: gateOf("inconclusive: do not"),
};

/** A gate in its eight forms: two methods, with and without a token in the path, and whether to roll back. */
const GATES = (["get", "post"] as const).flatMap((method) =>
  ["", "/k/{token}"].flatMap((key) =>
    ["", "/rollback"].map((suffix): Operation => ({
      method,
      path: `/v1/gates/{target}${key}${suffix}`,
      id: `${method}${suffix ? "Rollback" : "Gate"}${key ? "ByKey" : ""}`,
      summary: suffix
        ? "Whether to roll back: 200 only for a confirmed failure"
        : "Whether a rollout may go on",
      tag: "gates",
      access: key || method === "post" ? "elsewhere" : "read",
      query: suffix ? rollbackQuery : gateQuery,
      ...(method === "post" && {
        body: {
          schema: gateBody,
          example: { name: "shop", namespace: "prod", checksum: "5f4dcc3b5" },
          optional: true,
        },
      }),
      answers: suffix ? ROLLBACK : GATE,
      // 424 as a problem: Assay itself failed, which must roll nothing back.
      problems: [400, 404, ...(method === "post" ? [413] as const : []), ...(suffix ? [424] as const : [])],
    }))
  )
);

const page = (name: string, id: string, summary: string, schema: z.ZodType): Operation => ({
  method: "get",
  path: `/api/v2/${name}.json`,
  id,
  summary,
  tag: "statuspage",
  access: "public",
  answers: { 200: jsonAnswer("As Statuspage's status API has it", schema) },
});

/** Operations for machines. */
export const TOOLS: readonly Operation[] = [
  ...GATES,
  ownHealth("/livez", "getLive", "Assay's process answers"),
  ownHealth("/readyz", "getReady", "Assay has its config, can write, and has settled the last slot in time"),
  ownHealth("/startupz", "getStarted", "Assay has settled something once"),
  {
    method: "get",
    path: "/v1/targets/{id}/health",
    id: "getTargetHealth",
    summary: "The last verdict on a target in another dialect, for load balancers and meshes",
    tag: "health",
    access: "optional",
    query: healthFilters,
    answers: HEALTH_ANSWERS,
    problems: [400, 404],
  },
  {
    method: "get",
    path: "/metrics",
    id: "getMetrics",
    summary: "Prometheus text format 0.0.4",
    tag: "metrics",
    access: "read",
    answers: { 200: { description: "Gauges", type: "text/plain" } },
  },
  {
    method: "get",
    path: "/v1/badges/{file}",
    id: "getBadge",
    summary: "A target's badge: {target}.json for Shields, {target}.svg",
    tag: "badges",
    access: "public",
    answers: {
      200: {
        description: "The badge",
        schema: schemas.badgeSchema,
        also: { "image/svg+xml": z.string() },
      },
    },
    problems: [404],
  },
  page("status", "getPageStatus", "The whole in one word", statuspage.statusDocument),
  page("components", "listPageComponents", "Targets as components", statuspage.componentsDocument),
  page("summary", "getPageSummary", "Status, components, open incidents", statuspage.summaryDocument),
  page("incidents", "listPageIncidents", "The newest 50 incidents", statuspage.incidentsDocument),
  page("incidents/unresolved", "listPageUnresolved", "Open incidents", statuspage.incidentsDocument),
  {
    method: "get",
    path: "/v1/tokens",
    id: "listTokens",
    summary: "What the tokens are good for, and when they were used",
    tag: "access",
    access: "admin",
    answers: { 200: jsonAnswer("The tokens", schemas.tokensSchema) },
  },
  {
    method: "delete",
    path: "/v1/sessions",
    id: "endSessions",
    summary: "Sign out everywhere: every session that was begun on the page ends",
    tag: "access",
    access: "admin",
    answers: { 204: emptyAnswer("All are over; in other processes over the same store within 30 seconds") },
  },
  {
    method: "get",
    path: "/v1/openapi.json",
    id: "getOpenApi",
    summary: "This document",
    tag: "access",
    access: "public",
    answers: { 200: jsonAnswer("OpenAPI 3.1", z.looseObject({})), 304: { description: "As before" } },
  },
  {
    method: "post",
    path: "/v1/rounds",
    id: "walkSlot",
    summary: "What one deployment asks of a prober that is another one",
    tag: "probers",
    access: "prober",
    body: {
      schema: roundsRequest,
      example: {
        prober: "iad",
        slot: 1767225600000,
        deadlineMs: 10000,
        checks: [{ check: "shop/read", digest: "9f86d081" }],
      },
    },
    answers: { 200: jsonAnswer("Rounds, or why there are none", roundsReply) },
    problems: [400, 409, 413],
  },
];
