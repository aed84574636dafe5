import type { Step } from "../../config/config.ts";
import { type Exchange, exchange, type Request } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Facts, Run } from "../../config/expression/mod.ts";
import { pause, type Ports } from "../../base/ports.ts";
import type { Jar } from "./cookies.ts";
import type { Failure, StepTrace } from "./observation.ts";
import { hop } from "./redirect.ts";
import { render } from "./request.ts";

/** No answer that a journey can judge is longer. */
const CAP_BYTES = 1 << 20;

/** What the steps of one run share. Captures and cookies grow as it goes. */
export interface Trip {
  ports: Ports;
  run: Run;
  baseUrl: string;
  captures: Record<string, unknown>;
  jar: Jar;
  /** Steady ms (`clock.elapsed()`) at which all must be over. */
  deadline: number;
  signal?: AbortSignal;
}

/** Why a step did not hold: not yet named, redacted or cut. */
export interface Fault extends Omit<Failure, "step"> {
  /** A request got no complete answer. */
  transport?: boolean;
}

/** A step as it went; `fault` is null if it held. */
export interface Taken {
  trace: StepTrace;
  fault: Fault | null;
}

/** Takes the step numbered `index`, with redirects and polls. Never throws: our own mistakes are faults named `bug`. */
export async function take(trip: Trip, step: Step, index: number): Promise<Taken> {
  const { clock } = trip.ports;
  const began = clock.elapsed();
  const trace: StepTrace = { name: step.name, requests: 0, totalMs: 0 };
  let fault: Fault | null;
  try {
    fault = step.until
      ? await poll(trip, step, step.until, index, trace)
      : await attempt(trip, step, index, trace, trip.deadline);
  } catch (error) {
    fault = { reason: "bug", detail: messageOf(error) };
  }
  trace.totalMs = clock.elapsed() - began;
  return { trace, fault };
}

/** Asking again cannot mend these. */
const FINAL = new Set<Fault["reason"]>(["template", "refused", "blocked", "platform", "deadline", "bug"]);

async function poll(
  trip: Trip,
  step: Step,
  { everyMs, withinMs }: NonNullable<Step["until"]>,
  index: number,
  trace: StepTrace,
): Promise<Fault | null> {
  const { clock } = trip.ports;
  const began = clock.elapsed();
  const deadline = Math.min(trip.deadline, began + withinMs);
  const pauseMs = Math.max(1, everyMs);
  for (let tries = 1;; tries++) {
    const fault = await attempt(trip, step, index, trace, deadline);
    if (!fault || FINAL.has(fault.reason)) return fault;
    if (deadline - clock.elapsed() <= pauseMs) {
      const spentMs = Math.round(clock.elapsed() - began);
      const detail = trip.ports.vault.redact(fault.detail).slice(0, 250);
      return { ...fault, detail: `${detail} (tries: ${tries} in ${spentMs} ms)` };
    }
    await pause(clock, pauseMs, trip.signal);
  }
}

/** One request and the redirects it leads to, within `step.timeoutMs` and before `latest` (steady ms). */
async function attempt(
  trip: Trip,
  step: Step,
  index: number,
  trace: StepTrace,
  latest: number,
): Promise<Fault | null> {
  const { ports, jar, signal } = trip;
  const { clock } = ports;
  if (signal?.aborted) return { reason: "deadline", detail: "the prober gave up before this step" };
  const rendered = render(step.request, { ...trip, index, now: clock.now(), vault: ports.vault });
  if (!rendered.ok) return { reason: "template", detail: rendered.detail };
  const began = clock.elapsed();
  const deadline = Math.min(latest, began + step.timeoutMs);
  let request = rendered.request;
  for (let hops = 0;; hops++) {
    const deadlineMs = deadline - clock.elapsed();
    if (deadlineMs <= 0) return { reason: "timeout", detail: "no time was left for this request" };
    trace.requests++;
    const sent = withCookies(request, jar);
    const answer = await exchange(ports, sent, { deadlineMs, capBytes: CAP_BYTES, signal });
    if (answer.kind === "failure") return unanswered(answer, hops);
    trace.status = answer.status;
    trace.headersMs = answer.headersMs;
    jar.store(request.url, answer.headers);
    const next = hop(request, answer, { allowed: step.redirects, left: step.redirects - hops });
    if (next.kind === "broken") return { reason: "redirect", detail: next.detail };
    if (next.kind === "keep") return judge(trip, step, answer, clock.elapsed() - began);
    request = next.request;
  }
}

function withCookies(request: Request, jar: Jar): Request {
  const cookies = jar.header(request.url);
  if (cookies === undefined) return request;
  const configured = request.headers.cookie;
  const cookie = configured ? `${configured}; ${cookies}` : cookies;
  return { ...request, headers: { ...request.headers, cookie } };
}

/** A refused first URL is our own config; a refused hop is where the target sent us. */
function unanswered({ reason, detail }: Exchange & { kind: "failure" }, hops: number): Fault {
  if (reason === "cancelled") return { reason: "deadline", detail };
  if (reason === "refused") return { reason: hops === 0 ? "refused" : "redirect", detail };
  if (reason === "blocked" || reason === "platform") return { reason, detail };
  return { reason, detail, transport: true };
}

const utf8 = new TextDecoder();

function judge(
  trip: Trip,
  step: Step,
  answer: Exchange & { kind: "answer" },
  durationMs: number,
): Fault | null {
  if (answer.truncated) return { reason: "too_large", detail: `the body is longer than ${CAP_BYTES} bytes` };
  const { status, headers, bytes } = answer;
  const { captures, run } = trip;
  let text: string | undefined;
  const facts: Facts = {
    status,
    headers,
    get text() {
      return text ??= utf8.decode(bytes);
    },
    durationMs,
    captures,
    run,
    now: trip.ports.clock.now(),
  };
  for (const expectation of step.expect) {
    const mismatch = expectation.test(facts);
    if (mismatch) return { ...mismatch, reason: "expectation" };
  }
  return capture(step, facts, captures);
}

/** All of a step's captures or none. */
function capture(step: Step, facts: Facts, captures: Record<string, unknown>): Fault | null {
  const captured: Record<string, unknown> = {};
  for (const [name, program] of step.capture) {
    const value = program.run(facts);
    if (!value.ok) {
      return {
        reason: "capture",
        expression: program.source,
        detail: `cannot capture ${name}: ${value.detail}`,
      };
    }
    captured[name] = value.value;
  }
  Object.assign(captures, captured);
  return null;
}
