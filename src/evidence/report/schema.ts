/** The shape of a report, and its bounds as it crosses the network or is kept. */
import * as z from "../../base/zod.ts";
import { DAY_MS, LATEST_MS } from "../../base/time.ts";
import { QUESTIONS } from "../../config/question.ts";
import { CLAIM_SOURCES, CONFIDENCES, LAYERS, REPORT_STATES } from "./report.ts";

// A sound prober's reply about the largest config stays within every bound below: a reply beyond one is the prober's fault.

/** Epoch ms, as it crosses the network or is kept. */
export const time = z.number().check(z.gte(0), z.lte(LATEST_MS));

export const shortText = z.string().check(z.maxLength(2_000));

/** Names and sentences for humans are no longer in a config, and a detail is cut to less. */
export const line = z.string().check(z.maxLength(500));

/** How long something took: no round takes a day. */
export const ms = z.number().check(z.gte(0), z.lte(DAY_MS));

export const status = z.int().check(z.gte(0), z.lte(999));

/** The states of a report. */
export const reportState = z.enum(REPORT_STATES);

/** What a report is made of, within its reader's bounds. */
export interface ReportLeaves<Time extends z.ZodMiniType> {
  text: z.ZodMiniString;
  time: Time;
  ms: z.ZodMiniNumber;
  status: z.ZodMiniNumber;
}

/** The fields of a report: those before and after its lists, and of each claim, subsystem and source in them. */
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

/** A report, as it crosses the network or is kept. */
export const reportSchema = z.object({
  ...fields.head,
  claims: z.array(z.object(fields.claim)).check(z.maxLength(500)),
  contradictions: z.array(shortText).check(z.maxLength(500)),
  subsystems: z.array(z.object(fields.subsystem)).check(z.maxLength(500)),
  ...fields.tail,
  // As many as the config lets a check have.
  sources: z.optional(z.array(z.object(fields.source)).check(z.maxLength(10))),
});
