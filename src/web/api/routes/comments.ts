import { Hono } from "hono";
import * as z from "zod";
import type { Incident } from "../../../judgement/incident.ts";
import type { Store } from "../../../storage/store.ts";
import { defaultBodyLimit, readBody } from "../middleware/read_body.ts";
import { problem } from "../middleware/problem.ts";
import { DAY_MS, iso } from "../../../base/time.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

/** At most so many on one incident. */
const MAX_COMMENTS = 200;
/** How many of the newest are looked through for a list of incidents. */
const MAX_LISTED = 1_000;
/** How much longer than a resolved incident they are kept: it may be open for long. */
const SPARE_MS = 90 * DAY_MS;

const KINDS = { acknowledge: "acknowledged", comments: "comment" } as const;

const storedComment = z.object({
  kind: z.enum(["acknowledged", "comment"]),
  at: z.number(),
  by: z.string(),
  text: z.string().optional(),
});
type IncidentComment = z.infer<typeof storedComment>;

const commentText = z.string().trim().min(1).max(4_000);
/** The bodies, by the last part of the path. */
const commentBodies = {
  acknowledge: z.strictObject({ text: commentText.optional() }),
  comments: z.strictObject({ text: commentText }),
};

/** `POST /v1/incidents/{id}/acknowledge {text?}` and `POST /v1/incidents/{id}/comments {text}`; `by` is the token's id. */
export function routes(
  { ports: { clock, random }, config: { retention }, store, access }: Pick<
    ResourceContext,
    "ports" | "config" | "store" | "access"
  >,
): Hono {
  const app = new Hono();
  for (const verb of ["acknowledge", "comments"] as const) {
    app.post(`/v1/incidents/:id/${verb}`, access.allow("operate"), defaultBodyLimit, async (c) => {
      const read = await readBody(
        c,
        commentBodies[verb],
        verb === "comments" ? "a comment" : "an acknowledgement",
      );
      if ("response" in read) return read.response;
      const incident = await store.getIncident(c.req.param("id"));
      if (!incident || !await access.may(c, "operate", incident.target)) {
        return problem(c, "not-found", "No incident has this id");
      }
      if (verb === "acknowledge" && incident.state !== "open") {
        return problem(c, "conflict", "This incident is resolved");
      }
      if ((await commentsOn(store, incident.id)).length >= MAX_COMMENTS) {
        return problem(c, "conflict", `An incident has ${MAX_COMMENTS} remarks at most`);
      }
      const at = clock.now();
      const comment: IncidentComment = {
        kind: KINDS[verb],
        at,
        by: (await access.principal(c))!.id,
        ...read.value,
      };
      const suffix = `${at.toString(36).padStart(9, "0")}${Math.floor(random() * 36 ** 6).toString(36)}`;
      await store.putRecord({
        kind: "remark",
        key: `${incident.id}/${suffix}`,
        order: 0,
        value: JSON.stringify(comment),
        expiresAt: at + retention.incidentsMs + SPARE_MS,
      });
      return c.json(commentView(comment), 201);
    });
  }
  return app;
}

/** The same, for the document of the API. */
export function operations(schemas: Schemas): Operation[] {
  return [
    {
      method: "post",
      path: "/v1/incidents/{id}/acknowledge",
      id: "acknowledgeIncident",
      summary: "Acknowledge an open incident",
      tag: "incidents",
      access: "operate",
      body: { schema: commentBodies.acknowledge, example: { text: "I am on it" } },
      answers: { 201: jsonAnswer("The remark", schemas.commentSchema) },
      problems: [400, 404, 409, 413],
    },
    {
      method: "post",
      path: "/v1/incidents/{id}/comments",
      id: "commentIncident",
      summary: "Comment on an incident",
      tag: "incidents",
      access: "operate",
      body: { schema: commentBodies.comments, example: { text: "The database is back" } },
      answers: { 201: jsonAnswer("The remark", schemas.commentSchema) },
      problems: [400, 404, 409, 413],
    },
  ];
}

/** What people said of an incident, oldest first. */
export async function commentsOn(store: Store, incident: string): Promise<IncidentComment[]> {
  const records = await store.listRecords({ kind: "remark", under: `${incident}/`, limit: MAX_COMMENTS });
  return records.map(({ value }) => storedComment.parse(JSON.parse(value)));
}

/** When the present episode was acknowledged (epoch ms), by incident id, among the newest 1,000 remarks. */
export async function acknowledgements(store: Store): Promise<Map<string, number[]>> {
  const all = new Map<string, number[]>();
  for (const { key, value } of await store.listRecords({ kind: "remark", limit: MAX_LISTED })) {
    const { kind, at } = storedComment.parse(JSON.parse(value));
    const id = key.slice(0, key.lastIndexOf("/"));
    if (kind === "acknowledged") all.set(id, [...all.get(id) ?? [], at]);
  }
  return all;
}

/** The first acknowledgement since the incident was opened last; a new episode wants a new one. */
export function acknowledgementTime(
  { timeline, openedAt }: Incident,
  times: readonly number[],
): number | undefined {
  const opened = timeline.findLast(({ change }) => change === "opened")?.at ?? openedAt;
  return times.find((at) => at >= opened);
}

/** A remark with its time in words. */
export const commentView = ({ at, ...rest }: IncidentComment) => ({ at: iso(at), ...rest });
