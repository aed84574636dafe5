import * as z from "zod";
import { JOURNEY_OUTCOMES } from "../../evidence/probe/observation.ts";
import { reportFields } from "../../evidence/report/schema.ts";
import { FAULTS, OUTCOMES, TRACE_VERDICTS, VOTES } from "../../judgement/words.ts";
import { incidentFields } from "../../storage/schema.ts";

const outcome = z.enum(OUTCOMES);
const time = z.iso.datetime();
const ms = z.number().min(0);
const count = z.int().min(0);

const fields = reportFields({ text: z.string(), time, ms, status: z.int() });
const { name, dialect, httpStatus, reason } = fields.source;
const { state } = fields.head;

const claim = z.strictObject({
  state,
  dialect,
  httpStatus,
  reason,
  contradictions: z.array(z.string()).optional(),
  sources: z.array(z.strictObject({ name, state: z.string(), dialect, httpStatus, reason })).optional()
    .describe("Each source of the claim, where there are several."),
});

const reported = z.strictObject({
  before: claim.nullable().describe("The claim before the journey; null: the check has no report."),
  after: claim.nullable().optional().describe("The claim after the journey, where it was asked again."),
});

const observed = z.strictObject({
  outcome: z.enum(JOURNEY_OUTCOMES),
  failedStep: z.string().optional(),
  expression: z.string().optional().describe("The whole expectation that failed, as configured."),
  detail: z.string().optional(),
  values: z.record(z.string(), z.string()).optional()
    .describe("Sub-expressions of the failed expectation and what they were."),
  totalMs: ms,
  walkedAgain: z.string().optional().describe("Why it was walked twice: the second walk is this one."),
  steps: z.array(z.strictObject({
    name: z.string(),
    status: z.int().optional(),
    requests: count,
    totalMs: ms,
  })).optional(),
});

const proberEvidence = z.strictObject({
  verdict: z.enum(TRACE_VERDICTS),
  verdictReason: z.string().optional().describe("Why the verdict is not simply the cell of the table."),
  vote: z.enum(VOTES),
  excluded: z.enum(FAULTS).optional().describe("Why the vote does not count for now."),
  slot: time.optional().describe("The slot of this evidence."),
  ageMs: ms.optional().describe("Age of this evidence at the time of the event."),
  missed: z.strictObject({ slot: time, reason: z.string() }).optional()
    .describe("The prober's latest slot without a round."),
  reported: reported.optional(),
  observed: observed.optional(),
});

const decision = z.strictObject({
  outcome,
  over: z.enum(["regions", "probers"]).describe("Whose votes these are: probers, if one region decided."),
  rule: z.string().describe("The quorum rule in words."),
  votes: z.record(z.string(), outcome).describe("Each voter and its vote; pending: it has none now."),
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
  episode: episode.describe("Counts openings of one incident, from 1; events are ordered within it."),
  family,
  kind,
  severity,
  state: incidentState,
  scope: scope.describe("global, or the id of the region that decided."),
  openedAt,
  resolvedAt,
  reason: why.describe("Why it was resolved: recovered or removed."),
  durationMs: ms.optional(),
});

/** Every event that Assay sends, in the shape of Standard Webhooks 1.0.0. */
export const event = z.strictObject({
  type: z.enum(["incident.opened", "incident.updated", "incident.resolved"]),
  timestamp: time.describe("The slot in which it happened."),
  data: z.strictObject({
    incident,
    target: z.strictObject({
      id: z.string(),
      name: z.string(),
      labels: z.record(z.string(), z.string()),
    }),
    check: z.strictObject({ id: z.string(), contract: z.string().optional() }),
    summary: z.string(),
    decision,
    evidence: z.record(z.string(), z.record(z.string(), proberEvidence)).describe("Per region, per prober."),
    links: z.record(z.string(), z.url()).optional(),
    truncated: z.literal(true).optional().describe("Evidence or texts were cut to keep the size limit."),
  }),
});

/** An event as it is sent. Times are ISO 8601, durations ms. */
export type WebhookEvent = z.infer<typeof event>;
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
