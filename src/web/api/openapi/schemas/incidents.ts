/** Schemas of incidents and of the notices about them. */
import * as z from "../../../../base/zod.ts";
import { event as eventShape } from "../../../../engine/notify/event.ts";
import { COMMENT_KINDS } from "../../../../storage/records/comments.ts";
import { DELIVERY_STATES } from "../../../../storage/store.ts";
import { entry, incident, incidentBasics } from "./incident_fields.ts";
import { anyText, component, count, cursor, isoTime, outcome, spanMs } from "./shapes.ts";

/** The body of a webhook. */
export const eventSchema = component("Event", eventShape);

const wholeIncident = {
  ...incident,
  statusPage: z.optional(z.strictObject({
    admittedAt: z.optional(isoTime),
    lagSeconds: z.optional(spanMs),
  })).check(z.describe(
    "If the claim is a public status page: when it admitted the incident, and how long after the opening.",
  )),
  ...incidentBasics,
  timeline: z.array(z.strictObject({ ...entry, outcome })),
  acknowledgedAt: z.optional(isoTime),
  acknowledgedBy: z.optional(anyText).check(
    z.describe("A token's id, or the receiver whose link was used."),
  ),
};
/** A comment on an incident, or its acknowledgement. */
export const commentSchema = component(
  "Comment",
  z.strictObject({
    at: isoTime,
    kind: z.enum(COMMENT_KINDS),
    by: anyText.check(z.describe("The token's id, or the receiver whose link was used.")),
    text: z.optional(anyText),
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
    replay: z.optional(anyText).check(
      z.describe(
        "When a different failureThreshold would have opened it, in words, if the kept history covers it.",
      ),
    ),
    comments: z.array(commentSchema),
    deliveries: z.array(
      z.strictObject({ id: anyText, webhook: anyText, type: anyText, state: deliveryState, attempts: count }),
    ),
  }),
);
/** `GET /v1/deliveries`. */
export const deliveryPageSchema = z.strictObject({
  deliveries: z.array(z.strictObject({
    id: anyText,
    webhook: anyText,
    incident: anyText,
    episode: z.optional(count).check(
      z.describe("Episode of the incident; absent if an earlier version wrote the notice."),
    ),
    type: anyText,
    seq: count,
    state: deliveryState,
    attempts: count,
    createdAt: isoTime,
    nextAt: z.optional(isoTime),
    lastAttemptAt: z.optional(isoTime),
    lastStatus: z.optional(z.int()),
    lastError: z.optional(anyText),
    event: eventSchema,
  })),
  next: cursor,
  disabledWebhooks: z.record(anyText, isoTime).check(
    z.describe("Webhooks that responded 410, and since when."),
  ),
});
/** `GET /v1/sinks`. */
export const sinkListSchema = z.strictObject({
  sinks: z.array(z.strictObject({
    id: anyText,
    kind: anyText,
    events: z.array(anyText).check(z.describe("Globs of the events that it receives.")),
    state: z.enum(["ok", "failing", "disabled"]).check(
      z.describe("failing: failed three times in a row. disabled: it responded 410."),
    ),
    since: z.optional(isoTime).check(z.describe("Since when it has failed or been disabled.")),
    lastError: z.optional(anyText).check(z.describe("The error with which it began to fail.")),
    pending: count.check(z.describe("Waiting notices; at most 1,000 are counted over all sinks.")),
    oldestPendingAt: z.optional(isoTime),
  })),
});
/** `POST /v1/sinks/{id}/flush`. */
export const flushSchema = z.strictObject({
  id: anyText,
  woken: count.check(z.describe("Number of notices that are now due earlier.")),
});
/** `POST /v1/deliveries/{id}/resend`. */
export const resendSchema = z.strictObject({ id: anyText, state: z.literal("pending") });
