/** `/v1/gates/{target}`: deployment gates. They decide from stored state only. */
import type { Context } from "hono";
import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import type { Config, Target } from "../../../config/config.ts";
import { DURATION, parseDuration } from "../../../config/schema/duration.ts";
import type { Decision } from "../../../judgement/gate.ts";
import { DECISIONS } from "../../../judgement/words.ts";
import { Cache } from "../../../base/cache.ts";
import { formatDocument } from "../../../engine/gates/document.ts";
import type { GateQuery } from "../../../engine/gates/evaluate.ts";
import { limitBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { parseQuery } from "../middleware/query.ts";
import { messageOf } from "../../../base/error_message.ts";
import type { AnswerSpec, Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";
import { DAY_MS } from "../../../base/time.ts";

/** Maximum number of cached queries and of cached responses, and how old a cached response may be, ms. */
const KEPT = 2_000;
const FRESH_MS = 1_000;
const MOST_RUNS = 100;
const visibleText = z.string().check(z.regex(/^[\x21-\x7e]{1,200}$/, "1 to 200 visible ASCII characters"));
/** Longer than any retention period, and short enough that dates stay valid. */
const LONGEST_MS = 4_000 * DAY_MS;
const durationMs = z.pipe(
  z.string().check(z.regex(DURATION, "a duration, such as 90s or 5m")),
  z.transform(parseDuration),
).check(z.refine((ms) => ms <= LONGEST_MS, "at most 4000d"));
const ids = z.pipe(
  z.string().check(z.maxLength(4_000)),
  z.transform((text) => [...new Set(text.split(","))]),
);

const parameters = {
  check: z.optional(ids),
  regions: z.optional(ids),
  anchor: z.optional(visibleText),
  since: z.optional(z.union([durationMs, z.datetime({ offset: true })])),
  version: z.optional(visibleText),
  minRuns: z.optional(z.coercedNumber().check(z.int(), z.gte(1), z.lte(MOST_RUNS))),
  maxAge: z.optional(durationMs),
  degraded: z._default(z.enum(DECISIONS), "pass"),
  format: z._default(z.enum(["json", "text"]), "json"),
};
/** Query of a gate. */
const gateQuery = z.strictObject({
  ...parameters,
  mode: z._default(z.enum(["status", "body"]), "status"),
  // Not for /rollback: errors from before a rollout are not a failure of it.
  maxBurnRate: z.optional(z.coercedNumber().check(z.gt(0), z.lte(1_000_000))),
});
/** Query of `/rollback`, which always decides by the HTTP status. */
const rollbackQuery = z.strictObject(parameters);

/** The fields of Flagger's webhook that matter here; others are ignored. */
const gateBody = z.object({
  name: z.optional(z.string().check(z.maxLength(253))),
  namespace: z.optional(z.string().check(z.maxLength(253))),
  checksum: z.optional(z.string().check(z.maxLength(100))),
  metadata: z.nullish(z.record(z.string(), z.string())),
});
type Body = z.infer<typeof gateBody>;

const STATUS = { pass: 200, fail: 409, inconclusive: 424 } as const;
/** For `/rollback`, 2xx means "roll back", so only a confirmed failure may respond with it. */
const ROLLBACK_STATUS = { pass: 409, fail: 200, inconclusive: 424 } as const;

/**
 * `GET|POST /v1/gates/{target}` and `/rollback`, both also below `/k/{token}` for tools that cannot send
 * headers. A decision is 200, 409 or 424 (`mode=body`: always 200), and never a redirect or 204. `/rollback`
 * is 200 only for a confirmed failure, otherwise 4xx.
 */
export function routes(
  { ports: { clock, log, secrets }, config, evaluate, access, changeCount }: Pick<
    ResourceContext,
    "ports" | "config" | "evaluate" | "access" | "changeCount"
  >,
): Hono {
  const app = new Hono();
  const targets = new Map(config.targets.map((target) => [target.id, target]));
  const limit = limitBody();
  /**
   * Parsed queries by URL. Decisions are kept by query object, so a decision that still holds is found again.
   */
  const questions = new Cache<string, Asked>({ max: KEPT });
  const recent = new Cache<string, Promise<GateAnswer>>({
    max: KEPT,
    ttlMs: FRESH_MS,
    spread: true,
    clock,
    version: changeCount,
  });

  const authorize = async (c: Context): Promise<{ target: Target; body: Body } | { response: Response }> => {
    const [id, token] = [c.req.param("target")!, c.req.param("token")];
    const body = await bodyOf(c);
    if (!body) return { response: problem(c, "bad-request", "The body is not the JSON of a webhook") };
    const given = token ?? body.metadata?.token;
    if (!await access.may(c, "read", id, given)) {
      return { response: await access.refuse(c, "read", id, given) };
    }
    const target = targets.get(id);
    if (!target) {
      return { response: problem(c, "not-found", "No gate has this name: a gate is a target's id") };
    }
    return { target, body };
  };

  const answer = async ({ question, mode, format }: Asked): Promise<GateAnswer> => {
    const found = await evaluate(question);
    const { decision } = found;
    return { decision, mode, format, text: format === "text" ? decision : formatDocument(found) };
  };

  /** The requested decision; a recent response is reused. */
  const decide = async (
    c: Context,
    schema: typeof gateQuery | typeof rollbackQuery,
  ): Promise<GateAnswer | Response> => {
    const allowed = await authorize(c);
    if ("response" in allowed) return allowed.response;
    const isPost = c.req.method === "POST";
    const key = `${schema === gateQuery ? "" : "rollback "}${allowed.target.id}${searchOf(c)}`;
    const asked = (isPost ? undefined : questions.get(key)) ??
      readQuestion(c, schema, { ...allowed, config });
    if (asked instanceof Response) return asked;
    if (isPost) return await answer(asked);
    questions.getOrSet(key, () => asked);
    return await recent.load(key, () => answer(asked));
  };

  const gate = async (c: Context) => {
    const sent = await decide(c, gateQuery);
    if (sent instanceof Response) return sent;
    return gateResponse(sent, sent.mode === "body" ? 200 : STATUS[sent.decision]);
  };

  const rollback = async (c: Context) => {
    try {
      const sent = await decide(c, rollbackQuery);
      return sent instanceof Response ? sent : gateResponse(sent, ROLLBACK_STATUS[sent.decision]);
    } catch (error) {
      // Our own error is reported as 424: a failed gate would roll back, and a 5xx would be retried at once.
      log.error("a gate failed", { error: secrets.redact(messageOf(error)) });
      return problem(c, "undecided", "This cannot be decided now; the log of this process says why");
    }
  };

  for (const path of ["/v1/gates/:target", "/v1/gates/:target/k/:token"]) {
    app.get(path, gate).post(path, limit, gate);
    app.get(`${path}/rollback`, rollback).post(`${path}/rollback`, limit, rollback);
  }
  return app;
}

/** The question of a request, or an error response. */
function readQuestion(
  c: Context,
  schema: typeof gateQuery | typeof rollbackQuery,
  { target, body, config }: { target: Target; body: Body; config: Config },
): Asked | Response {
  const read = parseQuery<z.infer<typeof gateQuery>>(c, schema as typeof gateQuery);
  if ("response" in read) return read.response;
  const { mode = "status", format, check, regions: regionIds, ...rest } = read.value;
  const checks = selectById(target.checks, check);
  const regions = selectById(config.regions, regionIds);
  if (!checks) return problem(c, "not-found", `The target ${target.id} has no such check`);
  if (!regions) return problem(c, "bad-request", "There is no such region");
  const aimless = rest.maxBurnRate === undefined ? undefined : checks.find(({ slo }) => slo === undefined);
  if (aimless) {
    return problem(c, "bad-request", `maxBurnRate needs an slo, and the check ${aimless.id} has none`);
  }
  const anchor = rest.anchor ?? rolloutOf(body);
  return { question: { ...rest, target, checks, regions, anchor }, mode, format };
}

/** The OpenAPI operations: eight, by method, position of the token, and `/rollback`. */
export function operations({ gateSchema, decisionSchema }: Schemas): Operation[] {
  const answer = (description: string): AnswerSpec => ({
    description,
    schema: gateSchema,
    also: { "text/plain": decisionSchema },
  });
  const decisions = {
    200: answer("pass; with mode=body every decision"),
    409: answer("fail"),
    424: answer("inconclusive"),
  };
  const rollbacks = {
    200: answer("fail: roll back"),
    409: answer("pass: do not"),
    424: answer("inconclusive: do not"),
  };
  const example = { name: "shop", namespace: "prod", checksum: "5f4dcc3b5" };
  return (["get", "post"] as const).flatMap((method) =>
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
        ...(method === "post" && { body: { schema: gateBody, example, optional: true } }),
        answers: suffix ? rollbacks : decisions,
        // 424 as a problem document: Assay itself failed, which must not roll back anything.
        problems: [400, 404, ...(method === "post" ? [413] as const : []), ...(suffix ? [424] as const : [])],
      }))
    )
  );
}

/** A parsed query, and the requested format. */
interface Asked {
  question: GateQuery;
  mode: "status" | "body";
  format: "json" | "text";
}

/** A decision in the requested format. */
interface GateAnswer extends Pick<Asked, "mode" | "format"> {
  decision: Decision;
  text: string;
}

const TYPES = { json: "application/json", text: "text/plain; charset=utf-8" };

/** There is no trailing newline, because some tools compare the text as a whole. */
function gateResponse({ decision, format, text }: GateAnswer, status: 200 | 409 | 424): Response {
  const response = new Response(text, { status, headers: { "content-type": TYPES[format] } });
  response.headers.set("x-gate-decision", decision);
  return response;
}

/** The raw query string of the URL. */
function searchOf(c: Context): string {
  const at = c.req.url.indexOf("?");
  return at < 0 ? "" : c.req.url.slice(at);
}

/** The parsed body; null if it is not a JSON object. */
async function bodyOf(c: Context): Promise<Body | null> {
  if (c.req.method !== "POST") return {};
  const text = await c.req.text();
  if (text.trim() === "") return {};
  try {
    return gateBody.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

const rolloutOf = ({ name, namespace, checksum }: Body) =>
  name && namespace && checksum ? `${namespace}/${name}/${checksum}` : undefined;

/** All items, or the named ones; null if a name is unknown. */
function selectById<T extends { id: string }>(
  all: readonly T[],
  names: readonly string[] | undefined,
): T[] | null {
  if (!names) return [...all];
  const found = names.map((name) => all.find(({ id }) => id === name));
  return found.every((one) => one !== undefined) ? found : null;
}
