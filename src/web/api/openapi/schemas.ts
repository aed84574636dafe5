/** The shapes of what the API answers, for its document and its fuzzer. The app imports none of them, so no bundle pays for them. */
import * as z from "zod";
import { event as eventShape } from "../../../engine/notify/event.ts";
import { CLEANUP_OUTCOMES, JOURNEY_OUTCOMES } from "../../../evidence/probe/observation.ts";
import { reportFields, reportState } from "../../../evidence/report/schema.ts";
import {
  COARSE_STATUSES,
  CURRENT_OUTCOMES,
  DECISIONS,
  FAULTS,
  OUTCOMES,
  TRACE_VERDICTS,
  VERDICTS,
  VOTES,
} from "../../../judgement/words.ts";
import { incidentFields } from "../../../storage/schema.ts";
import { DELIVERY_STATES } from "../../../storage/store.ts";
import { TOKEN_SCOPES } from "../../../config/schema/token_scopes.ts";

/** A schema of components.schemas by this name. */
const component = <T extends z.ZodType>(id: string, schema: T): T => schema.meta({ id });

const time = z.iso.datetime();
const text = z.string();
const ms = z.number().min(0);
const count = z.int().min(0);
const cursor = text.nullable().describe("`before` of the next page; null: there is none.");
const outcome = component("Outcome", z.enum(OUTCOMES));
const currentOutcome = component(
  "CurrentOutcome",
  z.enum(CURRENT_OUTCOMES).describe("What the quorum holds; `unknown`: its evidence is too old."),
);
const coarse = component("CoarseStatus", z.enum(COARSE_STATUSES));
const age = ms.nullable().describe("Age of the evidence in ms; null: there is none.");

/** What webhooks get. */
export const eventSchema = component("Event", eventShape);

/** RFC 9457. */
export const problemSchema = component(
  "Problem",
  z.strictObject({
    type: text.describe("urn:assay:problem:<kind>"),
    title: text,
    status: z.int(),
    detail: text.describe("What is wrong with this request."),
    instance: text.describe("The path that was asked."),
    errors: z.array(
      z.strictObject({
        parameter: text.optional(),
        field: text.optional(),
        path: text.optional(),
        message: text,
      }),
    ).optional(),
    suggestion: text.optional(),
    dialects: z.array(text).optional(),
    skewMs: z.number().optional(),
    seq: z.int().optional(),
  }),
);

const failure = z.strictObject({
  step: text,
  reason: text,
  expression: text.optional(),
  detail: text,
  values: z.record(text, text).optional(),
});
const fields = reportFields({ text, time, ms, status: z.int() });
const { state, dialect, question, httpStatus } = fields.head;
const { version, retryAfterMs, reason, durationMs } = fields.tail;
const { name } = fields.source;
const claimFields = {
  state,
  dialect,
  question,
  httpStatus,
  reason,
  version,
  durationMs,
  contradictions: z.array(text).optional(),
  subsystems: z.array(z.strictObject({ name, state })).optional(),
  sources: z.array(z.strictObject({ name, state, dialect, httpStatus, reason })).optional(),
  at: time,
  ageMs: age,
};
const reported = component(
  "Reported",
  z.strictObject({ ...claimFields, before: z.strictObject(claimFields).optional() })
    .describe(
      "The latest claim of the service; `before` the one before the journey, where it was asked twice.",
    ),
);
const wire = z.strictObject({
  dnsMs: ms.optional(),
  connectMs: ms.optional(),
  tlsMs: ms.optional(),
  firstByteMs: ms.optional(),
  protocol: text.optional(),
  remoteAddress: text.optional(),
  certificate: z.strictObject({ notAfter: z.number().describe("Epoch ms."), issuer: text }).optional(),
}).describe("What the transport measured of its last request, where it can tell.");
const observed = component(
  "Observed",
  z.strictObject({
    outcome: z.enum(JOURNEY_OUTCOMES),
    totalMs: ms,
    failure: failure.optional(),
    steps: z.array(z.strictObject({
      name: text,
      status: z.int().optional(),
      requests: count.optional(),
      headersMs: ms.optional(),
      wire: wire.optional(),
      totalMs: ms,
    })).optional(),
    walkedAgain: text.optional().describe("Why it was walked twice: the second walk is this one."),
    cleanup: z.strictObject({ outcome: z.enum(CLEANUP_OUTCOMES), failure: failure.optional() })
      .optional(),
    slot: time,
    ageMs: age,
  }).describe("What the journey saw, with the time of each step."),
);
const prober = z.strictObject({
  id: text,
  vote: z.enum(VOTES),
  excluded: z.enum(FAULTS).optional().describe("Why its vote does not count for now."),
  evidenceAgeMs: age,
  stale: z.boolean(),
  verdict: z.enum(VERDICTS).optional(),
  verdictReason: text.optional().describe("Why the verdict is not simply the cell of the table."),
  slot: time.optional().describe("The slot of this verdict."),
  reported: reported.nullable(),
  observed: observed.nullable(),
  place: text.optional(),
  missed: z.strictObject({ slot: time, reason: text }).optional(),
});
const { entry, incident } = incidentFields({ text, time });
const { family, kind, severity, openedAt, episode } = incident;
const scope = incident.scope.describe("global, or the id of the region that decided.");
const incidentBasics = { family, kind, scope, severity, openedAt, episode };

/** One check now. */
export const checkSchema = component(
  "Check",
  z.strictObject({
    id: text,
    contract: text.optional(),
    claim: z.enum(["report", "none"]),
    scope: z.enum(["global", "region"]),
    outcome: currentOutcome,
    since: time.optional(),
    evaluatedAt: time.optional(),
    evidenceAgeMs: age,
    lastOutcome: outcome.optional().describe("What it was before its evidence grew too old."),
    regions: z.array(
      z.strictObject({
        id: text,
        outcome: currentOutcome,
        since: time.optional(),
        probers: z.array(prober),
      }),
    ),
    incidents: z.array(z.strictObject({ id: text, ...incidentBasics })),
  }),
);

/** One target now. */
export const targetSchema = component(
  "Target",
  z.strictObject({
    id: text,
    name: text,
    labels: z.record(text, text),
    status: currentOutcome.describe("The worst outcome of its checks."),
    checks: z.array(checkSchema),
  }),
);

/** `GET /v1/targets`. */
export const targetPageSchema = z.strictObject({ targets: z.array(targetSchema), next: cursor });

/** `GET /v1/status` without a token. */
export const publicStatusSchema = component(
  "PublicStatus",
  z.strictObject({
    at: time,
    status: coarse,
    targets: z.array(z.strictObject({ id: text, name: text, status: coarse, evidenceAgeMs: age })),
  }),
);

/** The same with one. */
export const fullStatusSchema = component(
  "FullStatus",
  z.strictObject({
    at: time,
    status: currentOutcome.describe("The worst outcome of all checks."),
    checks: z.partialRecord(z.enum(CURRENT_OUTCOMES), count).describe("Checks by outcome."),
    targets: z.array(targetSchema),
    settled: z.strictObject({ slot: time.nullable(), ageMs: age }),
  }),
);

/** `GET /v1/regions`. */
export const regionsSchema = z.strictObject({
  regions: z.array(z.strictObject({
    id: text,
    quorum: z.unknown().describe("The rule by which its probers agree."),
    probers: z.array(z.strictObject({
      id: text,
      kind: z.enum(["local", "remote", "place"]),
      asked: text.optional().describe("Where it was asked to be."),
      place: text.optional().describe("Where it measured itself to be."),
      excluded: z.enum(FAULTS).nullable(),
      evaluatedAt: time.optional(),
      lagMs: ms.nullable(),
      checks: count,
      stale: count,
      gaps: count.describe("Checks whose newest slot it missed."),
      reasons: z.record(text, count),
    })),
  })),
});

const wholeIncident = {
  ...incident,
  ...incidentBasics,
  timeline: z.array(z.strictObject({ ...entry, outcome })),
  acknowledgedAt: time.optional(),
};
/** A comment on an incident, or its acknowledgement. */
export const commentSchema = component(
  "Comment",
  z.strictObject({
    at: time,
    kind: z.enum(["acknowledged", "comment"]),
    by: text.describe("The token's id."),
    text: text.optional(),
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
    type: text,
    seq: count,
    state: deliveryState,
    attempts: count,
    createdAt: time,
    nextAt: time.optional(),
    lastAttemptAt: time.optional(),
    lastStatus: z.int().optional(),
    lastError: text.optional(),
    event: eventSchema,
  })),
  next: cursor,
  disabledWebhooks: z.record(text, time).describe("Webhooks that answered 410, and since when."),
});
/** `POST /v1/deliveries/{id}/resend`. */
export const resendSchema = z.strictObject({ id: text, state: z.literal("pending") });

const level = {
  availability: z.number().min(0).max(1).nullable(),
  goodSeconds: ms,
  badSeconds: ms,
  driftSeconds: ms.describe("How long the claim was wrong."),
  unjudgedSeconds: ms,
};
/** `…/history`. */
export const historySchema = z.strictObject({
  from: time,
  to: time,
  stretches: z.array(z.strictObject({
    unit: z.enum(["hour", "day"]),
    start: time,
    seconds: z.partialRecord(z.enum(OUTCOMES), ms).describe("How long each outcome stood."),
    ...level,
  })),
});
const percentile = ms.nullable();
/** `…/sli`. */
export const sliSchema = z.strictObject({
  from: time,
  to: time,
  ...level,
  incidents: z.strictObject({
    complete: z.boolean().describe("False: there are more incidents than are looked at."),
    service: count,
    open: count,
    mttrSeconds: ms.nullable(),
    detectionDelaySeconds: ms.nullable().describe(
      "How long after its journey the service's own report failed.",
    ),
    neverAdmitted: count,
  }),
  probers: z.array(z.strictObject({
    id: text,
    rounds: z.record(text, count).describe("Rounds by verdict."),
    latencyMs: z.strictObject({ p50: percentile, p90: percentile, p95: percentile, p99: percentile }),
  })),
});
/** `…/slots`. */
export const slotsSchema = z.strictObject({
  slots: z.array(z.strictObject({
    slot: time,
    outcome,
    probers: z.array(z.strictObject({
      prober: text,
      verdict: z.enum(TRACE_VERDICTS),
      verdictReason: text.optional(),
      reported: reportState.optional(),
      totalMs: ms.optional(),
    })),
  })),
  next: cursor,
});

/** A pushed source and what it last said. */
export const pushedReportSchema = component(
  "PushedReport",
  z.strictObject({
    target: text,
    check: text,
    source: text,
    ...fields.head,
    claims: z.array(z.strictObject(fields.claim)),
    contradictions: z.array(text),
    subsystems: z.array(z.strictObject(fields.subsystem)),
    version,
    retryAfterMs,
    reason,
    seq: z.int().optional(),
    at: time.optional(),
    receivedAt: time.optional(),
    ageMs: ms.optional(),
    expiresAt: time.optional(),
  }),
);

/** A silence. */
export const silenceSchema = component(
  "Silence",
  z.strictObject({
    id: text,
    match: z.strictObject({
      target: text.optional(),
      check: text.optional(),
      labels: z.record(text, text).optional(),
    }),
    from: time,
    until: time,
    reason: text,
    by: text,
    state: z.enum(["pending", "active", "over"]),
    checks: z.array(text).describe("What it covers now, as target/check."),
  }),
);
/** `GET /v1/silences`. */
export const silencesSchema = z.strictObject({ silences: z.array(silenceSchema) });

/** A recorded deployment. */
export const deploymentSchema = component(
  "Deployment",
  z.strictObject({
    at: time,
    target: text,
    version: text.optional(),
    anchor: text.optional(),
    environment: text.optional(),
    url: text.optional(),
    source: z.enum(["api", "flagger", "argo", "github"]),
  }),
);
/** `GET /v1/deployments`. */
export const deploymentPageSchema = z.strictObject({ deployments: z.array(deploymentSchema), next: cursor });
/** What a hook answers. */
export const hookAnswerSchema = component(
  "Recorded",
  z.union([
    z.strictObject({ recorded: z.literal(true), deployment: deploymentSchema }),
    z.strictObject({ recorded: z.literal(false), why: text }),
  ]),
);
/** A protection rule that waits for its gate. */
export const pendingSchema = z.strictObject({ pending: z.literal(true), target: text });

/** `GET /v1/tokens`. */
export const tokensSchema = z.strictObject({
  tokens: z.array(z.strictObject({
    id: text,
    scopes: z.array(z.enum(TOKEN_SCOPES)),
    targets: z.array(text),
    expires: time.nullable(),
    lastUsedAt: time.nullable(),
  })),
});

const runWord = z.enum([...OUTCOMES, "announced"]);
/** What a gate says. */
export const gateSchema = component(
  "Gate",
  z.strictObject({
    gateOk: z.boolean(),
    decision: z.enum(DECISIONS),
    status: z.enum(["successful", "failed", "pending"]),
    value: z.union([z.literal(0), z.literal(1)]),
    score: z.number().min(0).max(1).describe("Share of the voting regions that are ready."),
    reason: text,
    gate: text,
    anchor: text.nullable(),
    evaluatedAt: time,
    window: z.strictObject({
      since: time,
      runs: count,
      minRuns: count,
      oldestEvidenceAgeSec: count.nullable(),
      maxAgeSec: count,
    }),
    reported: z.strictObject({
      state: reportState,
      source: text.nullable(),
      ageSec: count.nullable(),
      version: text.nullable(),
    }),
    observed: z.strictObject({ state: runWord, journey: text, failedStep: text.nullable() }),
    regions: z.record(text, z.strictObject({ vote: runWord, ageSec: count.nullable() })),
    quorum: z.strictObject({ need: count, ready: count, notReady: count, abstain: count }),
    incidentId: text.nullable(),
    seq: count,
  }),
);
/** The same as one word. */
export const decisionSchema = z.enum(DECISIONS);

/** Shields' endpoint badge. */
export const badgeSchema = z.strictObject({
  schemaVersion: z.literal(1),
  label: text,
  message: text,
  color: text,
  isError: z.boolean(),
  cacheSeconds: count,
});
