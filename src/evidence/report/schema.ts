/** The shape of a report as it crosses the network or is kept, with a bound on everything. */
import * as z from "zod";
import { DAY_MS, LATEST_MS } from "../../base/time.ts";

// What an honest prober says of the largest config stays within every bound below: a reply beyond one is its own fault.

/** Epoch ms, as it crosses the network or is kept. */
export const time = z.number().min(0).max(LATEST_MS);

export const shortText = z.string().max(2_000);

/** Names and sentences for humans are no longer in a config, and a detail is cut to less. */
export const line = z.string().max(500);

/** How long something took: no round takes a day. */
export const ms = z.number().min(0).max(DAY_MS);

export const status = z.number().int().min(100).max(999);

/** The states of a report, as they cross the network. */
export const reportState = z.enum([
  "starting",
  "ready",
  "degraded",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
]);

const question = z.enum(["liveness", "readiness", "startup", "aggregate", "status_page", "lb", "push"]);

const source = z.object({
  name: shortText,
  state: reportState,
  phase: z.literal("unclear").optional(),
  question,
  dialect: shortText,
  httpStatus: status.optional(),
  reason: shortText.optional(),
});

/** A report, as it crosses the network or is kept. */
export const reportSchema = z.object({
  state: reportState,
  dialect: shortText,
  confidence: z.enum(["declared", "recognised", "code"]),
  question,
  phase: z.literal("unclear").optional(),
  httpStatus: status.optional(),
  claims: z.array(
    z.object({
      source: z.enum(["code", "body", "header", "frame"]),
      state: reportState,
      raw: shortText,
      from: shortText.optional(),
    }),
  ).max(500),
  contradictions: z.array(shortText).max(500),
  subsystems: z.array(z.object({
    name: shortText,
    state: reportState,
    layer: z.enum(["process", "dependency", "state", "policy"]),
    required: z.boolean(),
    message: shortText.optional(),
  })).max(500),
  version: shortText.optional(),
  reportedAt: time.optional(),
  retryAfterMs: ms.optional(),
  reason: shortText.optional(),
  at: time,
  durationMs: ms,
  // As many as the config lets a check have.
  sources: z.array(source).max(10).optional(),
});
