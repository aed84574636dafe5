/** Hooks of other tools that tell of rollouts: each records deployments. */
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { Config } from "../config/config.ts";
import type { GitHubHook } from "../config/hooks.ts";
import type { Ports } from "../ports.ts";
import type { Deployment, Rollouts } from "../rollout.ts";
import type { Access } from "./access.ts";
import { type Approvals, requested } from "./approvals.ts";
import { deploymentView } from "./deployments.ts";
import { capped, parsed } from "./payload.ts";
import { problem } from "./problem.ts";

const BODY_CAP_BYTES = 1024 * 1024;
const name = z.string().max(253);
const word = z.string().min(1).max(200);

/** What Flagger sends to a webhook of type `event`. */
export const flagger = z.object({
  name,
  namespace: name,
  phase: word,
  checksum: z.string().max(100).optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

/** The body of our template for Argo CD's notifications (examples/gates/argo-notifications.yaml). */
export const argo = z.object({
  target: name,
  revision: word,
  phase: word,
  finishedAt: z.iso.datetime({ offset: true }).optional(),
  application: word.optional(),
  url: z.url({ protocol: /^https?$/ }).max(500).optional(),
});

/** Whoever writes a workflow chooses GitHub's `environment_url`: no `javascript:` is kept. */
const WEB = z.url({ protocol: /^https?$/ });

/** GitHub's `deployment_status` event, as far as it is read. */
export const github = z.object({
  deployment_status: z.object({
    state: z.string(),
    created_at: z.iso.datetime({ offset: true }),
    environment_url: z.string().max(500).nullish(),
    log_url: z.string().max(500).nullish(),
  }),
  deployment: z.object({ sha: word, environment: word }),
  repository: z.object({ full_name: word }),
});

/** `POST /v1/events/flagger`, `/argo` (a token of scope operate) and `/github` (its signature). */
export function events(
  { clock, vault }: Ports,
  config: Config,
  rollouts: Rollouts,
  access: Access,
  approvals: Approvals,
): Hono {
  const app = new Hono();
  const known = new Set(config.targets.map(({ id }) => id));
  const record = async (c: Context, deployment: Deployment) =>
    c.json({ recorded: true, deployment: deploymentView(await rollouts.record(deployment)) });

  app.post("/v1/events/flagger", capped(BODY_CAP_BYTES), async (c) => {
    const read = parsed(c, await c.req.text(), flagger);
    if ("response" in read) return read.response;
    const { name, namespace, phase, checksum, metadata } = read.value;
    const target = metadata?.target ?? name;
    const given = metadata?.token;
    if (!await access.may(c, "operate", target, given)) {
      return await access.refuse(c, "operate", target, given);
    }
    if (!known.has(target)) return problem(c, "not-found", "No target has this id: set metadata.target");
    if (phase !== "Progressing" || !checksum) return passed(c, `phase ${phase} begins no rollout`);
    const anchor = `${namespace}/${name}/${checksum}`;
    if ((await rollouts.of(target))[0]?.anchor === anchor) return passed(c, "this rollout is known");
    return await record(c, { target, at: clock.now(), version: checksum, anchor, source: "flagger" });
  });

  app.post("/v1/events/argo", access.allow("operate"), capped(BODY_CAP_BYTES), async (c) => {
    const read = parsed(c, await c.req.text(), argo);
    if ("response" in read) return read.response;
    const { target, revision, phase, finishedAt, application: environment, url } = read.value;
    if (!await access.may(c, "operate", target)) return await access.refuse(c, "operate", target);
    if (!known.has(target)) return problem(c, "not-found", "No target has this id");
    if (phase !== "Succeeded") return passed(c, `phase ${phase} is no finished rollout`);
    const at = Math.min(clock.now(), finishedAt === undefined ? Infinity : Date.parse(finishedAt));
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

  app.post("/v1/events/github", capped(BODY_CAP_BYTES), async (c) => {
    const hook = config.hooks.github;
    if (!hook) return problem(c, "forbidden", "Set hooks.github in the config");
    const text = await c.req.text();
    if (!await signed(c.req.header("x-hub-signature-256"), text, vault.reveal(hook.secret))) {
      return problem(c, "unauthorized", "X-Hub-Signature-256 is not that of hooks.github.secret");
    }
    const event = c.req.header("x-github-event");
    if (event === "deployment_protection_rule") return await protectionRule(c, hook, text, approvals);
    if (event !== "deployment_status") return passed(c, "this event tells of no rollout");
    const read = parsed(c, text, github);
    if ("response" in read) return read.response;
    const { deployment_status: status, deployment: { sha, environment }, repository } = read.value;
    const target = targetOf(hook, repository.full_name, environment);
    if (!target) return passed(c, "no rule of hooks.github names this repository and environment");
    if (status.state !== "success") return passed(c, `state ${status.state} is no finished rollout`);
    const url = [status.environment_url, status.log_url].find((one) => one && WEB.safeParse(one).success) ??
      undefined;
    const at = Math.min(clock.now(), Date.parse(status.created_at));
    return await record(c, { target, at, version: sha, anchor: sha, environment, url, source: "github" });
  });

  return app;
}

/** Heard, and nothing to keep: to refuse it would make its sender try again. */
const passed = (c: Context, why: string) => c.json({ recorded: false, why });

async function protectionRule(c: Context, hook: GitHubHook, text: string, approvals: Approvals) {
  const read = parsed(c, text, requested);
  if ("response" in read) return read.response;
  const { environment, repository } = read.value;
  const target = targetOf(hook, repository.full_name, environment);
  if (!target) {
    return problem(c, "not-found", "No rule of hooks.github names this repository and environment");
  }
  if (!hook.app) return problem(c, "forbidden", "Set hooks.github.app in the config: only an app may answer");
  return await approvals.ask(target, read.value)
    ? c.json({ pending: true, target }, 202)
    : problem(c, "bad-request", "deployment_callback_url is not one of hooks.github.api");
}

/** The target that this is about; the first rule that matches. */
const targetOf = ({ rules }: GitHubHook, repository: string, environment: string): string | undefined =>
  rules.find((rule) =>
    rule.repository.toLowerCase() === repository.toLowerCase() &&
    (rule.environment === undefined || rule.environment === environment)
  )?.target;

/** Whether `sha256=<hex>` is the HMAC-SHA256 of the body (GitHub, "Validating webhook deliveries"); takes as long if not. */
async function signed(header: string | undefined, body: string, secret: string): Promise<boolean> {
  const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(header ?? "") ?? [];
  if (!hex) return false;
  const utf8 = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), algorithm, false, ["verify"]);
  const mac = Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
  return await crypto.subtle.verify("HMAC", key, mac, utf8.encode(body));
}
