/** The shapes of what the API answers, for its document and its fuzzer. The app imports none of them, so no bundle pays for them. */
import * as z from "../../../base/zod.ts";
import { event as eventShape } from "../../../engine/notify/event.ts";
import { CLEANUP_OUTCOMES, JOURNEY_OUTCOMES } from "../../../evidence/probe/observation.ts";
import { reportFields, reportState } from "../../../evidence/report/schema.ts";
import {
  COARSE_STATUSES,
  CURRENT_OUTCOMES,
  DECISIONS,
  FAULTS,
  OUTCOMES,
  PROBER_FAULTS,
  TRACE_VERDICTS,
  VERDICTS,
  VOTES,
} from "../../../judgement/words.ts";
import { SLO_WINDOWS, type SloWindow } from "../../../judgement/slo.ts";
import { incidentFields } from "../../../storage/schema.ts";
import { DELIVERY_STATES } from "../../../storage/store.ts";
import { TOKEN_SCOPES } from "../../../config/schema/token_scopes.ts";
import { CLIENT_FORMS } from "../client_form.ts";

/** A schema of components.schemas by this name. */
const component = <T extends z.ZodMiniType>(id: string, schema: T): T => {
  // Not as a check: what is made of this schema would bear the same id.
  const named = z.clone(schema);
  z.globalRegistry.add(named, { ...z.globalRegistry.get(schema), id });
  return named;
};

const time = z.datetime();
const text = z.string();
const ms = z.number().check(z.gte(0));
const count = z.int().check(z.gte(0));
const cursor = z.nullable(text).check(z.describe("`before` of the next page; null: there is none."));
const outcome = component("Outcome", z.enum(OUTCOMES));
const currentOutcome = component(
  "CurrentOutcome",
  z.enum(CURRENT_OUTCOMES).check(z.describe("What the quorum holds; `unknown`: its evidence is too old.")),
);
const coarse = component("CoarseStatus", z.enum(COARSE_STATUSES));
const age = z.nullable(ms).check(z.describe("Age of the evidence in ms; null: there is none."));

/** What webhooks get. */
export const eventSchema = component("Event", eventShape);

/** RFC 9457. */
export const problemSchema = component(
  "Problem",
  z.strictObject({
    type: text.check(z.describe("urn:assay:problem:<kind>")),
    title: text,
    status: z.int(),
    detail: text.check(z.describe("What is wrong with this request.")),
    instance: text.check(z.describe("The path that was asked.")),
    errors: z.optional(z.array(
      z.strictObject({
        parameter: z.optional(text),
        field: z.optional(text),
        path: z.optional(text),
        message: text,
      }),
    )),
    suggestion: z.optional(text),
    dialects: z.optional(z.array(text)),
    skewMs: z.optional(z.number()),
    seq: z.optional(z.int()),
  }),
);

const failure = z.strictObject({
  step: text,
  reason: text,
  expression: z.optional(text),
  detail: text,
  values: z.optional(z.record(text, text)),
  request: z.optional(z.strictObject({ method: text, url: text, headers: z.record(text, text) })).check(
    z.describe("The last request of the step as it was sent, redacted, without its body."),
  ),
  answer: z.optional(
    z.strictObject({ status: z.optional(z.int()), headers: z.record(text, text), excerpt: z.optional(text) }),
  ).check(
    z.describe("At most 1 kB of what it was answered, redacted, around what the expectation looked at."),
  ),
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
  contradictions: z.optional(z.array(text)),
  subsystems: z.optional(z.array(z.strictObject({ name, state }))),
  sources: z.optional(z.array(z.strictObject({ name, state, dialect, httpStatus, reason }))),
  at: time,
  ageMs: age,
};
const reported = component(
  "Reported",
  z.strictObject({ ...claimFields, before: z.optional(z.strictObject(claimFields)) }).check(z.describe(
    "The latest claim of the service; `before` the one before the journey, where it was asked twice.",
  )),
);
const wire = z.strictObject({
  dnsMs: z.optional(ms),
  connectMs: z.optional(ms),
  tlsMs: z.optional(ms),
  firstByteMs: z.optional(ms),
  protocol: z.optional(text),
  remoteAddress: z.optional(text),
  certificate: z.optional(
    z.strictObject({ notAfter: z.number().check(z.describe("Epoch ms.")), issuer: text }),
  ),
}).check(z.describe("What the transport measured of its last request, where it can tell."));
const observed = component(
  "Observed",
  z.strictObject({
    outcome: z.enum(JOURNEY_OUTCOMES),
    totalMs: ms,
    failure: z.optional(failure),
    steps: z.optional(z.array(z.strictObject({
      name: text,
      status: z.optional(z.int()),
      note: z.optional(text).check(
        z.describe("What came, of a step that is no HTTP request: 3 records, 2 of 10 ok."),
      ),
      requests: z.optional(count),
      headersMs: z.optional(ms),
      skipped: z.optional(z.boolean()).check(z.describe("Its onlyIf did not hold.")),
      wire: z.optional(wire),
      totalMs: ms,
    }))),
    traceId: z.optional(text).check(z.describe("Of its requests' traceparent.")),
    traceUrl: z.optional(text).check(z.describe("Where that trace is looked at.")),
    walkedAgain: z.optional(text).check(z.describe("Why it was walked twice: the second walk is this one.")),
    cleanup: z.optional(z.strictObject({ outcome: z.enum(CLEANUP_OUTCOMES), failure: z.optional(failure) })),
    slot: time,
    ageMs: age,
  }).check(z.describe("What the journey saw, with the time of each step.")),
);
const keptRound = z.strictObject({
  verdict: z.enum(VERDICTS),
  verdictReason: z.optional(text),
  slot: time,
  reported: z.nullable(reported),
  observed,
});
const prober = z.strictObject({
  id: text,
  vote: z.enum(VOTES),
  excluded: z.optional(z.enum(FAULTS)).check(z.describe("Why its vote does not count for now.")),
  evidenceAgeMs: age,
  stale: z.boolean(),
  verdict: z.optional(z.enum(VERDICTS)),
  verdictReason: z.optional(text).check(z.describe("Why the verdict is not simply the cell of the table.")),
  slot: z.optional(time).check(z.describe("The slot of this verdict.")),
  reported: z.nullable(reported),
  observed: z.nullable(observed),
  place: z.optional(text),
  missed: z.optional(z.strictObject({ slot: time, reason: text })),
  rounds: z.optional(z.strictObject({
    lastGood: z.optional(keptRound),
    firstFailed: z.optional(keptRound),
    latestFailed: z.optional(keptRound),
  })).check(z.describe("Of one target alone: what to compare. Failures are kept while an incident is open.")),
});
const { entry, incident } = incidentFields({ text, time });
const { family, kind, severity, openedAt, episode, cause } = incident;
const scope = incident.scope.check(z.describe("global, or the id of the region that decided."));
const notes = z.optional(z.array(text)).check(
  z.describe("What is known besides, in words: facts of its latest opening, and who holds it open."),
);
const heldBy = z.optional(z.array(z.strictObject({ id: text, silentSince: time }))).check(
  z.describe("The probers or regions that fell silent with a bad vote, without which it would resolve."),
);
const incidentBasics = { family, kind, scope, severity, openedAt, episode, cause, notes, heldBy };

const convergence = z.strictObject({
  capture: text,
  withinMs: ms.check(z.describe("How long a change may take.")),
  values: z.array(z.strictObject({
    value: text,
    since: z.optional(time).check(z.describe("When it was first seen.")),
    by: z.array(text).check(
      z.describe("The regions that show it; of a region that does not agree with itself its probers."),
    ),
  })),
  unknown: z.array(text).check(z.describe("Regions of which no recent value is known.")),
}).check(
  z.describe("A captured value that must agree across regions: who says what, the oldest value first."),
);

/** One check now. */
export const checkSchema = component(
  "Check",
  z.strictObject({
    id: text,
    contract: z.optional(text),
    claim: z.enum(["report", "none"]),
    scope: z.enum(["global", "region"]),
    after: z.optional(text).check(
      z.describe("The check of the same target without which this one is not judged."),
    ),
    outcome: currentOutcome,
    since: z.optional(time),
    evaluatedAt: z.optional(time),
    evidenceAgeMs: age,
    lastOutcome: z.optional(outcome).check(z.describe("What it was before its evidence grew too old.")),
    convergence: z.optional(z.array(convergence)),
    regions: z.array(
      z.strictObject({
        id: text,
        outcome: currentOutcome,
        since: z.optional(time),
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
    status: currentOutcome.check(z.describe("The worst outcome of its checks.")),
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
    status: currentOutcome.check(z.describe("The worst outcome of all checks.")),
    checks: z.partialRecord(z.enum(CURRENT_OUTCOMES), count).check(z.describe("Checks by outcome.")),
    targets: z.array(targetSchema),
    settled: z.strictObject({ slot: z.nullable(time), ageMs: age }),
  }),
);

/** `GET /v1/regions`. */
export const regionsSchema = z.strictObject({
  client: z.optional(z.enum(CLIENT_FORMS)).check(
    z.describe(
      "How this process asks: by connections of its own to pinned addresses, or by its runtime's fetch.",
    ),
  ),
  regions: z.array(z.strictObject({
    id: text,
    quorum: z.unknown().check(z.describe("The rule by which its probers agree.")),
    probers: z.array(z.strictObject({
      id: text,
      kind: z.enum(["local", "remote", "place"]),
      asked: z.optional(text).check(z.describe("Where it was asked to be.")),
      place: z.optional(text).check(z.describe("Where it measured itself to be.")),
      excluded: z.nullable(z.enum(PROBER_FAULTS)),
      evaluatedAt: z.optional(time),
      lagMs: z.nullable(ms),
      checks: count,
      stale: count,
      gaps: count.check(z.describe("Checks whose newest slot it missed.")),
      reasons: z.record(text, count),
    })),
  })),
});

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

const level = {
  availability: z.nullable(z.number().check(z.gte(0), z.lte(1))),
  goodSeconds: ms,
  badSeconds: ms,
  driftSeconds: ms.check(z.describe("How long the claim was wrong.")),
  unjudgedSeconds: ms,
};
/** `…/history`. */
export const historySchema = z.strictObject({
  from: time,
  to: time,
  stretches: z.array(z.strictObject({
    unit: z.enum(["hour", "day"]),
    start: time,
    seconds: z.partialRecord(z.enum(OUTCOMES), ms).check(z.describe("How long each outcome stood.")),
    ...level,
  })),
});
const percentile = z.nullable(ms);
/** `…/sli`. */
export const sliSchema = z.strictObject({
  from: time,
  to: time,
  ...level,
  incidents: z.strictObject({
    complete: z.boolean().check(z.describe("False: there are more incidents than are looked at.")),
    service: count,
    open: count,
    mttrSeconds: z.nullable(ms),
    detectionDelaySeconds: z.nullable(ms).check(
      z.describe("How long after its journey the service's own report failed."),
    ),
    neverAdmitted: count,
    statusPage: z.optional(z.strictObject({
      admitted: count,
      neverAdmitted: count.check(z.describe("Over before the page said a word.")),
      meanLagSeconds: z.nullable(ms),
    })).check(z.describe("Where the claim is a public status page: how late it admits.")),
  }),
  probers: z.array(z.strictObject({
    id: text,
    rounds: z.record(text, count).check(z.describe("Rounds by verdict.")),
    latencyMs: z.strictObject({ p50: percentile, p90: percentile, p95: percentile, p99: percentile }),
  })),
});
/** `GET /v1/targets/{id}/sli`. */
export const targetSliSchema = z.strictObject({
  from: time,
  to: time,
  checks: z.array(text).check(
    z.describe("The checks that count: at each instant the worst of them. Optional ones do not."),
  ),
  ...level,
  coverage: z.strictObject({ dataSeconds: ms, windowSeconds: ms }).check(
    z.describe("For how much of the window there is data."),
  ),
});
const sloWindow = z.enum(Object.keys(SLO_WINDOWS) as [SloWindow, ...SloWindow[]]);
/** `…/slo`. */
export const sloSchema = z.strictObject({
  objective: z.number().check(z.gt(0), z.lt(1), z.describe("The share of judged time that is to be good.")),
  left: z.nullable(z.number()).check(
    z.describe(
      "Share of the 30 days' budget that is left, below 0 once overspent; null: nothing was judged.",
    ),
  ),
  allowedSeconds: ms.check(z.describe("Failing that the objective allows in the judged time of 30 days.")),
  windows: z.array(z.strictObject({
    window: sloWindow,
    from: time,
    rate: z.nullable(ms).check(
      z.describe("Burn rate: 1 spends the budget in just 30 days; null: nothing was judged."),
    ),
    badSeconds: ms,
    judgedSeconds: ms,
    unjudgedSeconds: ms,
    coverage: z.number().check(
      z.gte(0),
      z.lte(1),
      z.describe("Judged time over all of it: the rest is neither good nor bad."),
    ),
  })),
  alerts: z.array(z.strictObject({
    long: sloWindow,
    short: sloWindow,
    factor: z.number(),
    firing: z.boolean().check(z.describe("Both windows burn faster than the factor.")),
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
      verdictReason: z.optional(text),
      reported: z.optional(reportState),
      totalMs: z.optional(ms),
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
    seq: z.optional(z.int()),
    at: z.optional(time),
    receivedAt: z.optional(time),
    ageMs: z.optional(ms),
    expiresAt: z.optional(time),
  }),
);

const globs = z.union([text, z.array(text)]);

/** A silence. */
export const silenceSchema = component(
  "Silence",
  z.strictObject({
    id: text,
    match: z.strictObject({
      target: z.optional(globs),
      check: z.optional(globs),
      labels: z.optional(z.record(text, globs)),
    }),
    from: time,
    until: time,
    reason: text,
    by: text.check(z.describe("The id of a token; `config`: it is a maintenance window.")),
    window: z.optional(text).check(z.describe("The maintenance window of the config that it is of.")),
    state: z.enum(["pending", "active", "over"]),
    checks: z.array(text).check(z.describe("What it covers now, as target/check.")),
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
    version: z.optional(text),
    anchor: z.optional(text),
    environment: z.optional(text),
    url: z.optional(text),
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
    expires: z.nullable(time),
    lastUsedAt: z.nullable(time),
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
    score: z.number().check(z.gte(0), z.lte(1), z.describe("Share of the voting regions that are ready.")),
    reason: text,
    gate: text,
    anchor: z.nullable(text),
    evaluatedAt: time,
    window: z.strictObject({
      since: time,
      runs: count,
      minRuns: count,
      oldestEvidenceAgeSec: z.nullable(count),
      maxAgeSec: count,
    }),
    reported: z.strictObject({
      state: reportState,
      source: z.nullable(text),
      ageSec: z.nullable(count),
      version: z.nullable(text),
    }),
    observed: z.strictObject({ state: runWord, journey: text, failedStep: z.nullable(text) }),
    regions: z.record(text, z.strictObject({ vote: runWord, ageSec: z.nullable(count) })),
    quorum: z.strictObject({ need: count, ready: count, notReady: count, abstain: count }),
    incidentId: z.nullable(text),
    page: z.nullable(text).check(
      z.describe("Of the open incident, else of the target; null without a publicUrl."),
    ),
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
