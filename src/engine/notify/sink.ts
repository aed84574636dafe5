/**
 * The contract of a sink, one kind of receiver. The outbox does not depend on kinds: it claims a notice, lets
 * the sink deliver it, and turns the answer into a receipt. Sinks are in `sinks/`; most send one request by
 * `overHttp`.
 *
 *     event -> render -> deliver -> answer -> receipt (retry.ts)
 */
import type { Ports } from "../../base/ports.ts";
import type { ConfigSinkKind } from "../../config/kinds.ts";
import type { WebhookEvent } from "./event.ts";

/**
 * Result of one delivery. `deferred`: the receiver asks for a retry. `unanswered`: no answer, or nothing
 * could be sent. `rejected`: a retry of this notice is useless. `gone`: the receiver accepts no notices any
 * more.
 */
export interface SinkAnswer {
  kind: "delivered" | "deferred" | "unanswered" | "rejected" | "gone";
  /** The HTTP status, if the answer has one. */
  status?: number;
  /** The receiver as it may be shown: an origin, never a path or query. */
  receiver?: string;
  /** Why it was not delivered: one line, without secrets. */
  detail?: string;
  /** The wait the receiver asks for, ms. */
  retryAfterMs?: number;
}

/** One message to deliver. */
export interface SinkMessage {
  /** Idempotency key: the same for all retries. */
  id: string;
  /** The sink's own rendering; the same for all retries. */
  body: string;
  /** The event that `body` renders. */
  event: WebhookEvent;
}

/** What a sink may use to deliver; times in ms. */
export interface SinkPorts
  extends Pick<Ports, "clock" | "fetch" | "secrets" | "sendMail" | "sendPlatformMail"> {
  deadlineMs: number;
}

/** The environment that `check` validates settings against. */
export interface SinkEnvironment extends Pick<Ports, "secrets"> {
  allowPrivate: boolean;
}

/** A receiver's rate limit: `burst` requests at once, then one per `everyMs`. */
export interface SinkRate {
  burst: number;
  everyMs: number;
}

/**
 * One kind of receiver. `Settings` has passed its schema; the fields listed in `secrets` may hold
 * `${env:NAME}`.
 */
export interface Sink<Settings = unknown> extends ConfigSinkKind {
  /** The receiver's documented rate limit; absent: unlimited. */
  readonly rate?: SinkRate;
  /** The receiver keeps one state per incident, so a newer notice replaces an unsent older one. */
  readonly keepsState?: boolean;
  /** Default: incidents are grouped unless a route opts out. "asked": only if a route has `groupBy`. */
  readonly grouping?: "asked" | "never";
  /** The receiver forgets an open incident unless the notice is repeated this often, ms. */
  readonly repeatMs?: number;
  /** Deadline of one delivery, ms, if it differs from the outbox's. */
  readonly deadlineMs?: number;
  /**
   * Why every notice would fail, if so: one sentence without secrets. Errors it throws must be such a
   * sentence too.
   */
  check(settings: Settings, environment: SinkEnvironment): string | undefined | Promise<string | undefined>;
  /** Renders an event within the receiver's limits and without secrets. Deterministic. */
  render(event: WebhookEvent, settings: Settings): string;
  /**
   * Sends a message once. The outbox abandons it soon after the deadline; an error counts as `unanswered`.
   */
  deliver(message: SinkMessage, settings: Settings, ports: SinkPorts): Promise<SinkAnswer>;
}

/** The sink of a kind. Throws if there is none, which a validated config excludes. */
export function findSink(sinks: readonly Sink[], kind: string): Sink {
  const found = sinks.find((sink) => sink.kind === kind);
  if (!found) throw new Error(`no sink of kind ${kind}`);
  return found;
}
