/** GitHub's deployment events and protection rules: `POST /v1/events/github`, signed with `hooks.github.secret`. */
import type { Context } from "hono";
import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { GitHubHook } from "../../../config/hooks.ts";
import { type Approvals, approvals, protectionRuleRequest } from "../../../engine/github/approvals.ts";
import { answerIgnored, answerRecorded, BODY_CAP_BYTES, FORGOTTEN, isForgotten } from "./hooks.ts";
import { limitBody, parseBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { fromHex, timingSafeEqual } from "../middleware/credentials.ts";
import { hmacSha256 } from "../../../base/hmac.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const word = z.string().check(z.minLength(1), z.maxLength(200));
/** A workflow's author chooses GitHub's `environment_url`: a `javascript:` URL must not be stored. */
const WEB_URL = z.webUrl();

/** The fields of GitHub's `deployment_status` event that we read. */
const deploymentStatus = z.object({
  deployment_status: z.object({
    state: z.string(),
    created_at: z.datetime({ offset: true }),
    environment_url: z.nullish(z.string().check(z.maxLength(500))),
    log_url: z.nullish(z.string().check(z.maxLength(500))),
  }),
  deployment: z.object({ sha: word, environment: word }),
  repository: z.object({ full_name: word }),
});

/** The route; none without `hooks.github` in the config. */
export function routes(
  { ports, config, store, rollouts, evaluate }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "rollouts" | "evaluate"
  >,
): Hono {
  const { clock, secrets } = ports;
  const app = new Hono();
  const hook = config.hooks.github;
  if (!hook) return app;
  const pending = approvals(ports, config, { store, evaluate });

  app.post("/v1/events/github", limitBody(BODY_CAP_BYTES), async (c) => {
    const text = await c.req.text();
    if (!await verifySignature(c.req.header("x-hub-signature-256"), text, secrets.reveal(hook.secret))) {
      return problem(c, "unauthorized", "X-Hub-Signature-256 does not match hooks.github.secret");
    }
    const event = c.req.header("x-github-event");
    if (event === "deployment_protection_rule") return await protectionRule(c, hook, text, pending);
    if (event !== "deployment_status") return answerIgnored(c, "this event is not about a deployment");
    const read = parseBody(c, text, deploymentStatus);
    if ("response" in read) return read.response;
    const { deployment_status: status, deployment: { sha, environment }, repository } = read.value;
    const target = targetOf(hook, repository.full_name, environment);
    if (!target) return answerIgnored(c, "no rule of hooks.github names this repository and environment");
    if (status.state !== "success") {
      return answerIgnored(c, `state ${status.state} is not a finished rollout`);
    }
    const url = [status.environment_url, status.log_url].find((one) =>
      one && WEB_URL.safeParse(one).success
    ) ??
      undefined;
    const at = Math.min(clock.now(), Date.parse(status.created_at));
    if (isForgotten(at, clock, config)) return answerIgnored(c, FORGOTTEN);
    const deployment = { target, at, version: sha, anchor: sha, environment, url, source: "github" } as const;
    return answerRecorded(c, await rollouts.record(deployment));
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/events/github",
      id: "hearGitHub",
      summary: "GitHub's deployment_status and deployment_protection_rule events, verified by signature",
      tag: "deployments",
      access: "signature",
      headers: {
        "x-hub-signature-256": "`sha256=` and the HMAC of the body",
        "x-github-event": "deployment_status or deployment_protection_rule; others are ignored",
      },
      body: {
        schema: z.union([deploymentStatus, protectionRuleRequest]),
        example: {
          deployment_status: { state: "success", created_at: "2026-01-01T00:00:00Z" },
          deployment: { sha: "0123456789abcdef0123456789abcdef01234567", environment: "production" },
          repository: { full_name: "acme/shop" },
        },
      },
      answers: {
        200: jsonAnswer("Whether a deployment was recorded", schemas.hookAnswerSchema),
        202: jsonAnswer("GitHub gets the answer when the gate has decided", schemas.pendingSchema),
      },
      problems: [400, 404, 413],
    },
  ];
}

async function protectionRule(c: Context, hook: GitHubHook, text: string, approvals: Approvals) {
  const read = parseBody(c, text, protectionRuleRequest);
  if ("response" in read) return read.response;
  const { environment, repository } = read.value;
  const target = targetOf(hook, repository.full_name, environment);
  if (!target) {
    return problem(c, "not-found", "No rule of hooks.github names this repository and environment");
  }
  if (!hook.app) return problem(c, "forbidden", "Set hooks.github.app in the config: only an app may answer");
  return await approvals.add(target, read.value)
    ? c.json({ pending: true, target }, 202)
    : problem(c, "bad-request", "deployment_callback_url is not under hooks.github.api");
}

/** The target of the first matching rule. */
const targetOf = ({ rules }: GitHubHook, repository: string, environment: string): string | undefined =>
  rules.find((rule) =>
    rule.repository.toLowerCase() === repository.toLowerCase() &&
    (rule.environment === undefined || rule.environment === environment)
  )?.target;

/**
 * Whether `sha256=<hex>` is the HMAC-SHA256 of the body (GitHub, "Validating webhook deliveries"). Compares
 * in constant time.
 */
async function verifySignature(header: string | undefined, body: string, secret: string): Promise<boolean> {
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
  if (!hex) return false;
  const mac = await hmacSha256(secret, body);
  return timingSafeEqual(new Uint32Array(mac.buffer), fromHex(hex));
}

/** What `hooks.github` needs: the route, and the approvals that answer protection rules later. */
export const githubHook = { routes, approvals };
