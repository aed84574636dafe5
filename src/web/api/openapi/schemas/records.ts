/** What tokens send in: reports, silences, deployments. */
import * as z from "../../../../base/zod.ts";
import { TOKEN_SCOPES } from "../../../../config/schema/token_scopes.ts";
import { component, cursor, ms, reportParts, text, time } from "./shapes.ts";

const { version, retryAfterMs, reason } = reportParts.tail;

/** A pushed source and what it last said. */
export const pushedReportSchema = component(
  "PushedReport",
  z.strictObject({
    target: text,
    check: text,
    source: text,
    ...reportParts.head,
    claims: z.array(z.strictObject(reportParts.claim)),
    contradictions: z.array(text),
    subsystems: z.array(z.strictObject(reportParts.subsystem)),
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
