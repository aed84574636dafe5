import type { Step } from "../../config/config.ts";
import type { ConfigAuthKind, ConfigStepKind } from "../../config/kinds.ts";
import type { Run, Scope, Template } from "../../config/expression/mod.ts";
import type { HttpRequest } from "../../base/http/client.ts";
import type { AnswerHeaders, Ports } from "../../base/ports.ts";
import type { CookieJar } from "./cookies.ts";
import type { TraceContext } from "./trace_context.ts";
import type { Failure, StepTrace } from "./observation.ts";

/** State that the steps of one run share. Steps add captures and cookies. */
export interface RunContext {
  ports: Ports;
  run: Run;
  /** The target's URL; may hold `${env:NAME}`. */
  baseUrl: string;
  /** Further origins of the target: `hosts` of its config. */
  origins: readonly string[];
  captures: Record<string, unknown>;
  /** Names of captures that must never be shown. */
  secretCaptures: ReadonlySet<string>;
  /** The run's cookies; every kind that starts with an HTTP request sends them. */
  jar: CookieJar;
  auths: readonly AuthKind[];
  /** Tokens that auth kinds keep across a prober's rounds, by their settings. */
  tokens: WeakMap<object, unknown>;
  /** Secret texts that this run received or made; never show them. */
  hidden: Set<string>;
  /** The trace context of requests, if the check enables it. */
  traceContext?: TraceContext;
  /** Runs work if the prober can spare another connection to the target, and otherwise does nothing. */
  tryRun(work: () => Promise<void>): Promise<void>;
  /** The URL of the last answer, against which relative URLs are resolved. */
  location: { url?: URL };
  /** When the run must end, in `clock.elapsed()` ms. */
  deadline: number;
  signal?: AbortSignal;
}

/** One attempt at a step, with its own `deadline`. */
export interface AttemptContext extends RunContext {
  /** Number of the step in the run, including cleanup, from 0. */
  index: number;
  /** The iteration of a step with `repeat`, from 1. */
  time: number;
  /** The kind counts each request here before sending it. */
  trace: StepTrace;
}

/** The last request of an attempt, and its answer if there was one; not yet redacted or truncated. */
export interface StepExchange {
  /** Without HTTP, `method` is a word such as `connect` and `url` names the endpoint. */
  request: { method: string; url: URL; headers: Record<string, string> };
  /** Only HTTP has a status. */
  answer?: { status?: number; headers: AnswerHeaders; readonly text: string };
}

/** Why a step failed; not yet redacted or truncated, and without the step's name. */
export interface StepFailure extends Omit<Failure, "step" | "request" | "answer"> {
  /** Whether a request got no complete answer. */
  transport?: boolean;
  exchange?: StepExchange;
}

/**
 * The result of an attempt: an answer for the expectations, with values to show beside a failed one, or the
 * reason for having none.
 */
export type AttemptResult =
  & { exchange?: StepExchange }
  & ({ kind: "answer"; scope: Scope; shown?: Record<string, string> } | {
    kind: "failure";
    failure: StepFailure;
  });

/**
 * A kind of step. It sends requests and returns the answer; the journey does polling, expectations and
 * captures. It must connect through `ports`, whose diallers are guarded.
 */
export interface StepKind<Fields extends object = object> extends ConfigStepKind<Fields> {
  /** The port that it needs besides `fetch`. */
  readonly needs?: "dial" | "openWebSocket";
  /**
   * Must end at `context.deadline`, or when `context.signal` aborts. Errors that it throws count as our bugs.
   */
  run(context: AttemptContext, step: Step & Fields): Promise<AttemptResult>;
}

/** What is needed to authorize a request of a step or a report. */
export type AskContext = Pick<
  AttemptContext,
  "ports" | "baseUrl" | "captures" | "run" | "auths" | "tokens" | "hidden" | "deadline" | "signal" | "trace"
>;

/** The context in which an auth kind authorizes a request. */
export interface AuthContext extends AskContext {
  /** Epoch ms. */
  now: number;
  /** Renders a template with its secrets. Throws `TemplateError`. */
  fill(template: Template): string;
  /** Hides a text in everything that this run shows from now on. */
  hide(text: string): void;
}

/** The authorized request, or why there is none. */
export type Authorization = { kind: "request"; request: HttpRequest } | {
  kind: "failure";
  failure: StepFailure;
};

/** A kind of authorization. It authorizes every request, including redirects. */
export interface AuthKind<Settings extends object = object> extends ConfigAuthKind<Settings> {
  /** Errors other than `TemplateError` and `ConfigFault` count as our bugs. */
  authorize(request: HttpRequest, settings: Settings, context: AuthContext): Promise<Authorization>;
  /** Called after a 401. Returns whether to authorize and send the request once more. */
  renew?(settings: Settings, context: AskContext): boolean;
}
