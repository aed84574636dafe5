import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { Deployment } from "../../../storage/records/deployments.ts";
import { freeText, limitBody, readBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { limit, parseQuery } from "../middleware/query.ts";
import { iso, MINUTE_MS } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const BODY_CAP_BYTES = 16 * 1024;
/** How far a client's clock may be ahead. */
const AHEAD_MS = 5 * MINUTE_MS;

const word = freeText().check(z.minLength(1), z.maxLength(200));
/** Body of a new deployment. */
const deploymentBody = z.strictObject({
  target: z.string().check(z.maxLength(100)),
  version: word,
  anchor: z.optional(word),
  at: z.optional(z.datetime({ offset: true })),
  environment: z.optional(word),
  url: z.optional(z.webUrl().check(z.maxLength(500))),
});
/** Query of the list. */
const deploymentFilters = z.strictObject({
  target: z.string().check(z.maxLength(100)),
  limit,
  before: z.optional(z.string().check(z.maxLength(20))),
});

/** `POST /v1/deployments {target, version, anchor?, at?, environment?, url?}`, and `GET /v1/deployments?target=`, newest first. */
export function routes(
  { ports: { clock }, config, rollouts, access }: Pick<
    ResourceContext,
    "ports" | "config" | "rollouts" | "access"
  >,
): Hono {
  const app = new Hono();
  const known = new Set(config.targets.map(({ id }) => id));

  app.post("/v1/deployments", access.allow("operate"), limitBody(BODY_CAP_BYTES), async (c) => {
    const read = await readBody(c, deploymentBody);
    if ("response" in read) return read.response;
    const { target, at, ...rest } = read.value;
    if (!await access.may(c, "operate", target)) return await access.refuse(c, "operate", target);
    if (!known.has(target)) return problem(c, "not-found", "No target has this id");
    const nowMs = clock.now();
    const atMs = at === undefined ? nowMs : Date.parse(at);
    const oldestMs = nowMs - config.retention.daysMs;
    if (atMs > nowMs + AHEAD_MS || atMs < oldestMs) {
      return problem(c, "bad-request", `at must be between ${iso(oldestMs)} and now: it is ${at}`);
    }
    return c.json(deploymentView(await rollouts.record({ target, at: atMs, ...rest, source: "api" })), 201);
  });

  app.get("/v1/deployments", access.allow("read"), async (c) => {
    const read = parseQuery(c, deploymentFilters);
    if ("response" in read) return read.response;
    const { target, limit, before } = read.value;
    if (!await access.may(c, "read", target)) return await access.refuse(c, "read", target);
    if (!known.has(target)) return problem(c, "not-found", "No target has this id");
    const all = await rollouts.list(target);
    const older = before === undefined ? all : all.filter(({ at }) => at < Number(before));
    const items = older.slice(0, limit);
    const next = older.length > limit ? String(items.at(-1)!.at) : null;
    return c.json({ deployments: items.map(deploymentView), next });
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/deployments",
      id: "recordDeployment",
      summary: "Record a deployment: gates count evidence from then on",
      tag: "deployments",
      access: "operate",
      body: {
        schema: deploymentBody,
        example: { target: "shop", version: "1.4.2", environment: "production" },
      },
      answers: { 201: jsonAnswer("The deployment", schemas.deploymentSchema) },
      problems: [400, 404, 413],
    },
    {
      method: "get",
      path: "/v1/deployments",
      id: "listDeployments",
      summary: "Deployments of one target, newest first",
      tag: "deployments",
      access: "read",
      query: deploymentFilters,
      answers: { 200: jsonAnswer("One page", schemas.deploymentPageSchema) },
      problems: [400, 404],
    },
  ];
}

/** A deployment with an ISO time. */
export const deploymentView = ({ at, ...rest }: Deployment) => ({ at: iso(at), ...rest });
