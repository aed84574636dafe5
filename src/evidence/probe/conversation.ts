/** What kinds of step share that hold a connection of their own: one deadline over all of it, and one way to say what went wrong. */
import type { DialOptions, Endpoint, Line } from "../../base/ports.ts";
import { transportFailure, type TransportReason } from "../../base/http/client.ts";
import { isTargets } from "../reasons.ts";
import type { AttemptContext, StepFailure } from "./step_kind.ts";

/** What a step does with its time. */
export interface Conversation {
  /** Aborts once the time is over, or the caller has given up. */
  signal: AbortSignal;
  /** Says what it is going to wait for, as it would be said if it did not come: "answer". */
  await(what: string): void;
  /** Connects, and counts that as a request. */
  connect(to: Endpoint, options?: Omit<DialOptions, "signal">): Promise<Line>;
  /** What the transport throws is its own, and no bug of the step's. */
  over<T>(transport: Promise<T>): Promise<T>;
}

/** What came of it. */
export type Conversed<T> = { kind: "answer"; value: T } | { kind: "failure"; failure: StepFailure };

/** Something that the transport threw. */
class Broken extends Error {
  constructor(cause: unknown) {
    super("the transport broke", { cause });
  }
}

/** Thrown by a step that knows how it failed. */
export class StepFailed extends Error {
  constructor(readonly failure: StepFailure) {
    super(failure.detail);
  }
}

/** An answer that was no good: the target's own, though a request was answered. */
export const badAnswer = (detail: string): StepFailed =>
  new StepFailed({ reason: "body", detail, transport: true });

/**
 * Holds a conversation within the attempt's time. It is settled at the deadline, or when the caller gives up, whatever the transport does; all
 * connections are closed then. Throws what is a bug of ours.
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

/** Why a step failed whose transport did. */
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
