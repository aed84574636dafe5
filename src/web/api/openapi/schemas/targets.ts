/** Schemas of targets, of the status of all targets, and of probers. */
import * as z from "../../../../base/zod.ts";
import { CURRENT_OUTCOMES, PROBER_FAULTS } from "../../../../judgement/words.ts";
import { CLIENT_FORMS } from "../../client_form.ts";
import { checkSchema } from "./check.ts";
import { age, anyText, coarse, component, count, currentOutcome, cursor, isoTime, spanMs } from "./shapes.ts";

/** The current status of one target. */
export const targetSchema = component(
  "Target",
  z.strictObject({
    id: anyText,
    name: anyText,
    labels: z.record(anyText, anyText),
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
    at: isoTime,
    status: coarse,
    targets: z.array(z.strictObject({ id: anyText, name: anyText, status: coarse, evidenceAgeMs: age })),
  }),
);

/** `GET /v1/status` with a token. */
export const fullStatusSchema = component(
  "FullStatus",
  z.strictObject({
    at: isoTime,
    status: currentOutcome.check(z.describe("The worst outcome of all checks.")),
    checks: z.partialRecord(z.enum(CURRENT_OUTCOMES), count).check(z.describe("Checks by outcome.")),
    targets: z.array(targetSchema),
    settled: z.strictObject({ slot: z.nullable(isoTime), ageMs: age }),
  }),
);

/** `GET /v1/regions`. */
export const regionsSchema = z.strictObject({
  client: z.optional(z.enum(CLIENT_FORMS)).check(
    z.describe(
      "How this process sends probe requests: over its own connections to pinned addresses, or by its runtime's fetch.",
    ),
  ),
  regions: z.array(z.strictObject({
    id: anyText,
    quorum: z.unknown().check(z.describe("The quorum rule of its probers.")),
    probers: z.array(z.strictObject({
      id: anyText,
      kind: z.enum(["local", "remote", "place"]),
      asked: z.optional(anyText).check(z.describe("The requested place.")),
      place: z.optional(anyText).check(z.describe("The measured place.")),
      excluded: z.nullable(z.enum(PROBER_FAULTS)),
      evaluatedAt: z.optional(isoTime),
      lagMs: z.nullable(spanMs),
      checks: count,
      stale: count,
      gaps: count.check(z.describe("Number of checks whose newest slot it missed.")),
      reasons: z.record(anyText, count),
    })),
  })),
});
