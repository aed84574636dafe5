/**
 * The contract of a sink: one kind of receiver. The outbox knows no kind; it claims a notice, has its sink deliver it, and makes a
 * receipt of the answer. The family lies in `sinks/`; what is sent by one HTTP request takes `overHttp`.
 *
 *     event -> render -> deliver -> answer -> receipt (retry.ts)
 */
import type { Ports } from "../../base/ports.ts";
import type { ConfigSinkKind } from "../../config/kinds.ts";
import type { WebhookEvent } from "./event.ts";

/**
 * What came of one delivery. `deferred`: the receiver says "not now"; `unanswered`: it says nothing, or nothing could be sent to it;
 * `rejected`: it will never take this one; `gone`: it will never take any.
 */
export interface SinkAnswer {
  kind: "delivered" | "deferred" | "unanswered" | "rejected" | "gone";
  /** Of HTTP, if that is what it answered in. */
  status?: number;
  /** Who was asked, as far as it may be shown: an origin, never a path or a query. */
  receiver?: string;
  /** Why it is not delivered: one clear line, free of secrets. */
  detail?: string;
  /** For how long the receiver asks to be left alone, ms. */
  retryAfterMs?: number;
}

/** One notice on its way. */
export interface SinkMessage {
  /** Stable over retries: the key by which a receiver recognizes a repetition. */
  id: string;
  /** What the sink rendered; the same over retries. */
  body: string;
  /** Of which it was rendered. */
  event: WebhookEvent;
}

/** What a sink may use to deliver; times in ms. */
export interface SinkPorts
  extends Pick<Ports, "clock" | "fetch" | "secrets" | "sendMail" | "sendPlatformMail"> {
  deadlineMs: number;
}

/** What the settings of a sink are checked against, once the environment is known. */
export interface SinkEnvironment extends Pick<Ports, "secrets"> {
  allowPrivate: boolean;
}

/** How often a receiver takes a request: `burst` at once, and then one each `everyMs`. */
export interface SinkRate {
  burst: number;
  everyMs: number;
}

/** One kind of receiver. `Settings` is what passed its schema; the texts in its `secrets` may hold `${env:NAME}`. */
export interface Sink<Settings = unknown> extends ConfigSinkKind {
  /** As often as the receiver takes it; absent: it names no limit. */
  readonly rate?: SinkRate;
  /** It holds one state for each incident, so that a newer notice says all that an unsent older one would. */
  readonly keepsState?: boolean;
  /** When incidents that turn together are one message: where a route has `groupBy`, or never; absent: unless a route says otherwise. */
  readonly grouping?: "asked" | "never";
  /** It forgets an open incident unless the notice is repeated after so long, ms. */
  readonly repeatMs?: number;
  /** For one delivery, where it is not that of the outbox, ms. */
  readonly deadlineMs?: number;
  /** What would keep every notice from going out, in one sentence free of secrets. What it throws is such a sentence too. */
  check(settings: Settings, environment: SinkEnvironment): string | undefined | Promise<string | undefined>;
  /** What is sent for an event, within the receiver's limits and free of secrets. Always the same for the same event. */
  render(event: WebhookEvent, settings: Settings): string;
  /** Sends it once. The outbox gives it up soon after the deadline, and takes what it throws for `unanswered`. */
  deliver(message: SinkMessage, settings: Settings, ports: SinkPorts): Promise<SinkAnswer>;
}

/** The sink of a kind. Throws for one that is not in the table: what passed the config is. */
export function findSink(sinks: readonly Sink[], kind: string): Sink {
  const found = sinks.find((sink) => sink.kind === kind);
  if (!found) throw new Error(`there is no sink of kind ${kind}`);
  return found;
}
