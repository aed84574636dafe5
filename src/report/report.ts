/** REPORTED: what a service claims of itself, normalised from any dialect. */

/** The states a claim can have. `unreachable`, `unreadable` and `unknown` are ours: no claim could be had. */
export type ReportState =
  | "starting"
  | "ready"
  | "degraded"
  | "draining"
  | "not_ready"
  | "unreachable"
  | "unreadable"
  | "unknown";

/** Which question the source was asked; only `liveness` makes no readiness claim. */
export const QUESTIONS = [
  "liveness",
  "readiness",
  "startup",
  "aggregate",
  "status_page",
  "lb",
  "push",
] as const;
/** One of {@linkcode QUESTIONS}. */
export type Question = (typeof QUESTIONS)[number];

/** What a subsystem is about. */
export type Layer = "process" | "dependency" | "state" | "policy";

/** One of the claims an answer was made of; all are kept, because they may disagree. */
export interface Claim {
  source: "code" | "body" | "header" | "frame";
  state: ReportState;
  raw: string;
}

/**
 * A part of the service that its report names; `name` joins nested parts with `/`. A part that is not `required` can
 * degrade the whole at most, and says nothing at all while it is `unknown`.
 */
export interface Subsystem {
  name: string;
  state: ReportState;
  layer: Layer;
  required: boolean;
  message?: string;
}

/** What a dialect makes of one answer, before the claims are folded. */
export interface Reading {
  claims: Claim[];
  subsystems?: Subsystem[];
  /** Overrides the question that the path suggests. */
  question?: Question;
  /** `not_ready` in a word that the dialect defines as "starting or draining"; history resolves it. */
  phase?: "unclear";
  version?: string;
  /** Epoch ms: the time inside the payload. */
  reportedAt?: number;
}

/** A normalised report. */
export interface Report {
  state: ReportState;
  dialect: string;
  /** `declared` in the config, `recognised` by its shape, or read from the status `code` alone. */
  confidence: "declared" | "recognised" | "code";
  question: Question;
  phase?: "unclear";
  httpStatus?: number;
  claims: Claim[];
  /** One sentence for each disagreement inside the report; a finding by itself. */
  contradictions: string[];
  subsystems: Subsystem[];
  version?: string;
  /** Epoch ms: the time inside the payload, or the age that a cache admits to. */
  reportedAt?: number;
  retryAfterMs?: number;
  /** Why it is `unreachable`, `unreadable` or `unknown`: a short word and what was seen. */
  reason?: string;
  /** Epoch ms when it was asked. */
  at: number;
  durationMs: number;
}

/** An answer as a dialect sees it; `json` only if the body is JSON and at most 32 levels deep. */
export interface Answer {
  url: URL;
  status: number;
  headers: Headers;
  text: string;
  json?: unknown;
}

/** How a dialect wants to be asked where a GET will not do; `headers` go over the recipe's, and under the source's own. */
export interface Asking {
  method: string;
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

/**
 * One way of saying "ready". `recognise` is asked in table order; `read` may return null: no readable claim. `request`
 * is sent where the dialect is declared.
 */
export interface Dialect {
  name: string;
  request?: Asking;
  recognise(answer: Answer): boolean;
  read(answer: Answer): Reading | null;
}
