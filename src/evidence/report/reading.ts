/**
 * Reads answers that a caller already has: their dialect, and what they claim. Pure.
 *
 * @example
 * ```ts
 * import { DIALECTS, read } from "./reading.ts";
 *
 * const answer = { url: new URL("https://shop.example/readyz"), status: 200, headers: new Headers(), text: '{"status":"UP"}' };
 * read(answer, { dialect: "auto" }, DIALECTS).state; // "ready"
 * ```
 */
export type { AnswerHeaders } from "../../base/ports.ts";
export type { AwsAccess } from "../../config/config.ts";
export { type Question, QUESTIONS } from "../../config/question.ts";
export { DIALECTS } from "./mod.ts";
export { read, type ReadOptions, type ReadReport } from "./read.ts";
export { CLAIM_SOURCES, CONFIDENCES, LAYERS, REPORT_STATES } from "./report.ts";
export type {
  AskOptions,
  Claim,
  Dialect,
  Expresses,
  Layer,
  Reading,
  Report,
  ReportAnswer,
  ReportState,
  RequestSpec,
  SourceReport,
  Statement,
  Subsystem,
  WriteInput,
  WriteOutput,
} from "./report.ts";
