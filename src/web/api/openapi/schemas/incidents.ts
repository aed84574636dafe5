/** Incidents and the notices about them. */
import * as z from "../../../../base/zod.ts";
import { event as eventShape } from "../../../../engine/notify/event.ts";
import { DELIVERY_STATES } from "../../../../storage/store.ts";
import { entry, incident, incidentBasics } from "./incident_fields.ts";
import { component, count, cursor, ms, outcome, text, time } from "./shapes.ts";

/** What webhooks get. */
export const eventSchema = component("Event", eventShape);

const wholeIncident = {
  ...incident,
  statusPage: z.optional(z.strictObject({
    admittedAt: z.optional(time),
    lagSeconds: z.optional(ms),
  })).check(z.describe(
    "Where the claim is a public status page: when it admitted that something is wrong, and how long after the opening.",
  )),
  ...incidentBasics,
  timeline: z.array(z.strictObject({ ...entry, outcome })),
  acknowledgedAt: z.optional(time),
  acknowledgedBy: z.optional(text).check(
    z.describe("A token's id, or through which receiver's link."),
  ),
};
/** A comment on an incident, or its acknowledgement. */
export const commentSchema = component(
  "Comment",
  z.strictObject({
    at: time,
    kind: z.enum(["acknowledged", "comment"]),
    by: text.check(z.describe("The token's id, or through which receiver's link.")),
    text: z.optional(text),
  }),
);
const deliveryState = z.enum(DELIVERY_STATES);
/** `GET /v1/incidents`. */
export const incidentPageSchema = z.strictObject({
  incidents: z.array(component("Incident", z.strictObject(wholeIncident))),
  next: cursor,
});
/** `GET /v1/incidents/{id}`. */
export const incidentSchema = component(
  "IncidentDetail",
  z.strictObject({
    ...wholeIncident,
    replay: z.optional(text).check(
      z.describe(
        "What another failureThreshold would have told, in words, where the kept history covers it.",
      ),
    ),
    comments: z.array(commentSchema),
    deliveries: z.array(
      z.strictObject({ id: text, webhook: text, type: text, state: deliveryState, attempts: count }),
    ),
  }),
);
/** `GET /v1/deliveries`. */
export const deliveryPageSchema = z.strictObject({
  deliveries: z.array(z.strictObject({
    id: text,
    webhook: text,
    incident: text,
    episode: z.optional(count).check(z.describe("Of the incident; absent: an earlier version wrote it.")),
    type: text,
    seq: count,
    state: deliveryState,
    attempts: count,
    createdAt: time,
    nextAt: z.optional(time),
    lastAttemptAt: z.optional(time),
    lastStatus: z.optional(z.int()),
    lastError: z.optional(text),
    event: eventSchema,
  })),
  next: cursor,
  disabledWebhooks: z.record(text, time).check(z.describe("Webhooks that answered 410, and since when.")),
});
/** `GET /v1/sinks`. */
export const sinkListSchema = z.strictObject({
  sinks: z.array(z.strictObject({
    id: text,
    kind: text,
    events: z.array(text).check(z.describe("Globs over the events that it is told of.")),
    state: z.enum(["ok", "failing", "disabled"]).check(
      z.describe("failing: three times in a row. disabled: it answered 410."),
    ),
    since: z.optional(time).check(z.describe("Since when it fails, or is disabled.")),
    lastError: z.optional(text).check(z.describe("Why it began to fail.")),
    pending: count.check(z.describe("Notices that wait, counted up to 1,000 over all sinks.")),
    oldestPendingAt: z.optional(time),
  })),
});
/** `POST /v1/sinks/{id}/flush`. */
export const flushSchema = z.strictObject({
  id: text,
  woken: count.check(z.describe("Notices that would have waited for longer.")),
});
/** `POST /v1/deliveries/{id}/resend`. */
export const resendSchema = z.strictObject({ id: text, state: z.literal("pending") });
