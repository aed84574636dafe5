import type { ExchangeTrace, PeerCertificate } from "../../base/ports.ts";
import type { Reason } from "../reasons.ts";

/** OBSERVED: the result of a journey from one prober in one slot. */

/** `slow`: passed, but exceeded `latencyBudget`. `error`: not the target's fault. */
export const JOURNEY_OUTCOMES = ["pass", "slow", "fail", "error"] as const;
/** One of {@linkcode JOURNEY_OUTCOMES}. */
export type JourneyOutcome = (typeof JOURNEY_OUTCOMES)[number];

/** Maximum length of a captured value that must agree; a longer one ends with a digest. */
export const CAPTURED_CHARS = 80;

/** Outcomes of a cleanup. */
export const CLEANUP_OUTCOMES = ["pass", "fail", "error"] as const;

/** Reasons why a journey did not pass; reasons.ts says who is responsible. */
export const FAILURE_REASONS = [
  "expectation",
  "timeout",
  "network",
  "body",
  "redirect",
  "capture",
  "template",
  "refused",
  "blocked",
  "platform",
  "limit",
  "config",
  "deadline",
  "bug",
  // Replaced by `limit`; still in stored rounds, and sent by older probers.
  "too_large",
] as const satisfies readonly Reason[];

/** Why a journey did not pass; the first failed step decides. */
export interface Failure {
  /** The step that failed. */
  step: string;
  /** Why. */
  reason: (typeof FAILURE_REASONS)[number];
  /** The whole expectation that failed, as configured. */
  expression?: string;
  /** One line for a human: "body.state is 'pending'". Free of secrets, at most 300 characters. */
  detail: string;
  /** Sub-expressions of the failed expectation with their values. */
  values?: Record<string, string>;
  /** The last request of the step, as sent. */
  request?: SentRequest;
  /** The answer to it; absent if there was none. */
  answer?: AnswerExcerpt;
}

/** The parts of a request that may be shown: no secrets, only allowed headers, no body. */
export interface SentRequest {
  /** HTTP method; without HTTP a word such as `connect`. */
  method: string;
  /** The whole URL. */
  url: string;
  /** Only those of an allow-list. */
  headers: Record<string, string>;
}

/** The most informative 1 kB of an answer, without secrets. */
export interface AnswerExcerpt {
  /** HTTP status code; absent without HTTP. */
  status?: number;
  /** Only those of an allow-list. */
  headers: Record<string, string>;
  /** An excerpt of the body, around the value that the expectation read. */
  excerpt?: string;
}

/** The trace of one step. */
export interface StepTrace {
  /** Its name in the config. */
  name: string;
  /** HTTP status code of its last answer. */
  status?: number;
  /** A summary of the answer for steps that are not one HTTP request: "3 records", "2 of 10 ok". */
  note?: string;
  /** Requests sent or refused by the guard, including polls and redirects. */
  requests: number;
  /** Time until the headers of the last answer, ms. */
  headersMs?: number;
  /** Whether it was skipped because its `onlyIf` was false. */
  skipped?: boolean;
  /** Duration including polls and redirects, ms. */
  totalMs: number;
  /** Measurements of the last request, if the transport provides them. */
  wire?: WireTrace;
}

/** The part of an {@linkcode ExchangeTrace} that is kept. */
export interface WireTrace extends Omit<ExchangeTrace, "requests" | "certificate"> {
  /** The server's certificate, over https. */
  certificate?: Omit<PeerCertificate, "names">;
}

/** The observation of a journey. */
export interface Observation {
  /** The outcome of the journey. */
  outcome: JourneyOutcome;
  /** Why it did not pass. */
  failure?: Failure;
  /**
   * Whether the failure is a request without a complete answer; the prober's controls decide whose fault that
   * is.
   */
  transport: boolean;
  /** In the order they ran. */
  steps: StepTrace[];
  /** Trace id of its requests (W3C Trace Context), 32 hexadecimal digits. */
  traceId?: string;
  /** Duration of all steps without cleanup, ms. */
  totalMs: number;
  /** Captures that must agree across regions, by name: bounded texts, never secret captures. */
  captured?: Record<string, string>;
  /** The outcome of cleanup; it never changes the journey's. */
  cleanup?: { outcome: (typeof CLEANUP_OUTCOMES)[number]; failure?: Failure };
}
