/** Hooks of other tools that tell of rollouts: each records deployments. */
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Config } from "../../../config/config.ts";
import type { Clock, Ports } from "../../../base/ports.ts";
import type { Deployment, DeploymentStore } from "../../../storage/records/deployments.ts";
import type { Access } from "../middleware/access.ts";
import { deploymentView } from "./deployments.ts";
import { limitBody, parseBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";

/** Most of a hook's body. */
export const BODY_CAP_BYTES = 1024 * 1024;
const name = z.string().max(253);
const word = z.string().min(1).max(200);

/** What Flagger sends to a webhook of type `event`. */
export const flaggerEvent = z.object({
  name,
  namespace: name,
  phase: word,
  checksum: z.string().max(100).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** The body of our template for Argo CD's notifications (examples/gates/argo-notifications.yaml). */
export const argoEvent = z.object({
  target: name,
  revision: word,
  phase: word,
  finishedAt: z.iso.datetime({ offset: true }).optional(),
  application: word.optional(),
  url: z.url({ protocol: /^https?$/ }).max(500).optional(),
});

/** `POST /v1/events/flagger` and `/argo`, with a token of scope operate. */
export function hookRoutes(
  { clock }: Ports,
  config: Config,
  rollouts: DeploymentStore,
  access: Access,
): Hono {
  const app = new Hono();
  const known = new Set(config.targets.map(({ id }) => id));
  const record = async (c: Context, deployment: Deployment) =>
    answerRecorded(c, await rollouts.record(deployment));

  app.post("/v1/events/flagger", limitBody(BODY_CAP_BYTES), async (c) => {
    const read = parseBody(c, await c.req.text(), flaggerEvent);
    if ("response" in read) return read.response;
    const { name, namespace, phase, checksum, metadata } = read.value;
    const target = metadata?.target ?? name;
    const given = metadata?.token;
    if (!await access.may(c, "operate", target, given)) {
      return await access.refuse(c, "operate", target, given);
    }
    if (!known.has(target)) return problem(c, "not-found", "No target has this id: set metadata.target");
    if (phase !== "Progressing" || !checksum) return answerIgnored(c, `phase ${phase} begins no rollout`);
    const anchor = `${namespace}/${name}/${checksum}`;
    if ((await rollouts.list(target))[0]?.anchor === anchor) return answerIgnored(c, "this rollout is known");
    return await record(c, { target, at: clock.now(), version: checksum, anchor, source: "flagger" });
  });

  app.post("/v1/events/argo", access.allow("operate"), limitBody(BODY_CAP_BYTES), async (c) => {
    const read = parseBody(c, await c.req.text(), argoEvent);
    if ("response" in read) return read.response;
    const { target, revision, phase, finishedAt, application: environment, url } = read.value;
    if (!await access.may(c, "operate", target)) return await access.refuse(c, "operate", target);
    if (!known.has(target)) return problem(c, "not-found", "No target has this id");
    if (phase !== "Succeeded") return answerIgnored(c, `phase ${phase} is no finished rollout`);
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

  // Behind the route of github.ts, where there is one.
  app.post("/v1/events/github", (c) => problem(c, "forbidden", "Set hooks.github in the config"));

  return app;
}

/** Why a rollout of long ago is passed over. */
export const FORGOTTEN = "this rollout is older than what is kept";

/** Whether a deployment at `at` (epoch ms) is older than deployments are kept. */
export const isForgotten = (at: number, clock: Pick<Clock, "now">, { retention }: Config): boolean =>
  at < clock.now() - retention.daysMs;

/** Kept as a deployment. */
export const answerRecorded = (c: Context, deployment: Deployment) =>
  c.json({ recorded: true, deployment: deploymentView(deployment) });

/** Heard, and nothing to keep: to refuse it would make its sender try again. */
export const answerIgnored = (c: Context, why: string) => c.json({ recorded: false, why });
