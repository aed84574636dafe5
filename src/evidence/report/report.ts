import type { AnswerHeaders, Secrets } from "../../base/ports.ts";
import type { AwsAccess } from "../../config/config.ts";
import type { Question } from "../../config/question.ts";

/** REPORTED: what a service claims about itself, normalised from any dialect. */

/**
 * The states of a claim. `unreachable`, `unreadable` and `unknown` are set by Assay, and mean that there is
 * no claim.
 */
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

/** What a subsystem belongs to. */
export const LAYERS = ["process", "dependency", "state", "policy"] as const;
/** One of {@linkcode LAYERS}. */
export type Layer = (typeof LAYERS)[number];

/** Where in an answer a claim was found. */
export const CLAIM_SOURCES = ["code", "body", "header", "frame"] as const;

/** How the dialect was chosen. */
export const CONFIDENCES = ["declared", "recognised", "code"] as const;

/** One claim in an answer. All are kept, because they may disagree. */
export interface Claim {
  /** Where in the answer it was found. */
  source: (typeof CLAIM_SOURCES)[number];
  /** The state that it claims. */
  state: ReportState;
  /** The original text. */
  raw: string;
  /** The name of its source, in a report of several. */
  from?: string;
}

/**
 * A part of the service that its report names. A part that is not `required` can degrade the whole at most,
 * and has no effect while it is `unknown`.
 */
export interface Subsystem {
  /** Nested names are joined with `/`. */
  name: string;
  /** The state that the report claims for it. */
  state: ReportState;
  /** What it belongs to. */
  layer: Layer;
  /** Whether it can make the whole not ready. */
  required: boolean;
  /** The service's own explanation. */
  message?: string;
}

/** A dialect's reading of one answer, before its claims are merged. */
export interface Reading {
  /** At least one. */
  claims: Claim[];
  /** The parts that the answer names. */
  subsystems?: Subsystem[];
  /** Overrides the question that the path suggests. */
  question?: Question;
  /** Set if `not_ready` means "starting or draining" in the dialect; history distinguishes them. */
  phase?: "unclear";
  /** Version or config revision of the service. */
  version?: string;
  /** The time in the payload, epoch ms. */
  reportedAt?: number;
}

/** The result of one of several sources. */
export interface SourceReport {
  /** The source's name. */
  name: string;
  /** The state that it claims. */
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
  /** Set if `not_ready` means "starting or draining"; history distinguishes them. */
  phase?: "unclear";
  /** HTTP status code, if there was an answer. */
  httpStatus?: number;
  /** All claims that it was made from. */
  claims: Claim[];
  /** One sentence for each disagreement within the report, which is a finding in itself. */
  contradictions: string[];
  /** The parts that it names. */
  subsystems: Subsystem[];
  /** Version or config revision of the service. */
  version?: string;
  /** The time in the payload, or that of a cached answer by its `Age`, epoch ms. */
  reportedAt?: number;
  /** How long the service asks to wait, ms. */
  retryAfterMs?: number;
  /**
   * For `unreachable`, `unreadable` and `unknown`: a reason and what was found. For any other state: why the
   * claim is weak.
   */
  reason?: string;
  /** When it was requested, epoch ms. */
  at: number;
  /** How long the answer took, ms. */
  durationMs: number;
  /** Its sources, if it combines several (sources.ts). */
  sources?: SourceReport[];
}

/** An answer as a dialect sees it; `json` only if the body is JSON and at most 32 levels deep. */
export interface ReportAnswer {
  /** The requested URL. */
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

/**
 * The request of a dialect that needs more than a GET. Its `headers` override the defaults, and the source's
 * override both.
 */
export interface RequestSpec {
  /** HTTP method. */
  method: string;
  /** By name in lower case. */
  headers: Record<string, string>;
  /** The request body. */
  body: string | Uint8Array<ArrayBuffer>;
  /** The AWS service to sign the request for. */
  awsService?: string;
}

/** Options of a source for particular dialects. */
export interface AskOptions {
  /** The gRPC service to ask about; absent: the whole server. */
  service?: string;
  /** The target group, and the keys to sign with. */
  aws?: AwsAccess;
}

/** Headers that sign a request for an AWS API as of `at` (epoch ms); throws if a key is not set. */
export type RequestSigner = (
  spec: RequestSpec & { service: string },
  options: { url: URL; access: AwsAccess; secrets: Secrets; at: number },
) => Promise<Record<string, string>>;

/** A statement about a service. Texts may hold anything: `write` (write.ts) truncates and cleans them. */
export interface Statement {
  /** The state of the whole service. */
  state: ReportState;
  /** The name of the service. */
  name?: string;
  /** Why, in one line. */
  reason?: string;
  /** The time of the statement, epoch ms. */
  at?: number;
  /** The version of the service. */
  version?: string;
  /** Its parts. */
  subsystems?: Subsystem[];
}

/**
 * A statement as passed to a dialect: in states that it can express, with short texts and always a `name`.
 */
export interface WriteInput extends Statement {
  /** The name of the service. */
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
 * The states that a dialect can write and read back: of the `whole`, and of its `parts` if it shows any.
 * `degraded` may be expressed by the header `x-envoy-degraded` alone.
 */
export interface Expresses {
  /** States of the whole service. */
  whole: readonly ReportState[];
  /** States of its parts. */
  parts?: readonly ReportState[];
}

/**
 * One format of health reports. `recognise` is called in table order. `request` is used if the dialect is
 * declared, and by `auto` for a path that only this dialect has. A dialect that platforms consume has
 * `expresses` and `write`, which is only called through write.ts.
 */
export interface Dialect {
  /** Its name in the config. */
  name: string;
  /** Paths that no other product answers. */
  path?: RegExp;
  /** Whether answers usually exceed 64 KiB, so that up to 1 MiB is read; with `auto` only on `path`. */
  isBulky?: boolean;
  /** The request to send; undefined: a GET. */
  request?(options: AskOptions): RequestSpec | undefined;
  /** Whether the answer has this dialect's shape. */
  recognise(answer: ReportAnswer): boolean;
  /** The claims of the answer; null if it has no readable claim. */
  read(answer: ReportAnswer): Reading | null;
  /** The states that it can express. */
  expresses?: Expresses;
  /** Writes a statement in this dialect. */
  write?(input: WriteInput): WriteOutput;
}
