/** Schemas of history and service levels. */
import * as z from "../../../../base/zod.ts";
import { reportState } from "../../../../evidence/report/schema.ts";
import { SLO_WINDOWS, type SloWindow } from "../../../../judgement/slo.ts";
import { OUTCOMES, TRACE_VERDICTS } from "../../../../judgement/words.ts";
import { anyText, count, cursor, isoTime, outcome, spanMs } from "./shapes.ts";

const level = {
  availability: z.nullable(z.number().check(z.gte(0), z.lte(1))),
  goodSeconds: spanMs,
  badSeconds: spanMs,
  driftSeconds: spanMs.check(z.describe("How long the claim was wrong.")),
  unjudgedSeconds: spanMs,
};
/** `…/history`. */
export const historySchema = z.strictObject({
  from: isoTime,
  to: isoTime,
  stretches: z.array(z.strictObject({
    unit: z.enum(["hour", "day"]),
    start: isoTime,
    seconds: z.partialRecord(z.enum(OUTCOMES), spanMs).check(z.describe("How long each outcome lasted.")),
    ...level,
  })),
});
const percentile = z.nullable(spanMs);
/** `…/sli`. */
export const sliSchema = z.strictObject({
  from: isoTime,
  to: isoTime,
  ...level,
  incidents: z.strictObject({
    complete: z.boolean().check(z.describe("False if there are more incidents than were read.")),
    service: count,
    open: count,
    mttrSeconds: z.nullable(spanMs),
    detectionDelaySeconds: z.nullable(spanMs).check(
      z.describe("How long after the opening the service's own report admitted it."),
    ),
    neverAdmitted: count,
    statusPage: z.optional(z.strictObject({
      admitted: count,
      neverAdmitted: count.check(z.describe("Incidents that ended before the page admitted them.")),
      meanLagSeconds: z.nullable(spanMs),
    })).check(z.describe("If the claim is a public status page: how late it admits incidents.")),
  }),
  probers: z.array(z.strictObject({
    id: anyText,
    rounds: z.record(anyText, count).check(z.describe("Rounds by verdict.")),
    latencyMs: z.strictObject({ p50: percentile, p90: percentile, p95: percentile, p99: percentile }),
  })),
});
/** `GET /v1/targets/{id}/sli`. */
export const targetSliSchema = z.strictObject({
  from: isoTime,
  to: isoTime,
  checks: z.array(anyText).check(
    z.describe("The required checks. At each instant the worst of them counts."),
  ),
  ...level,
  coverage: z.strictObject({ dataSeconds: spanMs, windowSeconds: spanMs }).check(
    z.describe("How much of the window has data."),
  ),
});
const sloWindow = z.enum(Object.keys(SLO_WINDOWS) as [SloWindow, ...SloWindow[]]);
/** `…/slo`. */
export const sloSchema = z.strictObject({
  objective: z.number().check(z.gt(0), z.lt(1), z.describe("The share of judged time that should be good.")),
  left: z.nullable(z.number()).check(
    z.describe(
      "Remaining share of the 30-day budget, negative once overspent; null if nothing was judged.",
    ),
  ),
  allowedSeconds: spanMs.check(
    z.describe("Failing time that the objective allows in the judged time of 30 days."),
  ),
  windows: z.array(z.strictObject({
    window: sloWindow,
    from: isoTime,
    rate: z.nullable(spanMs).check(
      z.describe("Burn rate: 1 spends the budget in exactly 30 days; null if nothing was judged."),
    ),
    badSeconds: spanMs,
    judgedSeconds: spanMs,
    unjudgedSeconds: spanMs,
    coverage: z.number().check(
      z.gte(0),
      z.lte(1),
      z.describe("Share of the window that was judged; the rest counts as neither good nor bad."),
    ),
  })),
  alerts: z.array(z.strictObject({
    long: sloWindow,
    short: sloWindow,
    factor: z.number(),
    firing: z.boolean().check(z.describe("Whether both windows burn faster than the factor.")),
  })),
});
/** `…/slots`. */
export const slotsSchema = z.strictObject({
  slots: z.array(z.strictObject({
    slot: isoTime,
    outcome,
    probers: z.array(z.strictObject({
      prober: anyText,
      verdict: z.enum(TRACE_VERDICTS),
      verdictReason: z.optional(anyText),
      reported: z.optional(reportState),
      totalMs: z.optional(spanMs),
    })),
  })),
  next: cursor,
});
