import { type Context, Hono } from "hono";
import type { Check, Config, PushedSource } from "../../../config/config.ts";
import { parseDuration } from "../../../config/schema/duration.ts";
import type { Ports } from "../../../base/ports.ts";
import {
  claimAt,
  decodePush,
  encodePush,
  expiryOf,
  type Push,
  pushKey,
  pushSources,
} from "../../../storage/records/pushes.ts";
import type { Store, StoredRecord } from "../../../storage/store.ts";
import type { Access } from "../middleware/access.ts";
import { digestOf, same, shown } from "../middleware/credentials.ts";
import { capped, parsed } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { push, reportOf } from "../views/push_body.ts";
import { iso } from "../../../base/time.ts";

/** As much as is read of an answer that is asked for. */
const CAP_BYTES = 64 * 1024;
/** How far the sender's clock may be ahead of ours. Behind, it may be by the ttl. */
const AHEAD_MS = 60_000;
/** Sources whose name begins alike: those of one check, and some that left the config. */
const ALIKE = 100;

/** A source that the path names. */
interface Place {
  check: Check;
  source: PushedSource;
  key: string;
}

/**
 * `PUT`, `GET` and `DELETE /v1/targets/{target}/checks/{check}/reports/{source}`: a claim that is sent in, for what no prober reaches. Its
 * `seq` must rise (409 with the one that is kept), its `at` must be near our own time (400 with the difference). A withdrawal takes the next `seq`.
 */
export function reports({ clock, secrets }: Ports, config: Config, store: Store, access: Access): Hono {
  const app = new Hono();
  const path = "/v1/targets/:target/checks/:check/reports/:source";

  const placeOf = (c: Context): Place | undefined => {
    const check = config.checks.find(({ key }) => key === `${c.req.param("target")}/${c.req.param("check")}`);
    const source = check && pushSources(check).find(({ name }) => name === c.req.param("source"));
    return check && source && { check, source, key: pushKey(check, source) };
  };

  /** The place, if the request may do that there. Who may not is not told what there is. */
  const entered = async (c: Context, scope: "read" | "report"): Promise<Place | Response> => {
    const place = placeOf(c);
    const target = c.req.param("target");
    const token = scope === "report" ? place?.source.token : undefined;
    const isOwn = token !== undefined && await holds(c, secrets.reveal(token));
    if (!isOwn && !await access.may(c, scope, target)) {
      if (scope === "read" || await access.principal(c)) return await access.refuse(c, scope, target);
      return problem(c, "unauthorized", "Send the bearer token of this source, or one with the scope report");
    }
    return place ?? problem(c, "not-found", "No check has a pushed source of this name");
  };

  const memoAt = async (key: string): Promise<StoredRecord | undefined> =>
    (await store.listRecords({ kind: "report", under: key, limit: ALIKE })).find((memo) => memo.key === key);

  const refused = async (c: Context, { key }: Place) => {
    const seq = (await memoAt(key))?.order;
    return problem(c, "conflict", "The seq must be higher than the one that is kept", { seq });
  };

  app.put(path, capped(CAP_BYTES), async (c) => {
    const place = await entered(c, "report");
    if (place instanceof Response) return place;
    const { source, key } = place;
    const read = parsed(c, secrets.redact(await c.req.text()), push, "The body is not a report");
    if ("response" in read) return read.response;
    const body = read.value;
    const receivedAt = clock.now();
    const ttlMs = Math.min(body.ttl === undefined ? source.ttlMs : parseDuration(body.ttl), source.ttlMs);
    const skewMs = body.at - receivedAt;
    if (skewMs > AHEAD_MS || -skewMs > ttlMs) return skewed(c, skewMs);
    const kept: Push = { report: reportOf(body, source), receivedAt, ttlMs };
    const isNew = await store.putRecord(encodePush(key, body.seq, kept));
    return isNew ? c.json(view(place, body.seq, kept, receivedAt)) : await refused(c, place);
  });

  app.get(path, async (c) => {
    const place = await entered(c, "read");
    if (place instanceof Response) return place;
    const memo = await memoAt(place.key);
    return c.json(view(place, memo?.order, memo && decodePush(memo), clock.now()));
  });

  app.delete(path, async (c) => {
    const place = await entered(c, "report");
    if (place instanceof Response) return place;
    const memo = await memoAt(place.key);
    if (!memo) return c.body(null, 204);
    // A memo stays, so that what was pushed before cannot be sent again.
    const gone: Push = { report: null, receivedAt: clock.now(), ttlMs: place.source.ttlMs };
    const isNew = await store.putRecord(encodePush(place.key, memo.order + 1, gone));
    return isNew ? c.body(null, 204) : await refused(c, place);
  });

  return app;
}

/** Whether the request shows this token; digests are compared, so that the time taken tells nothing. */
async function holds(c: Context, token: string): Promise<boolean> {
  const given = shown(c);
  const [a, b] = await Promise.all([digestOf(given ?? ""), digestOf(token)]);
  return !!given && same(a, b);
}

function skewed(c: Context, skewMs: number) {
  const way = skewMs > 0 ? "ahead of" : "behind";
  const detail = `The report's time is ${Math.abs(skewMs)} ms ${way} ours: it is old, or a clock is wrong`;
  return problem(c, "bad-request", detail, { skewMs });
}

function view({ check, source }: Place, seq: number | undefined, push: Push | undefined, nowMs: number) {
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
