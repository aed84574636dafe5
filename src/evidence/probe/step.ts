import type { Step } from "../../config/config.ts";
import { type Exchange, exchange, type HttpRequest } from "../../base/http/client.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Facts, Run } from "../../config/expression/mod.ts";
import { pause, type Ports } from "../../base/ports.ts";
import type { CookieJar } from "./cookies.ts";
import type { Failure, StepTrace } from "./observation.ts";
import { redirect } from "./steps/redirect.ts";
import { render } from "./steps/request.ts";

/** No answer that a journey can judge is longer. */
const CAP_BYTES = 1 << 20;

/** What the steps of one run share. Captures and cookies grow as it goes. */
export interface RunContext {
  ports: Ports;
  run: Run;
  baseUrl: string;
  captures: Record<string, unknown>;
  jar: CookieJar;
  /** Steady ms (`clock.elapsed()`) at which all must be over. */
  deadline: number;
  signal?: AbortSignal;
}

/** Why a step did not hold: not yet named, redacted or cut. */
export interface StepFailure extends Omit<Failure, "step"> {
  /** A request got no complete answer. */
  transport?: boolean;
}

/** A step as it went; `fault` is null if it held. */
export interface StepResult {
  trace: StepTrace;
  fault: StepFailure | null;
}

/** Takes the step numbered `index`, with redirects and polls. Never throws: our own mistakes are faults named `bug`. */
export async function runStep(context: RunContext, step: Step, index: number): Promise<StepResult> {
  const { clock } = context.ports;
  const began = clock.elapsed();
  const trace: StepTrace = { name: step.name, requests: 0, totalMs: 0 };
  let fault: StepFailure | null;
  try {
    fault = step.until
      ? await poll(context, step, step.until, index, trace)
      : await attempt(context, step, index, trace, context.deadline);
  } catch (error) {
    fault = { reason: "bug", detail: messageOf(error) };
  }
  trace.totalMs = clock.elapsed() - began;
  return { trace, fault };
}

/** Asking again cannot mend these. */
const FINAL = new Set<StepFailure["reason"]>([
  "template",
  "refused",
  "blocked",
  "platform",
  "deadline",
  "bug",
]);

async function poll(
  context: RunContext,
  step: Step,
  { everyMs, withinMs }: NonNullable<Step["until"]>,
  index: number,
  trace: StepTrace,
): Promise<StepFailure | null> {
  const { clock } = context.ports;
  const began = clock.elapsed();
  const deadline = Math.min(context.deadline, began + withinMs);
  const pauseMs = Math.max(1, everyMs);
  for (let tries = 1;; tries++) {
    const fault = await attempt(context, step, index, trace, deadline);
    if (!fault || FINAL.has(fault.reason)) return fault;
    if (deadline - clock.elapsed() <= pauseMs) {
      const spentMs = Math.round(clock.elapsed() - began);
      const detail = context.ports.secrets.redact(fault.detail).slice(0, 250);
      return { ...fault, detail: `${detail} (tries: ${tries} in ${spentMs} ms)` };
    }
    await pause(clock, pauseMs, context.signal);
  }
}

/** One request and the redirects it leads to, within `step.timeoutMs` and before `latest` (steady ms). */
async function attempt(
  context: RunContext,
  step: Step,
  index: number,
  trace: StepTrace,
  latest: number,
): Promise<StepFailure | null> {
  const { ports, jar, signal } = context;
  const { clock } = ports;
  if (signal?.aborted) return { reason: "deadline", detail: "the prober gave up before this step" };
  const rendered = render(step.request, { ...context, index, now: clock.now(), secrets: ports.secrets });
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
    if (answer.kind === "failure") return transportFailure(answer, hops);
    trace.status = answer.status;
    trace.headersMs = answer.headersMs;
    jar.store(request.url, answer.headers);
    const next = redirect(request, answer, { allowed: step.redirects, left: step.redirects - hops });
    if (next.kind === "broken") return { reason: "redirect", detail: next.detail };
    if (next.kind === "keep") return checkAnswer(context, step, answer, clock.elapsed() - began);
    request = next.request;
  }
}

function withCookies(request: HttpRequest, jar: CookieJar): HttpRequest {
  const cookies = jar.header(request.url);
  if (cookies === undefined) return request;
  const configured = request.headers.cookie;
  const cookie = configured ? `${configured}; ${cookies}` : cookies;
  return { ...request, headers: { ...request.headers, cookie } };
}

/** A refused first URL is our own config; a refused hop is where the target sent us. */
function transportFailure({ reason, detail }: Exchange & { kind: "failure" }, hops: number): StepFailure {
  if (reason === "cancelled") return { reason: "deadline", detail };
  if (reason === "refused") return { reason: hops === 0 ? "refused" : "redirect", detail };
  if (reason === "blocked" || reason === "platform") return { reason, detail };
  return { reason, detail, transport: true };
}

const utf8 = new TextDecoder();

function checkAnswer(
  context: RunContext,
  step: Step,
  answer: Exchange & { kind: "answer" },
  durationMs: number,
): StepFailure | null {
  if (answer.truncated) return { reason: "too_large", detail: `the body is longer than ${CAP_BYTES} bytes` };
  const { status, headers, bytes } = answer;
  const { captures, run } = context;
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
    now: context.ports.clock.now(),
  };
  for (const expectation of step.expect) {
    const mismatch = expectation.test(facts);
    if (mismatch) return { ...mismatch, reason: "expectation" };
  }
  return capture(step, facts, captures);
}

/** All of a step's captures or none. */
function capture(step: Step, facts: Facts, captures: Record<string, unknown>): StepFailure | null {
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
