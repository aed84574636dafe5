import type { Check, Step } from "../../config/config.ts";
import type { Run } from "../../config/expression/mod.ts";
import type { Ports, Vault } from "../../base/ports.ts";
import { Jar } from "./cookies.ts";
import type { Failure, Observation, Outcome, StepTrace } from "./observation.ts";
import { type Fault, take, type Trip } from "./step.ts";

/** Cleanup gets this much after the journey, in ms. */
const CLEANUP_MS = 5_000;

/** What of a check decides how it is walked; `baseUrl` is the target's URL and may hold `${env:NAME}`. */
export type Walkable = Pick<Check, "journey" | "cleanup" | "timeoutMs" | "latencyBudgetMs"> & {
  baseUrl: string;
};

/**
 * Walks the journey of `check` and then its cleanup, and says what it saw. Never throws. When `signal` aborts, the
 * journey ends at once; its cleanup still runs, for at most 5 s.
 */
export async function walk(
  ports: Ports,
  check: Walkable,
  run: Run,
  signal?: AbortSignal,
): Promise<Observation> {
  const { clock, vault } = ports;
  const began = clock.elapsed();
  const deadline = began + check.timeoutMs;
  const trip: Trip = {
    ports,
    run,
    baseUrl: check.baseUrl,
    captures: {},
    jar: new Jar(clock),
    deadline,
    signal,
  };
  const steps: StepTrace[] = [];
  let failure: Failure | undefined;
  let transport = false;
  for (const [index, step] of check.journey.entries()) {
    const { trace, fault } = await take(trip, step, index);
    steps.push(trace);
    if (!fault) continue;
    failure = named(fault, step, vault);
    transport = fault.transport ?? false;
    break;
  }
  const totalMs = clock.elapsed() - began;
  const outcome = failure
    ? outcomeOf(failure)
    : totalMs > (check.latencyBudgetMs ?? Infinity)
    ? "slow"
    : "pass";
  const cleanup = check.cleanup.length > 0 ? await tidy(trip, check) : undefined;
  return { outcome, failure, transport, steps, totalMs, cleanup };
}

/** These are the prober's own: they say nothing about the target. */
const OWN = new Set<Failure["reason"]>(["refused", "blocked", "platform", "deadline", "bug"]);

function outcomeOf({ reason }: Failure): Outcome & ("fail" | "error") {
  return OWN.has(reason) ? "error" : "fail";
}

/** Runs every cleanup step, whatever became of the others; the first failure is the verdict. */
async function tidy(journey: Trip, check: Walkable): Promise<Observation["cleanup"]> {
  const { clock, vault } = journey.ports;
  const trip: Trip = { ...journey, signal: undefined, deadline: clock.elapsed() + CLEANUP_MS };
  const complete = check.journey.every((step) =>
    step.capture.every(([name]) => Object.hasOwn(trip.captures, name))
  );
  let failure: Failure | undefined;
  for (const [index, step] of check.cleanup.entries()) {
    const { fault } = await take(trip, step, check.journey.length + index);
    const isNothingToClean = fault?.reason === "template" && !complete;
    if (fault && !isNothingToClean) failure ??= named(fault, step, vault);
  }
  return failure ? { outcome: outcomeOf(failure), failure } : { outcome: "pass" };
}

function named({ reason, expression, detail, values }: Fault, step: Step, vault: Vault): Failure {
  return {
    step: step.name,
    reason,
    expression,
    detail: vault.redact(detail).slice(0, 300),
    values: values &&
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, vault.redact(value)])),
  };
}
