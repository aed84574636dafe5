/** Gates and badges. */
import * as z from "../../../../base/zod.ts";
import { reportState } from "../../../../evidence/report/schema.ts";
import { DECISIONS, OUTCOMES } from "../../../../judgement/words.ts";
import { anyText, component, count, isoTime } from "./shapes.ts";

const runWord = z.enum([...OUTCOMES, "announced"]);
/** A gate's decision and the evidence for it. */
export const gateSchema = component(
  "Gate",
  z.strictObject({
    gateOk: z.boolean(),
    decision: z.enum(DECISIONS),
    status: z.enum(["successful", "failed", "pending"]),
    value: z.union([z.literal(0), z.literal(1)]),
    score: z.number().check(z.gte(0), z.lte(1), z.describe("Share of the voting regions that are ready.")),
    reason: anyText,
    gate: anyText,
    anchor: z.nullable(anyText),
    evaluatedAt: isoTime,
    window: z.strictObject({
      since: isoTime,
      runs: count,
      minRuns: count,
      oldestEvidenceAgeSec: z.nullable(count),
      maxAgeSec: count,
    }),
    reported: z.strictObject({
      state: reportState,
      source: z.nullable(anyText),
      ageSec: z.nullable(count),
      version: z.nullable(anyText),
    }),
    observed: z.strictObject({ state: runWord, journey: anyText, failedStep: z.nullable(anyText) }),
    regions: z.record(anyText, z.strictObject({ vote: runWord, ageSec: z.nullable(count) })),
    quorum: z.strictObject({ need: count, ready: count, notReady: count, abstain: count }),
    incidentId: z.nullable(anyText),
    page: z.nullable(anyText).check(
      z.describe("Page of the open incident, or else of the target; null without a publicUrl."),
    ),
    seq: count,
  }),
);
/** The decision alone. */
export const decisionSchema = z.enum(DECISIONS);

/** Shields' endpoint badge. */
export const badgeSchema = z.strictObject({
  schemaVersion: z.literal(1),
  label: anyText,
  message: anyText,
  color: anyText,
  isError: z.boolean(),
  cacheSeconds: count,
});
