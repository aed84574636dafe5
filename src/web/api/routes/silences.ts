import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import { closest } from "../../../base/closest.ts";
import type { Check, Config } from "../../../config/config.ts";
import { isAbout, type SilenceMatch } from "../../../config/maintenance_window.ts";
import { DURATION, parseDuration } from "../../../config/schema/duration.ts";
import { silenceSource } from "../../../storage/records/maintenance.ts";
import { encodeSilence, MAX_SILENCES, type Silence, subjectOf } from "../../../storage/records/silences.ts";
import type { Principal } from "../middleware/principals.ts";
import { freeText, limitBody, readBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { instant, parseQuery } from "../middleware/query.ts";
import { DAY_MS, iso } from "../../../base/time.ts";
import { emptyAnswer, jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const MAX_MS = 400 * DAY_MS;

const glob = z.string().check(z.minLength(1), z.maxLength(100));
/** Body of a new silence. */
const silenceBody = z.strictObject({
  match: z.strictObject({
    target: z.optional(glob),
    check: z.optional(glob),
    labels: z.optional(
      z.record(glob, glob).check(z.refine((labels) => {
        const { length } = Object.keys(labels);
        return length >= 1 && length <= 10;
      }, "1 to 10 labels")),
    ),
  }).check(
    z.refine(
      (match) => Object.keys(match).length > 0,
      'name a target, a check or labels; `target: "*"` matches all',
    ),
  ),
  from: z.optional(instant),
  until: z.union([
    instant,
    z.string().check(z.regex(DURATION, "a time (RFC 3339) or a duration such as 2h")),
  ]),
  reason: freeText().check(z.trim(), z.minLength(1), z.maxLength(500)),
});

/** Query of the list. */
const silencesQuery = z.strictObject({ all: z.optional(z.enum(["true", "false"])) });

/**
 * `POST /v1/silences {match, from?, until, reason}`; `GET` of pending and active ones (`?all=true`: also
 * those of the last week); `DELETE /v1/silences/{id}`, which ends one now. A token for some targets can
 * silence only those.
 */
export function routes(
  { ports: { clock, random }, config, store, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "access"
  >,
): Hono {
  const app = new Hono();
  const readAll = silenceSource(config, store);
  const readKept = () => readAll(clock.now());

  app.post("/v1/silences", access.allow("operate"), limitBody(), async (c) => {
    const read = await readBody(c, silenceBody, "The body is not a silence");
    if ("response" in read) return read.response;
    const { match, from = clock.now(), until, reason } = read.value;
    const end = typeof until === "number" ? until : from + parseDuration(until);
    const nowMs = clock.now();
    const fault = faultOf(from, end, nowMs);
    if (fault) return problem(c, "bad-request", fault);
    const who = (await access.principal(c))!;
    // Responses must not reveal whether targets outside the token exist.
    const named = targetNamed(match);
    if (named !== undefined && !who.covers(named)) return await access.refuse(c, "operate", named);
    if (!covers(who, match, config)) return await access.refuse(c, "operate", "all its targets");
    const unknown = unknownTarget(named, config.targets.map(({ id }) => id).filter(who.covers));
    if (unknown) return problem(c, "bad-request", unknown);
    const existing = await readKept();
    if (existing.filter(({ window }) => !window).length >= MAX_SILENCES) {
      return problem(c, "conflict", `At most ${MAX_SILENCES} silences are kept`);
    }
    const id = `sil_${nowMs.toString(36)}${Math.floor(random() * 36 ** 6).toString(36).padStart(6, "0")}`;
    const silence: Silence = { id, match, from, until: end, reason, by: who.id };
    await store.putRecord(encodeSilence(silence));
    return c.json(view(silence, { config, who, nowMs }), 201);
  });

  app.get("/v1/silences", access.allow("read"), async (c) => {
    const read = parseQuery(c, silencesQuery);
    if ("response" in read) return read.response;
    const nowMs = clock.now();
    const past = read.value.all === "true";
    const who = (await access.principal(c))!;
    const shown = (await readKept()).filter((silence) =>
      (past || nowMs < silence.until) && concerns(silence, config, who)
    );
    return c.json({ silences: shown.map((silence) => view(silence, { config, who, nowMs })) });
  });

  app.delete("/v1/silences/:id", access.allow("operate"), async (c) => {
    const silence = (await readKept()).find(({ id }) => id === c.req.param("id"));
    const nowMs = clock.now();
    if (!silence) return problem(c, "not-found", "No silence has this id");
    if (!covers((await access.principal(c))!, silence.match, config)) {
      return await access.refuse(c, "operate", "all its targets");
    }
    if (nowMs >= silence.until) return problem(c, "conflict", "This silence is over");
    // Kept, because it explains why notices were held.
    await store.putRecord(encodeSilence({ ...silence, until: Math.max(nowMs, silence.from) }, true));
    return c.body(null, 204);
  });

  return app;
}

/** The OpenAPI operations of these routes. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/silences",
      id: "createSilence",
      summary: "Hold notices for a time; probing continues",
      tag: "silences",
      access: "operate",
      body: {
        schema: silenceBody,
        example: { match: { target: "shop" }, until: "2h", reason: "database migration" },
      },
      answers: { 201: jsonAnswer("The silence", schemas.silenceSchema) },
      problems: [400, 409, 413],
    },
    {
      method: "get",
      path: "/v1/silences",
      id: "listSilences",
      summary: "Active and pending silences",
      tag: "silences",
      access: "read",
      query: silencesQuery,
      answers: { 200: jsonAnswer("The silences", schemas.silencesSchema) },
      problems: [400],
    },
    {
      method: "delete",
      path: "/v1/silences/{id}",
      id: "endSilence",
      summary: "End a silence now",
      tag: "silences",
      access: "operate",
      answers: { 204: emptyAnswer("The silence has ended") },
      problems: [404, 409],
    },
  ];
}

/** The target's id if `match` names exactly one: without `*`. */
const targetNamed = ({ target }: { target?: string }) => target?.includes("*") ? undefined : target;

/** A typo must not leave someone without the silence they asked for. */
function unknownTarget(target: string | undefined, ids: string[]): string | undefined {
  if (target === undefined || ids.includes(target)) return undefined;
  const nearest = closest(target, ids);
  return `This token covers no target ${target}${nearest ? `; did you mean ${nearest}?` : ""}`;
}

function faultOf(from: number, until: number, nowMs: number): string | undefined {
  if (from - nowMs > MAX_MS) return "A silence must begin within 400 days";
  if (until <= from) return "`until` must be after `from`";
  if (until <= nowMs) return "This silence would already be over";
  return until - from > MAX_MS ? "A silence lasts at most 400 days" : undefined;
}

const matchesCheck = (match: SilenceMatch, check: Check) => isAbout(match, subjectOf(check));

const concerns = ({ match }: Silence, { checks }: Config, who: Principal) =>
  who.all || checks.some((check) => matchesCheck(match, check) && who.covers(check.target.id));

/** Whether the token covers every check that this matches. */
const covers = (who: Principal, match: SilenceMatch, { checks }: Config) =>
  who.all || checks.every((check) => !matchesCheck(match, check) || who.covers(check.target.id));

function view(
  silence: Silence,
  { config: { checks }, who, nowMs }: { config: Config; who: Principal; nowMs: number },
) {
  const { from, until, match, window, ...rest } = silence;
  const state = nowMs < from ? "pending" : nowMs < until ? "active" : "over";
  const concerned = checks.filter((check) => matchesCheck(match, check) && who.covers(check.target.id))
    .map(({ key }) => key);
  const times = { from: iso(from), until: iso(until) };
  return { ...rest, ...window && { window: window.id }, match, state, ...times, checks: concerned };
}
