import * as z from "../../base/zod.ts";
import { JOURNEY_OUTCOMES } from "../../evidence/probe/observation.ts";
import { reportFields } from "../../evidence/report/schema.ts";
import { FAULTS, OUTCOMES, TRACE_VERDICTS, VOTES } from "../../judgement/words.ts";
import { incidentFields } from "../../storage/schema.ts";

const TYPES = ["incident.opened", "incident.updated", "incident.acknowledged", "incident.resolved"] as const;
const outcome = z.enum(OUTCOMES);
const time = z.datetime();
const ms = z.number().check(z.gte(0));
const count = z.int().check(z.gte(0));

const fields = reportFields({ text: z.string(), time, ms, status: z.int() });
const { name, dialect, httpStatus, reason } = fields.source;
const { state } = fields.head;

const claim = z.strictObject({
  state,
  dialect,
  httpStatus,
  reason,
  contradictions: z.optional(z.array(z.string())),
  sources: z.optional(z.array(z.strictObject({ name, state: z.string(), dialect, httpStatus, reason })))
    .check(z.describe("The sources of the claim, if there are several.")),
});

const reported = z.strictObject({
  before: z.nullable(claim).check(
    z.describe("The claim before the journey; null if the check has no report."),
  ),
  after: z.optional(z.nullable(claim)).check(
    z.describe("The claim after the journey, if the report was read again."),
  ),
});

const texts = z.record(z.string(), z.string());

const observed = z.strictObject({
  outcome: z.enum(JOURNEY_OUTCOMES),
  failedStep: z.optional(z.string()),
  expression: z.optional(z.string()).check(z.describe("The whole expectation that failed, as configured.")),
  detail: z.optional(z.string()),
  values: z.optional(z.record(z.string(), z.string())).check(
    z.describe("Sub-expressions of the failed expectation, with their values."),
  ),
  request: z.optional(z.strictObject({ method: z.string(), url: z.string(), headers: texts })).check(
    z.describe("The last request of the failed step, redacted and without its body."),
  ),
  answer: z.optional(
    z.strictObject({ status: z.optional(z.int()), headers: texts, excerpt: z.optional(z.string()) }),
  )
    .check(
      z.describe("At most 1 kB of the response, redacted, around the value the expectation read."),
    ),
  totalMs: ms,
  traceId: z.optional(z.string()).check(
    z.describe("The trace id in the traceparent header of its requests."),
  ),
  traceUrl: z.optional(z.string()).check(z.describe("Link to that trace.")),
  walkedAgain: z.optional(z.string()).check(
    z.describe("Why the journey was repeated; this observation is the second walk."),
  ),
  steps: z.optional(z.array(z.strictObject({
    name: z.string(),
    status: z.optional(z.int()),
    note: z.optional(z.string()).check(
      z.describe('The result of a step that is not an HTTP request, such as "3 records" or "2 of 10 ok".'),
    ),
    requests: count,
    totalMs: ms,
  }))),
});

const proberEvidence = z.strictObject({
  verdict: z.enum(TRACE_VERDICTS),
  verdictReason: z.optional(z.string()).check(
    z.describe("Why the verdict differs from the verdict table."),
  ),
  vote: z.enum(VOTES),
  excluded: z.optional(z.enum(FAULTS)).check(z.describe("Why the vote currently does not count.")),
  slot: z.optional(time).check(z.describe("The slot of this evidence.")),
  ageMs: z.optional(ms).check(z.describe("Age of this evidence at the time of the event.")),
  missed: z.optional(z.strictObject({ slot: time, reason: z.string() })).check(
    z.describe("The prober's latest slot without a round."),
  ),
  reported: z.optional(reported),
  observed: z.optional(observed),
  captured: z.optional(texts).check(
    z.describe("The latest captured values that must agree across regions."),
  ),
});

const decision = z.strictObject({
  outcome,
  over: z.enum(["regions", "probers"]).check(
    z.describe("Who voted: the regions, or the probers of the one region that decided."),
  ),
  rule: z.string().check(z.describe("The quorum rule in words.")),
  votes: z.record(z.string(), outcome).check(
    z.describe("Each voter and its vote; pending means it currently has none."),
  ),
  counts: z.strictObject({ reporting: count, bad: count, good: count, split: count, pending: count }),
});

const {
  id,
  episode,
  family,
  kind,
  severity,
  state: incidentState,
  scope,
  openedAt,
  resolvedAt,
  reason: why,
} = incidentFields({ text: z.string(), time }).incident;

const incident = z.strictObject({
  id,
  episode: episode.check(
    z.describe("Counts openings of one incident, from 1; events are ordered within it."),
  ),
  family,
  kind,
  severity,
  state: incidentState,
  scope: scope.check(z.describe("global, or the id of the region that decided.")),
  openedAt,
  resolvedAt,
  reason: why.check(z.describe("Why it was resolved: recovered, removed or idle.")),
  durationMs: z.optional(ms),
});

const acknowledgement = z.strictObject({
  at: time,
  by: z.string().check(z.describe("A token's id, or the receiver whose link was used.")),
  text: z.optional(z.string()),
});

/** One incident in a message about several. */
const groupItem = z.strictObject({
  notice: z.string().check(
    z.describe("The webhook-id the notice would have on its own; the same for all retries."),
  ),
  type: z.enum(TYPES),
  incident: z.strictObject({ id, episode, family, kind, severity, state: incidentState, scope, openedAt }),
  target: z.strictObject({ id: z.string(), name: z.string() }),
  check: z.strictObject({ id: z.string() }),
  summary: z.string(),
});

const group = z.strictObject({
  alert: z.optional(z.string()).check(
    z.describe("The key of the shared alert, for receivers that keep one alert per key."),
  ),
  open: z.optional(count).check(z.describe("How many incidents of that alert are open.")),
  items: z.array(groupItem).check(z.describe("The change of each incident, the worst first.")),
});

/** The event Assay sends, in the format of Standard Webhooks 1.0.0. */
export const event = z.strictObject({
  type: z.enum(TYPES),
  timestamp: time.check(z.describe("The slot of the change, or the time of the acknowledgement.")),
  data: z.strictObject({
    incident,
    target: z.strictObject({
      id: z.string(),
      name: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
    check: z.strictObject({ id: z.string(), contract: z.optional(z.string()) }),
    cause: z.optional(z.strictObject({ target: z.string(), name: z.string(), incident: z.string() })).check(
      z.describe("The outage of another target that caused this incident."),
    ),
    summary: z.string(),
    decision,
    evidence: z.record(z.string(), z.record(z.string(), proberEvidence)).check(
      z.describe("Per region, per prober."),
    ),
    acknowledgement: z.optional(acknowledgement).check(
      z.describe("Who acknowledged the incident; only in incident.acknowledged."),
    ),
    reminder: z.optional(z.strictObject({ openForMs: ms })).check(
      z.describe("Present in a reminder (the route's repeatInterval): nothing has changed."),
    ),
    group: z.optional(group).check(
      z.describe(
        "Present if the message combines several incidents (the route's groupBy). The rest of data is the worst one's.",
      ),
    ),
    links: z.optional(z.record(z.string(), z.url())),
    truncated: z.optional(z.literal(true)).check(
      z.describe("Evidence or texts were cut to stay within the size limit."),
    ),
  }),
});

/** An event as sent. Times are ISO 8601, durations ms. */
export type WebhookEvent = z.infer<typeof event>;
/** One incident in a message about several. */
export type GroupItem = z.infer<typeof groupItem>;
/** One prober's evidence in an event. */
export type ProberEvidence = z.infer<typeof proberEvidence>;
/** The votes and the rule behind an event. */
export type EventDecision = z.infer<typeof decision>;

/** The JSON Schema of every event, as published in `schema/events.schema.json`. */
export function eventsSchema(): Record<string, unknown> {
  const title = "Assay events";
  const description = "The body of every webhook that Assay sends (Standard Webhooks 1.0.0).";
  return { title, description, ...z.toJSONSchema(event) };
}
