/** Shared by step kinds with their own connections: one deadline, and uniform failures. */
import type { DialOptions, Endpoint, Line } from "../../base/ports.ts";
import { transportFailure, type TransportReason } from "../../base/http/client.ts";
import { isTargets } from "../reasons.ts";
import type { AttemptContext, StepFailure } from "./step_kind.ts";

/** What a step can do within its time. */
export interface Conversation {
  /** Aborts when the conversation ends, for whatever reason. */
  signal: AbortSignal;
  /** Sets what the step waits for next, such as "answer", for the message of a timeout. */
  await(what: string): void;
  /** Connects, and counts that as a request. */
  connect(to: Endpoint, options?: Omit<DialOptions, "signal">): Promise<Line>;
  /** Marks errors of a promise as transport failures, so that they do not count as bugs of the step. */
  over<T>(transport: Promise<T>): Promise<T>;
}

/** The result of a conversation. */
export type Conversed<T> = { kind: "answer"; value: T } | { kind: "failure"; failure: StepFailure };

/** Wraps an error of the transport. */
class Broken extends Error {
  constructor(cause: unknown) {
    super("the transport broke", { cause });
  }
}

/** Thrown by a step to fail in a known way. */
export class StepFailed extends Error {
  constructor(readonly failure: StepFailure) {
    super(failure.detail);
  }
}

/** The failure for a malformed answer, which counts as a transport failure. */
export const badAnswer = (detail: string): StepFailed =>
  new StepFailed({ reason: "body", detail, transport: true });

/**
 * Runs `talk` within the attempt's time. Settles at the deadline or when the caller aborts, whatever the
 * transport does, and then closes all connections. Errors that it throws are our bugs.
 */
export async function converse<T>(
  context: AttemptContext,
  talk: (conversation: Conversation) => Promise<T>,
): Promise<Conversed<T>> {
  const { ports: { clock }, deadline, signal } = context;
  const leftMs = deadline - clock.elapsed();
  if (leftMs <= 0) return fail({ reason: "timeout", detail: "no time was left for this step" });
  const abort = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<Conversed<T>>();
  let awaited = "answer";
  const disarm = clock.after(leftMs, () => {
    const detail = `no ${awaited} within ${Math.round(leftMs)} ms`;
    resolve(fail({ reason: "timeout", detail, transport: true }));
  });
  const cancel = () => resolve(fail({ reason: "deadline", detail: "gave up before the step was over" }));
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  talk(conversationOf(context, abort.signal, (what) => awaited = what)).then(
    (value) => resolve({ kind: "answer", value }),
    (error) => {
      if (error instanceof StepFailed) resolve(fail(error.failure));
      else if (error instanceof Broken) {
        resolve(fail(failureOfTransport(transportFailure(error.cause, false))));
      } else reject(error);
    },
  );
  try {
    return await promise;
  } finally {
    disarm();
    signal?.removeEventListener("abort", cancel);
    abort.abort();
  }
}

const fail = (failure: StepFailure) => ({ kind: "failure" as const, failure });

/** Converts a transport failure to a step failure. */
export function failureOfTransport(
  { reason, detail }: { reason: TransportReason; detail: string },
): StepFailure {
  if (reason === "cancelled") return { reason: "deadline", detail };
  return { reason, detail, ...(isTargets(reason) && { transport: true }) };
}

function conversationOf(
  { ports, trace }: AttemptContext,
  signal: AbortSignal,
  awaits: (what: string) => void,
): Conversation {
  const over = async <T>(transport: Promise<T>): Promise<T> => {
    try {
      return await transport;
    } catch (error) {
      throw new Broken(error);
    }
  };
  return {
    signal,
    await: awaits,
    over,
    async connect(to, options) {
      const { dial } = ports;
      if (!dial) throw new Error("Cannot connect: this build holds no dialler");
      trace.requests++;
      awaits(`connection to ${to.host}:${to.port}`);
      const line = await over(dial(to, { ...options, signal }));
      return {
        trace: line.trace,
        security: line.security,
        read: () => over(line.read()),
        write: (bytes) => over(line.write(bytes)),
        close: () => line.close(),
      };
    },
  };
}
