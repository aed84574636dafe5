import type { Context } from "hono";
import { Hono } from "../../hono.ts";
import type { Check, PushedSource } from "../../../config/config.ts";
import { parseDuration } from "../../../config/schema/duration.ts";
import {
  claimAt,
  decodePush,
  encodePush,
  expiryOf,
  type Push,
  pushKey,
  pushSources,
} from "../../../storage/records/pushes.ts";
import type { RecordStore, StoredRecord } from "../../../storage/store.ts";
import { hasToken } from "../middleware/credentials.ts";
import { limitBody, parseBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { answerBody, pushBody, reportOf, wordsBody } from "../views/push_body.ts";
import { iso, MINUTE_MS } from "../../../base/time.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";
import * as z from "../../../base/zod.ts";

/** How far the sender's clock may be ahead of ours. It may be behind by the ttl. */
const AHEAD_MS = MINUTE_MS;
/**
 * Maximum number of records read per lookup: sources whose key begins alike, some of them no longer
 * configured.
 */
const ALIKE = 100;

/** The pushed source named by the path. */
interface SourceRef {
  check: Check;
  source: PushedSource;
  key: string;
}

/**
 * `PUT`, `GET` and `DELETE /v1/targets/{target}/checks/{check}/reports/{source}`: pushed claims, for services
 * that no prober can reach. `seq` must rise (otherwise 409 with the stored one), and `at` must be near our
 * time (otherwise 400 with the difference). A withdrawal takes the next `seq`.
 */
export function routes(
  { ports: { clock, secrets }, config, store, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "access"
  >,
): Hono {
  const app = new Hono();
  const path = "/v1/targets/:target/checks/:check/reports/:source";

  const findSource = (c: Context): SourceRef | undefined => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("target")}/${c.req.param("check")}`);
    const source = check && pushSources(check).find(({ name }) => name === c.req.param("source"));
    return check && source && { check, source, key: pushKey(check, source) };
  };

  /** The source, if the request is authorized. A refusal does not reveal whether the source exists. */
  const authorize = async (c: Context, scope: "read" | "report"): Promise<SourceRef | Response> => {
    const found = findSource(c);
    const target = c.req.param("target");
    const token = scope === "report" ? found?.source.token : undefined;
    const isOwn = token !== undefined && await hasToken(c, secrets.reveal(token));
    if (!isOwn && !await access.may(c, scope, target)) {
      if (scope === "read" || await access.principal(c)) return await access.refuse(c, scope, target);
      return problem(c, "unauthorized", "Send the bearer token of this source, or one with scope report");
    }
    return found ?? problem(c, "not-found", "No check has a pushed source of this name");
  };

  app.put(path, limitBody(), async (c) => {
    const found = await authorize(c, "report");
    if (found instanceof Response) return found;
    const { source, key } = found;
    const read = parseBody(c, secrets.redact(await c.req.text()), pushBody, "The body is not a report");
    if ("response" in read) return read.response;
    const body = read.value;
    const receivedAt = clock.now();
    const ttlMs = Math.min(body.ttl === undefined ? source.ttlMs : parseDuration(body.ttl), source.ttlMs);
    const skewMs = body.at - receivedAt;
    if (skewMs > AHEAD_MS || -skewMs > ttlMs) return clockSkew(c, skewMs);
    const kept: Push = { report: reportOf(body, source), receivedAt, ttlMs };
    const isNew = await store.putRecord(encodePush(key, body.seq, kept));
    return isNew ? c.json(view(found, body.seq, kept, receivedAt)) : await conflict(c, store, found);
  });

  app.get(path, async (c) => {
    const found = await authorize(c, "read");
    if (found instanceof Response) return found;
    const record = await recordAt(store, found.key);
    return c.json(view(found, record?.order, record && decodePush(record), clock.now()));
  });

  app.delete(path, async (c) => {
    const found = await authorize(c, "report");
    if (found instanceof Response) return found;
    const record = await recordAt(store, found.key);
    if (!record) return c.body(null, 204);
    // A record stays, so that an earlier push cannot be replayed.
    const withdrawal: Push = { report: null, receivedAt: clock.now(), ttlMs: found.source.ttlMs };
    const isNew = await store.putRecord(encodePush(found.key, record.order + 1, withdrawal));
    return isNew ? c.body(null, 204) : await conflict(c, store, found);
  });

  return app;
}

/** {@linkcode routes}, under the name that the tables of config kinds use. */
export const pushedReports = routes;

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  const path = "/v1/targets/{target}/checks/{check}/reports/{source}";
  return [
    {
      method: "put",
      path,
      id: "pushReport",
      summary: "Push a claim, in Assay's format or as a response in any dialect",
      tag: "reports",
      access: "report",
      body: {
        schema: z.union([wordsBody, answerBody]),
        example: { state: "ready", seq: 1767225600000, at: 1767225600000, ttl: "90s" },
      },
      answers: { 200: jsonAnswer("The stored claim", schemas.pushedReportSchema) },
      problems: [400, 404, 409, 413],
    },
    {
      method: "get",
      path,
      id: "getReport",
      summary: "The current claim of a source",
      tag: "reports",
      access: "read",
      answers: { 200: jsonAnswer("The claim", schemas.pushedReportSchema) },
      problems: [404],
    },
    {
      method: "delete",
      path,
      id: "withdrawReport",
      summary: "Withdraw a claim",
      tag: "reports",
      access: "report",
      answers: { 204: emptyAnswer("Withdrawn, or there was none") },
      problems: [404, 409],
    },
  ];
}

async function recordAt(store: RecordStore, key: string): Promise<StoredRecord | undefined> {
  const records = await store.listRecords({ kind: "report", under: key, limit: ALIKE });
  return records.find((record) => record.key === key);
}

async function conflict(c: Context, store: RecordStore, { key }: SourceRef) {
  const seq = (await recordAt(store, key))?.order;
  return problem(c, "conflict", "The seq must be higher than the stored one", { seq });
}

function clockSkew(c: Context, skewMs: number) {
  const way = skewMs > 0 ? "ahead of" : "behind";
  const detail = `The report's time is ${
    Math.abs(skewMs)
  } ms ${way} ours: the report is old, or a clock is wrong`;
  return problem(c, "bad-request", detail, { skewMs });
}

function view({ check, source }: SourceRef, seq: number | undefined, push: Push | undefined, nowMs: number) {
  const { at: _, durationMs: _duration, reportedAt, ...claim } = claimAt(push, source, nowMs);
  return {
    target: check.target.id,
    check: check.id,
    source: source.name,
    ...claim,
    seq,
    at: iso(reportedAt),
    ...(push && {
      receivedAt: iso(push.receivedAt),
      ageMs: Math.max(0, nowMs - push.receivedAt),
      expiresAt: push.report ? iso(expiryOf(push, source)) : undefined,
    }),
  };
}
