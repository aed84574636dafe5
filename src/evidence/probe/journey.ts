import type { Check, Step } from "../../config/config.ts";
import type { Run } from "../../config/expression/mod.ts";
import type { Ports } from "../../base/ports.ts";
import { captureTexts } from "./capture_texts.ts";
import { CookieJar } from "./cookies.ts";
import type { Failure, JourneyOutcome, Observation, StepTrace } from "./observation.ts";
import { isTargets } from "../reasons.ts";
import { describeFailure } from "./failure.ts";
import { traceContext } from "./trace_context.ts";
import { runRedactor } from "./run_redactor.ts";
import { runStep, type StepResult } from "./step.ts";
import type { AuthKind, RunContext, StepKind } from "./step_kind.ts";

/** Cleanup gets this much after the journey, in ms. */
const CLEANUP_MS = 5_000;

/**
 * The settings of a check that a walk needs. `baseUrl` is the target's URL and may hold `${env:NAME}`; `origins`
 * are its further ones, by default none.
 */
export type JourneySpec =
  & Pick<Check, "journey" | "cleanup" | "timeoutMs" | "latencyBudgetMs">
  & Partial<Pick<Check, "evidence" | "trace" | "converge" | "version">>
  & { baseUrl: string; origins?: readonly string[] };

/** Options of a walk. */
export interface WalkOptions {
  steps: readonly StepKind[];
  auths?: readonly AuthKind[];
  /** Tokens that auth kinds keep between walks. */
  tokens?: WeakMap<object, unknown>;
  signal?: AbortSignal;
  /** See `RunContext`. Default: always runs the work. */
  tryRun?: RunContext["tryRun"];
  /** Called with each finished step, unredacted; for manual runs. */
  observe?: (event: StepEvent) => void;
}

/** A finished step of a journey. */
export interface StepEvent extends StepResult {
  step: Step;
  run: Run;
  /** The captures before the step. */
  captures: Record<string, unknown>;
  /** The captures after the step. */
  capturesAfter: Record<string, unknown>;
  failure?: Failure;
  redact(text: string): string;
}

/**
 * Walks the journey of `check` and then its cleanup, and returns the observation. Never throws. When `signal`
 * aborts, the journey ends at once, but cleanup still runs, for at most 5 s.
 */
export async function walk(
  ports: Ports,
  check: JourneySpec,
  run: Run,
  { steps: kinds, auths = [], tokens = new WeakMap(), signal, observe, tryRun = (work) => work() }:
    WalkOptions,
): Promise<Observation> {
  const { clock } = ports;
  const keepsBody = check.evidence?.body ?? true;
  const began = clock.elapsed();
  const deadline = began + check.timeoutMs;
  const context: RunContext = {
    ports,
    run,
    baseUrl: check.baseUrl,
    origins: check.origins ?? [],
    captures: Object.create(null),
    secretCaptures: secretCapturesOf(check),
    jar: new CookieJar(clock),
    location: {},
    auths,
    tokens,
    tryRun,
    hidden: new Set(),
    traceContext: check.trace ? await traceContext(run.id) : undefined,
    deadline,
    signal,
  };
  const steps: StepTrace[] = [];
  let failure: Failure | undefined;
  let transport = false;
  for (let index = 0; index < check.journey.length; index++) {
    const step = check.journey[index]!;
    const captures = observe && { ...context.captures };
    const result = await runStep(context, step, index, kinds);
    const { trace, fault } = result;
    steps.push(trace);
    if (fault) failure = describeFailure(fault, step.name, { context, keepsBody });
    observe?.({
      ...{ ...result, step, run, captures: captures!, failure },
      capturesAfter: { ...context.captures },
      redact: (text) => runRedactor(context)(text),
    });
    if (!fault) continue;
    transport = fault.transport ?? false;
    break;
  }
  const totalMs = clock.elapsed() - began;
  const { converge, version } = check;
  const captured = (converge || version) &&
    await captureTexts(context, [...Object.keys(converge ?? {}), ...version ? [version] : []]);
  const outcome = failure
    ? outcomeOf(failure)
    : totalMs > (check.latencyBudgetMs ?? Infinity)
    ? "slow"
    : "pass";
  const cleanup = check.cleanup.length > 0 ? await runCleanup(context, check, kinds) : undefined;
  const traceId = context.traceContext?.traceId;
  return {
    outcome,
    failure,
    transport,
    steps,
    ...traceId && { traceId },
    totalMs,
    ...captured && { captured },
    cleanup,
  };
}

function secretCapturesOf({ journey, cleanup }: JourneySpec): ReadonlySet<string> {
  const names = new Set<string>();
  for (const steps of [journey, cleanup]) {
    for (const { secretCaptures } of steps) for (const name of secretCaptures) names.add(name);
  }
  return names;
}

function outcomeOf({ reason }: Failure): JourneyOutcome & ("fail" | "error") {
  return isTargets(reason) ? "fail" : "error";
}

/** Runs every cleanup step, even after a failure; the first failure decides the outcome. */
async function runCleanup(
  context: RunContext,
  check: JourneySpec,
  kinds: readonly StepKind[],
): Promise<Observation["cleanup"]> {
  const { clock } = context.ports;
  const keepsBody = check.evidence?.body ?? true;
  const cleanupContext: RunContext = {
    ...context,
    signal: undefined,
    deadline: clock.elapsed() + CLEANUP_MS,
  };
  const complete = check.journey.every((step) =>
    step.capture.every(([name]) => Object.hasOwn(cleanupContext.captures, name))
  );
  let failure: Failure | undefined;
  for (const [index, step] of check.cleanup.entries()) {
    const { fault } = await runStep(cleanupContext, step, check.journey.length + index, kinds);
    const isNothingToClean = fault?.reason === "template" && !complete;
    if (fault && !isNothingToClean) {
      failure ??= describeFailure(fault, step.name, { context: cleanupContext, keepsBody });
    }
  }
  return failure ? { outcome: outcomeOf(failure), failure } : { outcome: "pass" };
}
