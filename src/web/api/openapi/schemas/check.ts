/** Schemas of one check: its outcome, and the evidence of each prober. */
import * as z from "../../../../base/zod.ts";
import { CLEANUP_OUTCOMES, JOURNEY_OUTCOMES } from "../../../../evidence/probe/observation.ts";
import { FAULTS, VERDICTS, VOTES } from "../../../../judgement/words.ts";
import { incidentBasics } from "./incident_fields.ts";
import {
  age,
  anyText,
  component,
  count,
  currentOutcome,
  isoTime,
  outcome,
  reportParts,
  spanMs,
} from "./shapes.ts";

const failure = z.strictObject({
  step: anyText,
  reason: anyText,
  expression: z.optional(anyText),
  detail: anyText,
  values: z.optional(z.record(anyText, anyText)),
  request: z.optional(z.strictObject({ method: anyText, url: anyText, headers: z.record(anyText, anyText) }))
    .check(
      z.describe("The last request of the step as sent: redacted, without its body."),
    ),
  answer: z.optional(
    z.strictObject({
      status: z.optional(z.int()),
      headers: z.record(anyText, anyText),
      excerpt: z.optional(anyText),
    }),
  ).check(
    z.describe("At most 1 kB of the response, redacted, around the part that the expectation read."),
  ),
});
const { state, dialect, question, httpStatus } = reportParts.head;
const { version, reason, durationMs } = reportParts.tail;
const { name } = reportParts.source;
const claimFields = {
  state,
  dialect,
  question,
  httpStatus,
  reason,
  version,
  durationMs,
  contradictions: z.optional(z.array(anyText)),
  subsystems: z.optional(z.array(z.strictObject({ name, state }))),
  sources: z.optional(z.array(z.strictObject({ name, state, dialect, httpStatus, reason }))),
  at: isoTime,
  ageMs: age,
};
const reported = component(
  "Reported",
  z.strictObject({ ...claimFields, before: z.optional(z.strictObject(claimFields)) }).check(z.describe(
    "The latest claim of the service. `before`: the claim before the journey, if it was requested twice.",
  )),
);
const wire = z.strictObject({
  dnsMs: z.optional(spanMs),
  connectMs: z.optional(spanMs),
  tlsMs: z.optional(spanMs),
  firstByteMs: z.optional(spanMs),
  protocol: z.optional(anyText),
  remoteAddress: z.optional(anyText),
  certificate: z.optional(
    z.strictObject({ notAfter: z.number().check(z.describe("Epoch ms.")), issuer: anyText }),
  ),
}).check(z.describe("Transport timings of the step's last request, if available."));
const observed = component(
  "Observed",
  z.strictObject({
    outcome: z.enum(JOURNEY_OUTCOMES),
    totalMs: spanMs,
    failure: z.optional(failure),
    steps: z.optional(z.array(z.strictObject({
      name: anyText,
      status: z.optional(z.int()),
      note: z.optional(anyText).check(
        z.describe("The result of a step that is not an HTTP request, such as `3 records` or `2 of 10 ok`."),
      ),
      requests: z.optional(count),
      headersMs: z.optional(spanMs),
      skipped: z.optional(z.boolean()).check(z.describe("Skipped because its onlyIf was false.")),
      wire: z.optional(wire),
      totalMs: spanMs,
    }))),
    traceId: z.optional(anyText).check(z.describe("Trace id in the traceparent of its requests.")),
    traceUrl: z.optional(anyText).check(z.describe("Link to that trace.")),
    walkedAgain: z.optional(anyText).check(
      z.describe("Why the journey ran twice; this is the second run."),
    ),
    cleanup: z.optional(z.strictObject({ outcome: z.enum(CLEANUP_OUTCOMES), failure: z.optional(failure) })),
    slot: isoTime,
    ageMs: age,
  }).check(z.describe("The journey's result, with the duration of each step.")),
);
const keptRound = z.strictObject({
  verdict: z.enum(VERDICTS),
  verdictReason: z.optional(anyText),
  slot: isoTime,
  reported: z.nullable(reported),
  observed,
});
const prober = z.strictObject({
  id: anyText,
  vote: z.enum(VOTES),
  excluded: z.optional(z.enum(FAULTS)).check(z.describe("Why its vote does not count at present.")),
  evidenceAgeMs: age,
  stale: z.boolean(),
  verdict: z.optional(z.enum(VERDICTS)),
  verdictReason: z.optional(anyText).check(
    z.describe("Why the verdict differs from the verdict table."),
  ),
  slot: z.optional(isoTime).check(z.describe("The slot of this verdict.")),
  reported: z.nullable(reported),
  observed: z.nullable(observed),
  place: z.optional(anyText),
  missed: z.optional(z.strictObject({ slot: isoTime, reason: anyText })),
  rounds: z.optional(z.strictObject({
    lastGood: z.optional(keptRound),
    firstFailed: z.optional(keptRound),
    latestFailed: z.optional(keptRound),
  })).check(
    z.describe(
      "Only for a single target: earlier rounds to compare. Failures are kept while an incident is open.",
    ),
  ),
});
const convergence = z.strictObject({
  capture: anyText,
  withinMs: spanMs.check(z.describe("How long a change may take to reach all regions.")),
  values: z.array(z.strictObject({
    value: anyText,
    since: z.optional(isoTime).check(z.describe("When it was first seen.")),
    by: z.array(anyText).check(
      z.describe("The regions with this value, or the probers of a region whose probers differ."),
    ),
  })),
  unknown: z.array(anyText).check(z.describe("Regions without a recent value.")),
}).check(
  z.describe("A captured value that must agree across regions, oldest value first."),
);

/** One check now. */
export const checkSchema = component(
  "Check",
  z.strictObject({
    id: anyText,
    contract: z.optional(anyText),
    claim: z.enum(["report", "none"]),
    scope: z.enum(["global", "region"]),
    after: z.optional(anyText).check(
      z.describe("The check of the same target that must hold for this one to be judged."),
    ),
    outcome: currentOutcome,
    since: z.optional(isoTime),
    evaluatedAt: z.optional(isoTime),
    evidenceAgeMs: age,
    lastOutcome: z.optional(outcome).check(z.describe("The last outcome before the evidence became stale.")),
    convergence: z.optional(z.array(convergence)),
    regions: z.array(
      z.strictObject({
        id: anyText,
        outcome: currentOutcome,
        since: z.optional(isoTime),
        probers: z.array(prober),
      }),
    ),
    incidents: z.array(z.strictObject({ id: anyText, ...incidentBasics })),
  }),
);
