/** The shape of a report, and its bounds as it crosses the network or is kept. */
import * as z from "zod";
import { DAY_MS, LATEST_MS } from "../../base/time.ts";
import { QUESTIONS } from "../../config/question.ts";
import { CLAIM_SOURCES, CONFIDENCES, LAYERS, REPORT_STATES } from "./report.ts";

// What an honest prober says of the largest config stays within every bound below: a reply beyond one is its own fault.

/** Epoch ms, as it crosses the network or is kept. */
export const time = z.number().min(0).max(LATEST_MS);

export const shortText = z.string().max(2_000);

/** Names and sentences for humans are no longer in a config, and a detail is cut to less. */
export const line = z.string().max(500);

/** How long something took: no round takes a day. */
export const ms = z.number().min(0).max(DAY_MS);

export const status = z.number().int().min(0).max(999);

/** The states of a report. */
export const reportState = z.enum(REPORT_STATES);

/** What a report is made of, within the bounds of whoever reads it. */
export interface ReportLeaves<Time extends z.ZodType> {
  text: z.ZodString;
  time: Time;
  ms: z.ZodNumber;
  status: z.ZodNumber;
}

/** The fields of a report: those before and after its lists, and of each claim, subsystem and source in them. */
export function reportFields<Time extends z.ZodType>({ text, time, ms, status }: ReportLeaves<Time>) {
  const phase = z.literal("unclear").optional();
  const question = z.enum(QUESTIONS);
  const claim = {
    source: z.enum(CLAIM_SOURCES),
    state: reportState,
    raw: text,
    from: text.optional(),
  };
  const subsystem = {
    name: text,
    state: reportState,
    layer: z.enum(LAYERS),
    required: z.boolean(),
    message: text.optional(),
  };
  const source = {
    name: text,
    state: reportState,
    phase,
    question,
    dialect: text,
    httpStatus: status.optional(),
    reason: text.optional(),
  };
  const head = {
    state: reportState,
    dialect: text,
    confidence: z.enum(CONFIDENCES),
    question,
    phase,
    httpStatus: status.optional(),
  };
  const tail = {
    version: text.optional(),
    reportedAt: time.optional(),
    retryAfterMs: ms.optional(),
    reason: text.optional(),
    at: time,
    durationMs: ms,
  };
  return { head, claim, subsystem, tail, source };
}

const fields = reportFields({ text: shortText, time, ms, status });

/** A report, as it crosses the network or is kept. */
export const reportSchema = z.object({
  ...fields.head,
  claims: z.array(z.object(fields.claim)).max(500),
  contradictions: z.array(shortText).max(500),
  subsystems: z.array(z.object(fields.subsystem)).max(500),
  ...fields.tail,
  // As many as the config lets a check have.
  sources: z.array(z.object(fields.source)).max(10).optional(),
});
