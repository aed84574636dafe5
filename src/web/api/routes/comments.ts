import { Hono } from "../../hono.ts";
import * as z from "../../../base/zod.ts";
import {
  encodeComment,
  type IncidentComment,
  listComments,
  MAX_COMMENTS,
} from "../../../storage/records/comments.ts";
import { acknowledge } from "../../../engine/notify/acknowledge.ts";
import { freeText, limitBody, readBody } from "../middleware/body.ts";
import { problem } from "../middleware/problem.ts";
import { commentView } from "../views/status.ts";
import { jsonAnswer, type Operation } from "../openapi/operation.ts";
import type { ResourceContext, Schemas } from "../resource.ts";

const text = freeText().check(z.trim(), z.minLength(1), z.maxLength(4_000));
/** What may be said, by the last part of the path. */
const FORMS = {
  acknowledge: {
    kind: "acknowledged",
    body: z.strictObject({ text: z.optional(text) }),
    name: "an acknowledgement",
  },
  comments: { kind: "comment", body: z.strictObject({ text }), name: "a comment" },
} as const;

/** `POST /v1/incidents/{id}/acknowledge {text?}` and `POST /v1/incidents/{id}/comments {text}`; `by` is the token's id. */
export function routes(
  context: Pick<ResourceContext, "ports" | "config" | "store" | "states" | "access">,
): Hono {
  const { ports: { clock, random }, config: { retention }, store, access } = context;
  const app = new Hono();
  for (const [form, { kind, body, name }] of Object.entries(FORMS)) {
    app.post(`/v1/incidents/:id/${form}`, access.allow("operate"), limitBody(), async (c) => {
      const read = await readBody(c, body, `The body is not ${name}`);
      if ("response" in read) return read.response;
      const incident = await store.getIncident(c.req.param("id"));
      if (!incident || !await access.may(c, "operate", incident.target)) {
        return problem(c, "not-found", "No incident has this id");
      }
      if (kind === "acknowledged" && incident.state !== "open") {
        return problem(c, "conflict", "This incident is resolved");
      }
      if ((await listComments(store, incident.id)).length >= MAX_COMMENTS) {
        return problem(c, "conflict", `An incident has ${MAX_COMMENTS} comments at most`);
      }
      const by = (await access.principal(c))!.id;
      if (kind === "acknowledged") {
        return c.json(commentView(await acknowledge(context, incident, { by, ...read.value })), 201);
      }
      const comment: IncidentComment = { kind, at: clock.now(), by, ...read.value };
      const keepMs = retention.incidentsMs;
      await store.putRecord(encodeComment(incident.id, comment, { keepMs, random }));
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
      body: { schema: FORMS.acknowledge.body, example: { text: "I am on it" } },
      answers: { 201: jsonAnswer("The comment", schemas.commentSchema) },
      problems: [400, 404, 409, 413],
    },
    {
      method: "post",
      path: "/v1/incidents/{id}/comments",
      id: "commentIncident",
      summary: "Comment on an incident",
      tag: "incidents",
      access: "operate",
      body: { schema: FORMS.comments.body, example: { text: "The database is back" } },
      answers: { 201: jsonAnswer("The comment", schemas.commentSchema) },
      problems: [400, 404, 409, 413],
    },
  ];
}
