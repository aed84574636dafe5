/** Webhooks of deployment tools. Each records deployments. */
import type { Context } from "hono";
import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { Config } from "../../../config/config.ts";
import type { Clock } from "../../../base/ports.ts";
import type { Deployment } from "../../../storage/records/deployments.ts";
import { deploymentView } from "./deployments.ts";
import { limitBody, readBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** Maximum size of a hook's body. */
export const BODY_CAP_BYTES = 1024 * 1024;
const name = z.string().check(z.maxLength(253));
const word = z.string().check(z.minLength(1), z.maxLength(200));

/** Body of a Flagger webhook of type `event`. */
const flaggerEvent = z.object({
  name,
  namespace: name,
  phase: word,
  checksum: z.optional(z.string().check(z.maxLength(100))),
  metadata: z.nullish(z.record(z.string(), z.string())),
});

/** Body of our template for Argo CD notifications (examples/gates/argo-notifications.yaml). */
const argoEvent = z.object({
  target: name,
  revision: word,
  phase: word,
  finishedAt: z.optional(z.datetime({ offset: true })),
  application: z.optional(word),
  url: z.optional(z.webUrl().check(z.maxLength(500))),
});

/** `POST /v1/events/flagger` and `/argo`, with a token of scope operate. */
export function routes(
  { ports: { clock }, config, rollouts, access }: Pick<
    ResourceContext,
    "ports" | "config" | "rollouts" | "access"
  >,
): Hono {
  const app = new Hono();
  const known = new Set(config.targets.map(({ id }) => id));
  const record = async (c: Context, deployment: Deployment) =>
    answerRecorded(c, await rollouts.record(deployment));

  app.post("/v1/events/flagger", limitBody(BODY_CAP_BYTES), async (c) => {
    const read = await readBody(c, flaggerEvent);
    if ("response" in read) return read.response;
    const { name, namespace, phase, checksum, metadata } = read.value;
    const target = metadata?.target ?? name;
    const given = metadata?.token;
    if (!await access.may(c, "operate", target, given)) {
      return await access.refuse(c, "operate", target, given);
    }
    if (!known.has(target)) return problem(c, "not-found", "No target has this id: set metadata.target");
    if (phase !== "Progressing" || !checksum) {
      return answerIgnored(c, `phase ${phase} does not start a rollout`);
    }
    const anchor = `${namespace}/${name}/${checksum}`;
    if ((await rollouts.list(target))[0]?.anchor === anchor) return answerIgnored(c, "this rollout is known");
    return await record(c, { target, at: clock.now(), version: checksum, anchor, source: "flagger" });
  });

  app.post("/v1/events/argo", access.allow("operate"), limitBody(BODY_CAP_BYTES), async (c) => {
    const read = await readBody(c, argoEvent);
    if ("response" in read) return read.response;
    const { target, revision, phase, finishedAt, application: environment, url } = read.value;
    if (!await access.may(c, "operate", target)) return await access.refuse(c, "operate", target);
    if (!known.has(target)) return problem(c, "not-found", "No target has this id");
    if (phase !== "Succeeded") return answerIgnored(c, `phase ${phase} is not a finished rollout`);
    const at = Math.min(clock.now(), finishedAt === undefined ? Infinity : Date.parse(finishedAt));
    if (isForgotten(at, clock, config)) return answerIgnored(c, FORGOTTEN);
    return await record(c, {
      target,
      at,
      version: revision,
      anchor: revision,
      environment,
      url,
      source: "argo",
    });
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/events/flagger",
      id: "hearFlagger",
      summary: "Flagger's event webhook, with the token in the header or in metadata.token",
      tag: "deployments",
      access: "elsewhere",
      body: {
        schema: flaggerEvent,
        example: { name: "shop", namespace: "prod", phase: "Progressing", checksum: "5f4dcc3b5" },
      },
      answers: { 200: jsonAnswer("Whether a deployment was recorded", schemas.hookAnswerSchema) },
      problems: [400, 404, 413],
    },
    {
      method: "post",
      path: "/v1/events/argo",
      id: "hearArgo",
      summary: "A notification of Argo CD, in the format of our template",
      tag: "deployments",
      access: "operate",
      body: { schema: argoEvent, example: { target: "shop", revision: "1a2b3c", phase: "Succeeded" } },
      answers: { 200: jsonAnswer("Whether a deployment was recorded", schemas.hookAnswerSchema) },
      problems: [400, 404, 413],
    },
  ];
}

/** Why an old rollout is ignored. */
export const FORGOTTEN = "this rollout is older than the retention period";

/** Whether a deployment at `at` (epoch ms) is older than the retention period. */
export const isForgotten = (at: number, clock: Pick<Clock, "now">, { retention }: Config): boolean =>
  at < clock.now() - retention.daysMs;

/** Response for a recorded deployment. */
export const answerRecorded = (c: Context, deployment: Deployment) =>
  c.json({ recorded: true, deployment: deploymentView(deployment) });

/** Response for an ignored event. It is 200, because the sender would retry an error. */
export const answerIgnored = (c: Context, why: string) => c.json({ recorded: false, why });
