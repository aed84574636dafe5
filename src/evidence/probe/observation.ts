import type { ExchangeTrace, PeerCertificate } from "../../base/ports.ts";
import type { Reason } from "../reasons.ts";

/** OBSERVED: what a journey saw, from one prober, in one slot. */

/** `slow` passed over `latencyBudget`; `error` is the prober's own fault, never the target's. */
export const JOURNEY_OUTCOMES = ["pass", "slow", "fail", "error"] as const;
/** One of {@linkcode JOURNEY_OUTCOMES}. */
export type JourneyOutcome = (typeof JOURNEY_OUTCOMES)[number];

/** A captured value that must agree is so long at most: of a longer one the end is a digest. */
export const CAPTURED_CHARS = 80;

/** What a cleanup can come to. */
export const CLEANUP_OUTCOMES = ["pass", "fail", "error"] as const;

/** Why a journey did not pass; whose fault each is, reasons.ts says. */
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
  // Said by versions before this one, of what is a `limit` now: in stored rounds, and by probers not yet upgraded.
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
  /** Sub-expressions of the failed expectation and what they were. */
  values?: Record<string, string>;
  /** The last request of the step, as it was sent. */
  request?: SentRequest;
  /** What it was answered; absent: no answer came. */
  answer?: AnswerExcerpt;
}

/** A request as far as it may be shown: free of secrets, headers by name, without its body. */
export interface SentRequest {
  /** HTTP method; of what is no HTTP a word such as `connect`. */
  method: string;
  /** The whole URL. */
  url: string;
  /** Those of an allow-list. */
  headers: Record<string, string>;
}

/** The most informative 1 kB of an answer, without secrets. */
export interface AnswerExcerpt {
  /** HTTP status code; absent: it is no HTTP. */
  status?: number;
  /** Those that tell something. */
  headers: Record<string, string>;
  /** Of its body, around what the expectation looked at. */
  excerpt?: string;
}

/** One step as it was walked. */
export interface StepTrace {
  /** As the config names it. */
  name: string;
  /** HTTP status code of its last answer. */
  status?: number;
  /** What else came, in our own words, of a step that is no HTTP request: "3 records", "2 of 10 ok". */
  note?: string;
  /** Requests sent, or refused by the guard: polls and redirect hops included. */
  requests: number;
  /** Until the headers of the last answer, ms. */
  headersMs?: number;
  /** Its `onlyIf` did not hold. */
  skipped?: boolean;
  /** Polls and redirects included, ms. */
  totalMs: number;
  /** Of the last request, where the transport can tell. */
  wire?: WireTrace;
}

/** What is kept of an {@linkcode ExchangeTrace}. */
export interface WireTrace extends Omit<ExchangeTrace, "requests" | "certificate"> {
  /** The server's, over https. */
  certificate?: Omit<PeerCertificate, "names">;
}

/** The proof. */
export interface Observation {
  /** What the journey came to. */
  outcome: JourneyOutcome;
  /** Why it did not pass. */
  failure?: Failure;
  /** The failure is a request without a complete HTTP answer; the prober's controls tell whose fault that is. */
  transport: boolean;
  /** In the order in which they were walked. */
  steps: StepTrace[];
  /** Of the trace that its requests carried (W3C Trace Context): 32 hexadecimal digits. */
  traceId?: string;
  /** ms over all steps, cleanup not included. */
  totalMs: number;
  /** What it captured of what must agree across regions, by name: bounded texts, never of a secret capture. */
  captured?: Record<string, string>;
  /** Cleanup's own verdict; it never changes `outcome`. */
  cleanup?: { outcome: (typeof CLEANUP_OUTCOMES)[number]; failure?: Failure };
}
