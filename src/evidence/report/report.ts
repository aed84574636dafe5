import type { AnswerHeaders, Secrets } from "../../base/ports.ts";
import type { AwsAccess } from "../../config/config.ts";
import type { Question } from "../../config/question.ts";

/** REPORTED: what a service claims of itself, normalised from any dialect. */

/** The states a claim can have. `unreachable`, `unreadable` and `unknown` are ours: no claim could be had. */
export const REPORT_STATES = [
  "starting",
  "ready",
  "degraded",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
] as const;
/** One of {@linkcode REPORT_STATES}. */
export type ReportState = (typeof REPORT_STATES)[number];

/** What a subsystem is about. */
export const LAYERS = ["process", "dependency", "state", "policy"] as const;
/** One of {@linkcode LAYERS}. */
export type Layer = (typeof LAYERS)[number];

/** Where in an answer a claim stands. */
export const CLAIM_SOURCES = ["code", "body", "header", "frame"] as const;

/** How sure it is which dialect was read. */
export const CONFIDENCES = ["declared", "recognised", "code"] as const;

/** One of the claims an answer was made of; all are kept, because they may disagree. */
export interface Claim {
  /** Where in the answer it stands. */
  source: (typeof CLAIM_SOURCES)[number];
  /** What it claims. */
  state: ReportState;
  /** As the service wrote it. */
  raw: string;
  /** The name of the source, where the report is made of several. */
  from?: string;
}

/**
 * A part of the service that its report names; `name` joins nested parts with `/`. A part that is not `required` can
 * degrade the whole at most, and says nothing at all while it is `unknown`.
 */
export interface Subsystem {
  /** Nested parts are joined with `/`. */
  name: string;
  /** What the report claims of it. */
  state: ReportState;
  /** What it is about. */
  layer: Layer;
  /** Whether it can make the whole not ready. */
  required: boolean;
  /** Why, as the service wrote it. */
  message?: string;
}

/** What a dialect makes of one answer, before the claims are folded. */
export interface Reading {
  /** At least one. */
  claims: Claim[];
  /** The parts that the answer names. */
  subsystems?: Subsystem[];
  /** Overrides the question that the path suggests. */
  question?: Question;
  /** `not_ready` in a word that the dialect defines as "starting or draining"; history resolves it. */
  phase?: "unclear";
  /** Version or config revision of the service. */
  version?: string;
  /** Epoch ms: the time inside the payload. */
  reportedAt?: number;
}

/** What one of several sources came to. */
export interface SourceReport {
  /** The source's name. */
  name: string;
  /** What it claims. */
  state: ReportState;
  /** As in the report. */
  phase?: "unclear";
  /** The question that was asked. */
  question: Question;
  /** The dialect that was read. */
  dialect: string;
  /** HTTP status code, if there was an answer. */
  httpStatus?: number;
  /** Why there is no claim. */
  reason?: string;
}

/** A normalised report. */
export interface Report {
  /** The worst of its claims. */
  state: ReportState;
  /** The dialect that was read. */
  dialect: string;
  /** `declared` in the config, `recognised` by its shape, or read from the status `code` alone. */
  confidence: (typeof CONFIDENCES)[number];
  /** The question that was asked. */
  question: Question;
  /** `not_ready` in a word for "starting or draining"; history resolves it. */
  phase?: "unclear";
  /** HTTP status code, if there was an answer. */
  httpStatus?: number;
  /** All that it was made of. */
  claims: Claim[];
  /** One sentence for each disagreement inside the report; a finding by itself. */
  contradictions: string[];
  /** The parts that it names. */
  subsystems: Subsystem[];
  /** Version or config revision of the service. */
  version?: string;
  /** Epoch ms: the time inside the payload, or the age that a cache admits to. */
  reportedAt?: number;
  /** How long the service asks to wait, ms. */
  retryAfterMs?: number;
  /** Why it is `unreachable`, `unreadable` or `unknown`: a short word and what was seen. Of any other: what it lacks as a claim. */
  reason?: string;
  /** Epoch ms when it was asked. */
  at: number;
  /** How long the answer took, ms. */
  durationMs: number;
  /** Each of its sources, where it is made of several (sources.ts). */
  sources?: SourceReport[];
}

/** An answer as a dialect sees it; `json` only if the body is JSON and at most 32 levels deep. */
export interface ReportAnswer {
  /** What was asked. */
  url: URL;
  /** HTTP status code. */
  status: number;
  /** The answer's headers. */
  headers: AnswerHeaders;
  /** The decoded body. */
  text: string;
  /** The parsed body. */
  json?: unknown;
}

/** How a dialect wants to be asked where a GET will not do; `headers` go over the recipe's, and under the source's own. */
export interface RequestSpec {
  /** HTTP method. */
  method: string;
  /** By name in lower case. */
  headers: Record<string, string>;
  /** What is sent. */
  body: string | Uint8Array<ArrayBuffer>;
  /** The AWS service whose API this is: the request is signed for it. */
  awsService?: string;
}

/** What a source may be asked about in particular. */
export interface AskOptions {
  /** A gRPC service; absent: the whole server. */
  service?: string;
  /** Which target group, and by whose keys. */
  aws?: AwsAccess;
}

/** Headers that sign a request for an AWS API as of `at` (epoch ms); throws if a key is not set. */
export type RequestSigner = (
  spec: RequestSpec & { service: string },
  options: { url: URL; access: AwsAccess; secrets: Secrets; at: number },
) => Promise<Record<string, string>>;

/** What is to be said of a service; texts may hold anything, `write` (write.ts) cuts and cleans them. */
export interface Statement {
  /** What is claimed of the whole. */
  state: ReportState;
  /** Of the service. */
  name?: string;
  /** Why, in one line. */
  reason?: string;
  /** Epoch ms: as of when. */
  at?: number;
  /** Of the service. */
  version?: string;
  /** Its parts. */
  subsystems?: Subsystem[];
}

/** A statement as a dialect receives it: in states that it expresses, in short texts, `name` always there. */
export interface WriteInput extends Statement {
  /** Of the service. */
  name: string;
  /** Its parts, perhaps none. */
  subsystems: Subsystem[];
}

/** An answer as a dialect writes it. */
export interface WriteOutput {
  /** HTTP status code. */
  status: number;
  /** By name in lower case. */
  headers: Record<string, string>;
  /** The body. */
  body: string | Uint8Array<ArrayBuffer>;
}

/**
 * The states that a dialect can say so that it reads them back: of the `whole`, and of its `parts` where it shows any.
 * `degraded` may be said by the mark `x-envoy-degraded` alone.
 */
export interface Expresses {
  /** Of the whole service. */
  whole: readonly ReportState[];
  /** Of its parts. */
  parts?: readonly ReportState[];
}

/**
 * One way of saying "ready". `recognise` is asked in table order; `read` may return null: no readable claim. `request`
 * is sent where the dialect is declared, and by `auto` to a path that only this dialect has; undefined: the usual GET. A dialect that platforms consume has `expresses` and `write`, which is only asked
 * through write.ts.
 */
export interface Dialect {
  /** As the config names it. */
  name: string;
  /** Paths that no other product answers. */
  path?: RegExp;
  /** Its usual answers are over 64 KiB, so up to 1 MiB are read; by `auto` on `path` only. */
  isBulky?: boolean;
  /** How to ask, where a GET will not do. */
  request?(options: AskOptions): RequestSpec | undefined;
  /** Whether the answer has this dialect's shape. */
  recognise(answer: ReportAnswer): boolean;
  /** What the answer claims; null: nothing readable. */
  read(answer: ReportAnswer): Reading | null;
  /** The states that it can say. */
  expresses?: Expresses;
  /** Says a statement in this dialect. */
  write?(input: WriteInput): WriteOutput;
}
