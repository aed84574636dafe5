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
    .check(z.describe("Each source of the claim, where there are several.")),
});

const reported = z.strictObject({
  before: z.nullable(claim).check(z.describe("The claim before the journey; null: the check has no report.")),
  after: z.optional(z.nullable(claim)).check(
    z.describe("The claim after the journey, where it was asked again."),
  ),
});

const texts = z.record(z.string(), z.string());

const observed = z.strictObject({
  outcome: z.enum(JOURNEY_OUTCOMES),
  failedStep: z.optional(z.string()),
  expression: z.optional(z.string()).check(z.describe("The whole expectation that failed, as configured.")),
  detail: z.optional(z.string()),
  values: z.optional(z.record(z.string(), z.string())).check(
    z.describe("Sub-expressions of the failed expectation and what they were."),
  ),
  request: z.optional(z.strictObject({ method: z.string(), url: z.string(), headers: texts })).check(
    z.describe("The last request of the failed step as it was sent, redacted, without its body."),
  ),
  answer: z.optional(
    z.strictObject({ status: z.optional(z.int()), headers: texts, excerpt: z.optional(z.string()) }),
  )
    .check(
      z.describe("At most 1 kB of what it was answered, redacted, around what the expectation looked at."),
    ),
  totalMs: ms,
  traceId: z.optional(z.string()).check(z.describe("Of its requests' traceparent.")),
  traceUrl: z.optional(z.string()).check(z.describe("Where that trace is looked at.")),
  walkedAgain: z.optional(z.string()).check(
    z.describe("Why it was walked twice: the second walk is this one."),
  ),
  steps: z.optional(z.array(z.strictObject({
    name: z.string(),
    status: z.optional(z.int()),
    note: z.optional(z.string()).check(
      z.describe("What came, of a step that is no HTTP request: 3 records, 2 of 10 ok."),
    ),
    requests: count,
    totalMs: ms,
  }))),
});

const proberEvidence = z.strictObject({
  verdict: z.enum(TRACE_VERDICTS),
  verdictReason: z.optional(z.string()).check(
    z.describe("Why the verdict is not simply the cell of the table."),
  ),
  vote: z.enum(VOTES),
  excluded: z.optional(z.enum(FAULTS)).check(z.describe("Why the vote does not count for now.")),
  slot: z.optional(time).check(z.describe("The slot of this evidence.")),
  ageMs: z.optional(ms).check(z.describe("Age of this evidence at the time of the event.")),
  missed: z.optional(z.strictObject({ slot: time, reason: z.string() })).check(
    z.describe("The prober's latest slot without a round."),
  ),
  reported: z.optional(reported),
  observed: z.optional(observed),
  captured: z.optional(texts).check(
    z.describe("What it last captured of what must agree across regions."),
  ),
});

const decision = z.strictObject({
  outcome,
  over: z.enum(["regions", "probers"]).check(
    z.describe("Whose votes these are: probers, if one region decided."),
  ),
  rule: z.string().check(z.describe("The quorum rule in words.")),
  votes: z.record(z.string(), outcome).check(
    z.describe("Each voter and its vote; pending: it has none now."),
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
  reason: why.check(z.describe("Why it was resolved: recovered or removed.")),
  durationMs: z.optional(ms),
});

const acknowledgement = z.strictObject({
  at: time,
  by: z.string().check(z.describe("A token's id, or through which receiver's link.")),
  text: z.optional(z.string()),
});

/** What stands of each incident in a message about several. */
const groupItem = z.strictObject({
  notice: z.string().check(z.describe("The webhook-id that it would have by itself; the same over retries.")),
  type: z.enum(TYPES),
  incident: z.strictObject({ id, episode, family, kind, severity, state: incidentState, scope, openedAt }),
  target: z.strictObject({ id: z.string(), name: z.string() }),
  check: z.strictObject({ id: z.string() }),
  summary: z.string(),
});

const group = z.strictObject({
  alert: z.optional(z.string()).check(
    z.describe("The key of the alert that they share, at receivers that hold one for each key."),
  ),
  open: z.optional(count).check(z.describe("Incidents of that alert that are open.")),
  items: z.array(groupItem).check(z.describe("What is new of each incident, the worst first.")),
});

/** Every event that Assay sends, in the shape of Standard Webhooks 1.0.0. */
export const event = z.strictObject({
  type: z.enum(TYPES),
  timestamp: time.check(z.describe("The slot in which it happened, or when it was acknowledged.")),
  data: z.strictObject({
    incident,
    target: z.strictObject({
      id: z.string(),
      name: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
    check: z.strictObject({ id: z.string(), contract: z.optional(z.string()) }),
    cause: z.optional(z.strictObject({ target: z.string(), name: z.string(), incident: z.string() })).check(
      z.describe("The outage of another target that it comes from."),
    ),
    summary: z.string(),
    decision,
    evidence: z.record(z.string(), z.record(z.string(), proberEvidence)).check(
      z.describe("Per region, per prober."),
    ),
    acknowledgement: z.optional(acknowledgement).check(
      z.describe("Who has taken the incident on; in incident.acknowledged."),
    ),
    reminder: z.optional(z.strictObject({ openForMs: ms })).check(
      z.describe("A reminder, as the route's repeatInterval says: nothing has changed."),
    ),
    group: z.optional(group).check(
      z.describe(
        "Several incidents are one message, as the route's groupBy says; the rest of data is the worst of them.",
      ),
    ),
    links: z.optional(z.record(z.string(), z.url())),
    truncated: z.optional(z.literal(true)).check(
      z.describe("Evidence or texts were cut to keep the size limit."),
    ),
  }),
});

/** An event as it is sent. Times are ISO 8601, durations ms. */
export type WebhookEvent = z.infer<typeof event>;
/** One incident in a message about several. */
export type GroupItem = z.infer<typeof groupItem>;
/** What one prober knows, as an event carries it. */
export type ProberEvidence = z.infer<typeof proberEvidence>;
/** The votes and the rule behind an event. */
export type EventDecision = z.infer<typeof decision>;

/** The JSON Schema of every event, as published in `schema/events.schema.json`. */
export function eventsSchema(): Record<string, unknown> {
  const title = "Assay events";
  const description = "The body of every webhook that Assay sends (Standard Webhooks 1.0.0).";
  return { title, description, ...z.toJSONSchema(event) };
}
