/** The schema of a report, with its bounds in storage and on the network. */
import * as z from "../../base/zod.ts";
import { DAY_MS, LATEST_MS } from "../../base/time.ts";
import { QUESTIONS } from "../../config/question.ts";
import { CLAIM_SOURCES, CONFIDENCES, LAYERS, REPORT_STATES } from "./report.ts";

// A correct prober's reply stays within these bounds even for the largest config, so a reply beyond them is
// the prober's fault.

/** A time in epoch ms. */
export const time = z.number().check(z.gte(0), z.lte(LATEST_MS));

export const shortText = z.string().check(z.maxLength(2_000));

/** A name or sentence for humans: configs allow no longer ones, and details are truncated to less. */
export const line = z.string().check(z.maxLength(500));

/** A duration in ms; no round takes a day. */
export const ms = z.number().check(z.gte(0), z.lte(DAY_MS));

export const status = z.int().check(z.gte(0), z.lte(999));

/** The states of a report. */
export const reportState = z.enum(REPORT_STATES);

/** The leaf types of a report, with the bounds of its reader. */
export interface ReportLeaves<Time extends z.ZodMiniType> {
  text: z.ZodMiniString;
  time: Time;
  ms: z.ZodMiniNumber;
  status: z.ZodMiniNumber;
}

/**
 * The fields of a report before (`head`) and after (`tail`) its lists, and of the claims, subsystems and
 * sources in them.
 */
export function reportFields<Time extends z.ZodMiniType>({ text, time, ms, status }: ReportLeaves<Time>) {
  const phase = z.optional(z.literal("unclear"));
  const question = z.enum(QUESTIONS);
  const claim = {
    source: z.enum(CLAIM_SOURCES),
    state: reportState,
    raw: text,
    from: z.optional(text),
  };
  const subsystem = {
    name: text,
    state: reportState,
    layer: z.enum(LAYERS),
    required: z.boolean(),
    message: z.optional(text),
  };
  const source = {
    name: text,
    state: reportState,
    phase,
    question,
    dialect: text,
    httpStatus: z.optional(status),
    reason: z.optional(text),
  };
  const head = {
    state: reportState,
    dialect: text,
    confidence: z.enum(CONFIDENCES),
    question,
    phase,
    httpStatus: z.optional(status),
  };
  const tail = {
    version: z.optional(text),
    reportedAt: z.optional(time),
    retryAfterMs: z.optional(ms),
    reason: z.optional(text),
    at: time,
    durationMs: ms,
  };
  return { head, claim, subsystem, tail, source };
}

const fields = reportFields({ text: shortText, time, ms, status });

/** A report in storage and on the network. */
export const reportSchema = z.object({
  ...fields.head,
  claims: z.array(z.object(fields.claim)).check(z.maxLength(500)),
  contradictions: z.array(shortText).check(z.maxLength(500)),
  subsystems: z.array(z.object(fields.subsystem)).check(z.maxLength(500)),
  ...fields.tail,
  // The most that the config allows for a check.
  sources: z.optional(z.array(z.object(fields.source)).check(z.maxLength(10))),
});
