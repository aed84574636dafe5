/** Schemas of records that clients create: reports, silences, deployments. */
import * as z from "../../../../base/zod.ts";
import { TOKEN_SCOPES } from "../../../../config/schema/token_scopes.ts";
import { anyText, component, cursor, isoTime, reportParts, spanMs } from "./shapes.ts";

const { version, retryAfterMs, reason } = reportParts.tail;

/** A pushed source and its last report. */
export const pushedReportSchema = component(
  "PushedReport",
  z.strictObject({
    target: anyText,
    check: anyText,
    source: anyText,
    ...reportParts.head,
    claims: z.array(z.strictObject(reportParts.claim)),
    contradictions: z.array(anyText),
    subsystems: z.array(z.strictObject(reportParts.subsystem)),
    version,
    retryAfterMs,
    reason,
    seq: z.optional(z.int()),
    at: z.optional(isoTime),
    receivedAt: z.optional(isoTime),
    ageMs: z.optional(spanMs),
    expiresAt: z.optional(isoTime),
  }),
);

const globs = z.union([anyText, z.array(anyText)]);

/** A silence. */
export const silenceSchema = component(
  "Silence",
  z.strictObject({
    id: anyText,
    match: z.strictObject({
      target: z.optional(globs),
      check: z.optional(globs),
      labels: z.optional(z.record(anyText, globs)),
    }),
    from: isoTime,
    until: isoTime,
    reason: anyText,
    by: anyText.check(z.describe("A token's id; `config` for a maintenance window.")),
    window: z.optional(anyText).check(z.describe("The id of its maintenance window in the config.")),
    state: z.enum(["pending", "active", "over"]),
    checks: z.array(anyText).check(z.describe("The checks that it covers now, as target/check.")),
  }),
);
/** `GET /v1/silences`. */
export const silencesSchema = z.strictObject({ silences: z.array(silenceSchema) });

/** A recorded deployment. */
export const deploymentSchema = component(
  "Deployment",
  z.strictObject({
    at: isoTime,
    target: anyText,
    version: z.optional(anyText),
    anchor: z.optional(anyText),
    environment: z.optional(anyText),
    url: z.optional(anyText),
    source: z.enum(["api", "flagger", "argo", "github"]),
  }),
);
/** `GET /v1/deployments`. */
export const deploymentPageSchema = z.strictObject({ deployments: z.array(deploymentSchema), next: cursor });
/** The response of a hook. */
export const hookAnswerSchema = component(
  "Recorded",
  z.union([
    z.strictObject({ recorded: z.literal(true), deployment: deploymentSchema }),
    z.strictObject({ recorded: z.literal(false), why: anyText }),
  ]),
);
/** A GitHub protection rule that waits for its gate. */
export const pendingSchema = z.strictObject({ pending: z.literal(true), target: anyText });

/** `GET /v1/tokens`. */
export const tokensSchema = z.strictObject({
  tokens: z.array(z.strictObject({
    id: anyText,
    scopes: z.array(z.enum(TOKEN_SCOPES)),
    targets: z.array(anyText),
    expires: z.nullable(isoTime),
    lastUsedAt: z.nullable(isoTime),
  })),
});
