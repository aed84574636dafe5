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
/** Kinds of comment, by the last part of the path. */
const FORMS = {
  acknowledge: {
    kind: "acknowledged",
    body: z.strictObject({ text: z.optional(text) }),
    name: "an acknowledgement",
  },
  comments: {
    kind: "comment",
    body: z.strictObject({ text }),
    name: "a comment",
  },
  announcements: {
    kind: "announcement",
    body: z.strictObject({ text }),
    name: "an announcement",
  },
} as const;

/** `POST /v1/incidents/{id}/acknowledge {text?}`, `…/comments {text}` and `…/announcements {text}`; `by` is the token's id. */
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

const DOCUMENTED: [form: keyof typeof FORMS, id: string, summary: string, example: string][] = [
  ["acknowledge", "acknowledgeIncident", "Acknowledge an open incident", "I am on it"],
  ["comments", "commentIncident", "Comment on an incident", "The database is back"],
  [
    "announcements",
    "announceIncident",
    "Announce an incident on the public page; the newest text is shown",
    "Orders are slow. We add workers.",
  ],
];

/** The OpenAPI operations of these routes. */
export const operations = (schemas: Schemas): Operation[] =>
  DOCUMENTED.map(([form, id, summary, example]) => ({
    method: "post",
    path: `/v1/incidents/{id}/${form}`,
    id,
    summary,
    tag: "incidents",
    access: "operate",
    body: { schema: FORMS[form].body, example: { text: example } },
    answers: { 201: jsonAnswer("The comment", schemas.commentSchema) },
    problems: [400, 404, 409, 413],
  }));
