/**
 * GitHub's deployment protection rules: requested once, answered when the gate has decided.
 *
 *     requested -> kept as a record -> (every tick) gate -> pass: approved | fail, or deadline: rejected | else: wait
 */
import * as z from "../../base/zod.ts";
import type { Config } from "../../config/config.ts";
import type { GitHubHook } from "../../config/hooks.ts";
import { type GitHub, installationClient } from "./app.ts";
import { semaphore } from "../../base/semaphore.ts";
import { parseRow } from "../../storage/codec.ts";
import type { Ports } from "../../base/ports.ts";
import type { RecordStore, StoredRecord } from "../../storage/store.ts";
import type { GateDocument } from "../gates/document.ts";
import type { GateEvaluator } from "../gates/evaluate.ts";
import type { GateServices } from "../gates/services.ts";
import { messageOf } from "../../base/error_message.ts";
import { DAY_MS } from "../../base/time.ts";

const name = z.string().check(z.minLength(1), z.maxLength(255));

/** The fields that Assay reads of GitHub's `deployment_protection_rule` event. */
export const protectionRuleRequest = z.object({
  action: z.literal("requested"),
  environment: name,
  deployment_callback_url: z.webUrl(/^https:\/\//i).check(z.maxLength(500)),
  deployment: z.object({ sha: z.string().check(z.regex(/^[0-9a-f]{40,64}$/)) }),
  repository: z.object({ full_name: z.string().check(z.regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/)) }),
  installation: z.object({ id: z.int().check(z.positive()) }),
});

const pendingApproval = z.object({
  target: z.string(),
  environment: z.string(),
  callback: z.string(),
  repository: z.string(),
  sha: z.string(),
  installation: z.number(),
  /** Epoch ms. */
  deadline: z.number(),
  attempts: z.number(),
});
type PendingApproval = z.infer<typeof pendingApproval>;

export interface Approvals {
  /** Stores a request until it is answered. False: its callback URL is not GitHub's. */
  add(target: string, request: z.infer<typeof protectionRuleRequest>): Promise<boolean>;
  /** Answers all requests that can be decided now. Rejects only if the store fails. */
  review(): Promise<void>;
}

const MAX_PENDING = 100;
const PARALLEL = 5;
/** Failed calls are retried at each tick, at most this many times. */
const ATTEMPTS = 20;
/** Earlier versions stored approvals under kind `deployment` with this key prefix. */
const LEGACY_PREFIX = "~~github/";
const MAX_LEGACY = 10_000;
const RETENTION_MS = DAY_MS;
const CALLBACK = /^\/repos\/[\w.-]+\/[\w.-]+\/actions\/runs\/\d+\/deployment_protection_rule$/;

/** The approvals of one store, decided by its gates. */
export function approvals(
  ports: Ports,
  config: Config,
  { store, evaluate }: Pick<GateServices, "store" | "evaluate">,
): Approvals {
  const gate = semaphore(PARALLEL);
  const { github: hook } = config.hooks;
  let isMoved = false;
  return {
    async add(
      target,
      { environment, deployment_callback_url: callback, deployment, repository, installation },
    ) {
      const url = new URL(callback);
      if (!hook || !isCallback(url, hook)) return false;
      await save(store, `${url.pathname}/${environment}`, {
        target,
        environment,
        callback,
        repository: repository.full_name,
        sha: deployment.sha,
        installation: installation.id,
        deadline: ports.clock.now() + hook.deadlineMs,
        attempts: 0,
      });
      return true;
    },

    async review() {
      if (!hook?.app) return;
      if (!isMoved) await moveLegacy(store);
      isMoved = true;
      const records = await store.listRecords({ kind: "approval", limit: MAX_PENDING });
      const context = { ports, config, store, evaluate, hook };
      await Promise.all(records.map((record) => gate(() => reviewRecord(context, record))));
    },
  };
}

function isCallback({ href }: URL, hook: GitHubHook): boolean {
  const api = hook.api.replace(/\/$/, "");
  return href.startsWith(`${api}/`) && CALLBACK.test(href.slice(api.length));
}

const save = (store: RecordStore, key: string, value: PendingApproval): Promise<unknown> =>
  store.putRecord({
    kind: "approval",
    key,
    order: value.attempts,
    value: JSON.stringify(value),
    expiresAt: value.deadline + RETENTION_MS,
  });

/** Moves pending approvals of an earlier version to their own kind. */
async function moveLegacy(store: RecordStore): Promise<void> {
  const kind = "deployment";
  for (const record of await store.listRecords({ kind, under: LEGACY_PREFIX, limit: MAX_LEGACY })) {
    await store.putRecord({ ...record, kind: "approval", key: record.key.slice(LEGACY_PREFIX.length) });
    await store.deleteRecord(kind, record.key);
  }
}

interface ReviewContext extends Pick<GateServices, "evaluate"> {
  ports: Ports;
  config: Config;
  store: RecordStore;
  hook: GitHubHook;
}

/** Decides one request, answers it, and deletes or updates its record. */
async function reviewRecord(
  { ports, config, store, evaluate, hook }: ReviewContext,
  record: StoredRecord,
): Promise<void> {
  const { clock, log, secrets } = ports;
  const request = parseRow(pendingApproval, record.value, `approval ${record.key}`);
  const answer = await reviewOf(request, config, evaluate, clock.now());
  if (!answer && request.attempts > 0) return;
  try {
    const github = await installationClient(ports, hook, request.installation);
    for (const refusal of await reply(github, hook, request, answer)) {
      log.warn("GitHub refused a decision", { rule: record.key, error: secrets.redact(refusal) });
    }
    if (answer) await store.deleteRecord("approval", record.key);
    else await save(store, record.key, { ...request, attempts: 1 });
  } catch (error) {
    const attempts = request.attempts + 1;
    log.warn("a protection rule could not be answered", {
      rule: record.key,
      attempts,
      error: secrets.redact(messageOf(error)),
    });
    if (attempts >= ATTEMPTS) await store.deleteRecord("approval", record.key);
    else await save(store, record.key, { ...request, attempts });
  }
}

interface Review {
  state: "approved" | "rejected";
  comment: string;
}

/** The decision; null: not yet. */
async function reviewOf(
  { target: id, deadline }: PendingApproval,
  config: Config,
  evaluate: GateEvaluator,
  nowMs: number,
): Promise<Review | null> {
  const target = config.targets.find((target) => target.id === id);
  if (!target) return { state: "rejected", comment: `Target ${id} no longer exists` };
  const { checks } = target;
  const { decision, reason } = await evaluate({ target, checks, regions: config.regions, degraded: "pass" });
  if (decision === "pass") return { state: "approved", comment: commentOf(decision, reason) };
  if (decision === "fail") return { state: "rejected", comment: commentOf(decision, reason) };
  return nowMs < deadline
    ? null
    : { state: "rejected", comment: commentOf("undecided until the deadline", reason) };
}

const commentOf = (decision: GateDocument["decision"] | string, reason: string) =>
  `Assay: ${decision}. ${reason}`;

/**
 * Answers the rule, or reports it as pending, and sets the commit status. Returns what GitHub refused for
 * good; rejects if the call must be retried.
 */
async function reply(
  github: GitHub,
  hook: GitHubHook,
  request: PendingApproval,
  answer: Review | null,
): Promise<string[]> {
  const { environment, callback, repository, sha, target } = request;
  const status = {
    state: answer ? (answer.state === "approved" ? "success" : "failure") : "pending",
    description: (answer?.comment ?? "Assay: not decided yet").slice(0, 140),
    context: `assay/${target}/${environment}`,
  };
  // A commit status that cannot be set (it needs its own permission) does not block the answer.
  const set = await github.post(new URL(`${hook.api}/repos/${repository}/statuses/${sha}`), status);
  const refusals = set.ok ? [] : [`the commit status: ${set.status} ${set.detail ?? ""}`];
  if (!answer) return refusals;
  const answered = await github.post(new URL(callback), { environment_name: environment, ...answer });
  const final = answered.ok ||
    (answered.status >= 400 && answered.status < 500 && answered.status !== 429 && answered.status !== 403);
  if (!final) throw new Error(`GitHub answered ${answered.status} ${answered.detail ?? ""}`);
  return answered.ok ? refusals : [...refusals, `the answer: ${answered.status} ${answered.detail ?? ""}`];
}
