import type { Step } from "../../config/config.ts";
import type { ConfigAuthKind, ConfigStepKind } from "../../config/kinds.ts";
import type { Run, Scope, Template } from "../../config/expression/mod.ts";
import type { HttpRequest } from "../../base/http/client.ts";
import type { AnswerHeaders, Ports } from "../../base/ports.ts";
import type { CookieJar } from "./cookies.ts";
import type { TraceContext } from "./trace_context.ts";
import type { Failure, StepTrace } from "./observation.ts";

/** What the steps of one run share. Captures and cookies grow as it goes. */
export interface RunContext {
  ports: Ports;
  run: Run;
  /** The target's URL; may hold `${env:NAME}`. */
  baseUrl: string;
  captures: Record<string, unknown>;
  /** The names of those captures that nothing may show. */
  secretCaptures: ReadonlySet<string>;
  /** Cookies belong to the run and not to a kind: whatever begins as an HTTP request sends them. */
  jar: CookieJar;
  auths: readonly AuthKind[];
  /** What kinds of auth keep over the rounds of a prober, by their settings. */
  tokens: WeakMap<object, unknown>;
  /** Texts that were given to this run or made for it, and that nothing may show. */
  hidden: Set<string>;
  /** What requests carry as their trace, if the check wants it. */
  traceContext?: TraceContext;
  /** Runs work where the prober has a further connection to the target to spare, and else does nothing. */
  tryRun(work: () => Promise<void>): Promise<void>;
  /** Where the last answer came from: a relative URL is one beside it. */
  location: { url?: URL };
  /** Steady ms (`clock.elapsed()`) at which all must be over. */
  deadline: number;
  signal?: AbortSignal;
}

/** One attempt at one step: `deadline` is the attempt's own. */
export interface AttemptContext extends RunContext {
  /** Numbers the steps of a run, cleanup included, from 0. */
  index: number;
  /** The time that a step with `repeat` is taken, from 1. */
  time: number;
  /** The kind counts its requests here, each before it is sent. */
  trace: StepTrace;
}

/** The last request of an attempt, and its answer if one came: not yet redacted or cut. */
export interface StepExchange {
  /** Of what is no HTTP the method is a word such as `connect`, and the URL says where. */
  request: { method: string; url: URL; headers: Record<string, string> };
  /** Only HTTP has a status. */
  answer?: { status?: number; headers: AnswerHeaders; readonly text: string };
}

/** Why a step did not hold: not yet named, redacted or cut. */
export interface StepFailure extends Omit<Failure, "step" | "request" | "answer"> {
  /** A request got no complete answer. */
  transport?: boolean;
  exchange?: StepExchange;
}

/**
 * What one attempt came to: an answer to hold the expectations against, and what is shown with one that does not hold; or why there is none.
 */
export type AttemptResult =
  & { exchange?: StepExchange }
  & ({ kind: "answer"; scope: Scope; shown?: Record<string, string> } | {
    kind: "failure";
    failure: StepFailure;
  });

/**
 * One way to take a step. Polling, expectations and captures are the journey's; a kind asks, and says what came. Whatever it
 * dials, it dials through `ports`, whose diallers are guarded.
 */
export interface StepKind<Fields extends object = object> extends ConfigStepKind<Fields> {
  /** What it needs of the ports beside `fetch`. */
  readonly needs?: "dial" | "openWebSocket";
  /** Is over at `context.deadline`, or when `context.signal` aborts. What it throws is a bug of ours. */
  run(context: AttemptContext, step: Step & Fields): Promise<AttemptResult>;
}

/** What authorizing a request takes: one of a step, or of a report. */
export type AskContext = Pick<
  AttemptContext,
  "ports" | "baseUrl" | "captures" | "run" | "auths" | "tokens" | "hidden" | "deadline" | "signal" | "trace"
>;

/** What a kind of auth has of the attempt that it signs. */
export interface AuthContext extends AskContext {
  /** Epoch ms. */
  now: number;
  /** The text of a template with its secrets; throws `TemplateError`. */
  fill(template: Template): string;
  /** From here on nothing of this run shows this text. */
  hide(text: string): void;
}

/** A request with what it needs to be let in, or why there is none. */
export type Authorization = { kind: "request"; request: HttpRequest } | {
  kind: "failure";
  failure: StepFailure;
};

/** One way to be let in. It is asked anew for each request, redirects included. */
export interface AuthKind<Settings extends object = object> extends ConfigAuthKind<Settings> {
  /** What it throws is a bug of ours, but for `TemplateError` and `ConfigFault`. */
  authorize(request: HttpRequest, settings: Settings, context: AuthContext): Promise<Authorization>;
  /** Called after a 401: whether the same request may pass if it is authorized anew. */
  renew?(settings: Settings, context: AskContext): boolean;
}
