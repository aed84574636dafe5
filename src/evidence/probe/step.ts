import type { Step } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import { Scope } from "../../config/expression/mod.ts";
import { ConfigFault, pause } from "../../base/ports.ts";
import { isTargets } from "../reasons.ts";
import type { StepTrace } from "./observation.ts";
import { runRedactor } from "./run_redactor.ts";
import type { RunContext, StepExchange, StepFailure, StepKind } from "./step_kind.ts";

/** The result of a step; `fault` is null if it passed. */
export interface StepResult {
  trace: StepTrace;
  fault: StepFailure | null;
  /** Its last request and answer, if it sent one. */
  exchange?: StepExchange;
}

/** A step in progress: state that its attempts share. */
interface Walk {
  kind: StepKind;
  step: Step;
  index: number;
  trace: StepTrace;
  /** The iteration with `repeat`, from 1. */
  time: number;
  /** The last answer. */
  scope?: Scope;
  exchange?: StepExchange;
}

/** Runs step number `index`, with polling. Never throws: our own errors become faults with reason `bug`. */
export async function runStep(
  context: RunContext,
  step: Step,
  index: number,
  kinds: readonly StepKind[],
): Promise<StepResult> {
  const { clock } = context.ports;
  const began = clock.elapsed();
  const trace: StepTrace = { name: step.name, requests: 0, totalMs: 0 };
  let walk: Walk | undefined;
  let fault: StepFailure | null;
  try {
    walk = { kind: kindOf(step, kinds), step, index, trace, time: 1 };
    fault = await takeIfDue(context, walk);
  } catch (error) {
    fault = { reason: error instanceof ConfigFault ? "config" : "bug", detail: messageOf(error) };
  }
  trace.totalMs = clock.elapsed() - began;
  return { trace, fault, exchange: walk?.exchange };
}

async function takeIfDue(context: RunContext, walk: Walk): Promise<StepFailure | null> {
  const { captures, run, ports: { clock } } = context;
  const { step: { onlyIf, repeat }, trace } = walk;
  const mismatch = onlyIf?.test(new Scope({ captures, run, now: clock.now() }));
  if (mismatch?.reason === "false") {
    trace.skipped = true;
    return null;
  }
  if (mismatch) return { ...mismatch, reason: "template" };
  for (;; walk.time++) {
    const fault = await take(context, walk);
    if (fault || !repeat) return fault;
    const ended = walk.scope && repeat.while?.test(walk.scope);
    if (ended) return ended.reason === "false" ? null : { ...ended, reason: "expectation" };
    if (walk.time < repeat.times) continue;
    if (!repeat.mustEnd) return null;
    const detail = `it would go on after ${repeat.times} times`;
    return { reason: "expectation", expression: repeat.while?.source, detail };
  }
}

const take = (context: RunContext, walk: Walk) =>
  walk.step.until ? poll(context, walk, walk.step.until) : attempt(context, walk, context.deadline);

function kindOf(step: Step, kinds: readonly StepKind[]): StepKind {
  const found = kinds.find(({ kind }) => kind === step.kind);
  if (!found) throw new Error(`Cannot take a step of kind ${step.kind}: this build does not hold it`);
  return found;
}

/** Polling again cannot fix failures that are not the target's, nor a value missing from an earlier step. */
const isFinal = ({ reason }: StepFailure) => reason === "template" || !isTargets(reason);

async function poll(
  context: RunContext,
  walk: Walk,
  { everyMs, withinMs }: NonNullable<Step["until"]>,
): Promise<StepFailure | null> {
  const { clock } = context.ports;
  const began = clock.elapsed();
  const deadline = Math.min(context.deadline, began + withinMs);
  const pauseMs = Math.max(1, everyMs);
  for (let tries = 1;; tries++) {
    const fault = await attempt(context, walk, deadline);
    if (!fault || isFinal(fault)) return fault;
    if (deadline - clock.elapsed() <= pauseMs) {
      const spentMs = Math.round(clock.elapsed() - began);
      const detail = runRedactor(context)(fault.detail).slice(0, 250);
      return { ...fault, detail: `${detail} (tries: ${tries} in ${spentMs} ms)` };
    }
    await pause(clock, pauseMs, context.signal);
  }
}

/** One attempt, within `step.timeoutMs` and before `latest` (`clock.elapsed()` ms). */
async function attempt(
  context: RunContext,
  walk: Walk,
  latest: number,
): Promise<StepFailure | null> {
  const { kind, step, index, trace, time } = walk;
  const { ports: { clock }, signal } = context;
  if (signal?.aborted) return { reason: "deadline", detail: "the prober gave up before this step" };
  const deadline = Math.min(latest, clock.elapsed() + step.timeoutMs);
  const result = await kind.run({ ...context, index, trace, time, deadline }, step);
  if (result.kind === "answer") walk.scope = result.scope;
  walk.exchange = result.exchange;
  const fault = result.kind === "failure" ? result.failure : judge(step, result.scope, context.captures);
  const shown = result.kind === "answer" && fault && result.shown;
  return fault && {
    ...fault,
    ...(shown && { values: { ...shown, ...fault.values } }),
    exchange: result.exchange,
  };
}

function judge(step: Step, scope: Scope, captures: Record<string, unknown>): StepFailure | null {
  for (const expectation of step.expect) {
    const mismatch = expectation.test(scope);
    if (mismatch) return { ...mismatch, reason: mismatch.reason === "limit" ? "limit" : "expectation" };
  }
  return capture(step, scope, captures);
}

/** Stores all of a step's captures, or none. */
function capture(step: Step, scope: Scope, captures: Record<string, unknown>): StepFailure | null {
  if (step.capture.length === 0) return null;
  const captured: Record<string, unknown> = Object.create(null);
  for (const [name, program] of step.capture) {
    const value = program.run(scope);
    if (!value.ok) {
      return {
        reason: value.reason === "limit" ? "limit" : "capture",
        expression: program.source,
        detail: `cannot capture ${name}: ${value.detail}`,
      };
    }
    captured[name] = value.value;
  }
  Object.assign(captures, captured);
  return null;
}
