/**
 * One walk of one check: read the report, walk the journey, and read the report again if the first verdict
 * blames the service.
 */
import type { Check } from "../../config/config.ts";
import { messageOf } from "../../base/error_message.ts";
import type { Semaphore } from "../../base/semaphore.ts";
import { hasPushedSource } from "../../config/requests.ts";
import { fetchReport } from "./report.ts";
import type { authorizeReport } from "./report_auth.ts";
import { type Senders, withTls } from "./target_tls.ts";
import { ConfigFault, type Ports } from "../../base/ports.ts";
import type { Failure, Observation } from "../../evidence/probe/observation.ts";
import { foreignReason } from "../../evidence/reasons.ts";
import { isNoClaim } from "../../evidence/report/merge.ts";
import type { AuthKind, StepKind } from "../../evidence/probe/step_kind.ts";
import { type StepEvent, walk } from "../../evidence/probe/journey.ts";
import type { Dialect, Report, RequestSigner } from "../../evidence/report/report.ts";
import { needsSecondReport } from "../../judgement/verdict.ts";
import type { FirstRound, Round } from "../../judgement/round.ts";

/** What a prober walks its rounds with. */
export interface Walker {
  id: string;
  region: string;
  dialects: readonly Dialect[];
  /** Signs requests to AWS APIs. */
  signRequest?: RequestSigner;
  /** Required for report sources with `auth`. */
  authorizeReport?: typeof authorizeReport;
  steps: readonly StepKind[];
  auths?: readonly AuthKind[];
  /** State that auth kinds keep across the prober's rounds. */
  tokens?: WeakMap<object, unknown>;
  /** Called with each step of a journey as it ends. */
  observe?: (check: Check, event: StepEvent) => void;
}

export interface RoundOptions {
  slot: number;
  /** The second walk, with its own run id. */
  again: boolean;
  signal: AbortSignal;
  /** Runs further report sources in parallel while places are free. */
  tryRun: Semaphore["tryRun"];
  /** The journey's transports. */
  senders: Senders;
}

/** Runs one round. A bug of ours is reported as an error of this check alone. */
export async function runRound(
  ports: Ports,
  { id, region, dialects, signRequest, authorizeReport, steps, auths, tokens, observe }: Walker,
  check: Check,
  { slot, again, signal, tryRun, senders }: RoundOptions,
): Promise<Round> {
  const began = ports.clock.elapsed();
  // It waited until its slot was over: nothing was sent, so there is nothing to clean up.
  if (signal.aborted) return { before: null, observation: errorObservation("deadline", "had not begun", 0) };
  try {
    const baseUrl = ports.secrets.reveal(check.target.url);
    const toTarget = (senders: Senders): Ports => {
      const own = withTls(senders, check.target.tls, { baseUrl, secrets: ports.secrets });
      return own === ports ? ports : { ...ports, ...own };
    };
    const run = {
      id: `${runId(check, id, slot)}${again ? ".r" : ""}`,
      slot,
      prober: id,
      region,
      target: check.target.id,
      check: check.id,
    };
    const askReport = () =>
      fetchReport(toTarget(ports), check, {
        baseUrl,
        run,
        dialects,
        signRequest,
        authorizeReport,
        auths,
        tokens,
        tryRun,
        signal,
      });
    const before = await askReport();
    const observation = await walk(
      toTarget(senders),
      { ...check, baseUrl, origins: check.target.origins },
      run,
      { steps, auths, tokens, signal, tryRun, observe: observe && ((event) => observe(check, event)) },
    );
    const { outcome } = observation;
    // Only the settler knows pushed reports: with them, the first report may count against the service even if it
    // does not here.
    if (!needsSecondReport(before, outcome) && !hasPushedSource(check)) return { before, observation };
    const after = await askReport();
    // We could not read the second report, so the failure is judged by the first alone.
    if (outcome === "fail" && foreignFailure(after)) return { before, observation };
    return { before, observation: unlessForeign(observation, [before, after]), after };
  } catch (error) {
    const detail = ports.secrets.redact(messageOf(error));
    ports.log.error("a check could not be walked", { check: check.key, prober: id, detail });
    const reason = error instanceof ConfigFault ? "config" : "bug";
    return { before: null, observation: errorObservation(reason, detail, ports.clock.elapsed() - began) };
  }
}

/**
 * A report that is missing through no fault of the service turns a passed journey into an error. A failed
 * journey stands, whatever was claimed.
 */
function unlessForeign(observation: Observation, reports: (Report | null)[]): Observation {
  if (observation.outcome === "fail" || observation.outcome === "error") return observation;
  const failure = reports.map(foreignFailure).find((failure) => failure !== undefined);
  return failure ? { ...observation, outcome: "error", failure } : observation;
}

/** Why there is no claim, if the service is not at fault. */
function foreignFailure(report: Report | null): Failure | undefined {
  if (!report || !isNoClaim(report.state)) return undefined;
  for (const { reason: detail = "" } of [report, ...report.sources ?? []]) {
    const reason = foreignReason(detail);
    if (reason) return { step: "", reason: reason === "cancelled" ? "deadline" : reason, detail };
  }
}

const errorObservation = (reason: Failure["reason"], detail: string, totalMs: number): Observation => ({
  outcome: "error",
  failure: { step: "", reason, detail },
  transport: false,
  steps: [],
  totalMs,
});

/** Stable across repeats of a slot, so that a repeated journey carries the same idempotency key. */
const runId = (check: Check, prober: string, slot: number) =>
  `${check.target.id}.${check.id}.${prober}.${slot.toString(36)}`;

/** Whether some report source or journey step got no HTTP answer. */
export const hadTransportFailure = ({ before, after, observation }: Round): boolean =>
  observation.transport || isUnreachable(before) || isUnreachable(after);

const isUnreachable = (report?: Report | null) =>
  report?.state === "unreachable" || (report?.sources?.some(({ state }) => state === "unreachable") ?? false);

/** Whether the whole report or some journey step got no HTTP answer: a second walk may succeed. */
export const gotNoAnswer = ({ before, after, observation }: Round): boolean =>
  observation.transport || before?.state === "unreachable" || after?.state === "unreachable";

/** The summary of a first walk that the second replaces. */
export const summarizeFirst = ({ before, after, observation: { outcome, failure } }: Round): FirstRound => ({
  before: before?.state ?? null,
  ...(after !== undefined && { after: after?.state ?? null }),
  outcome,
  ...(failure && { failure: { step: failure.step, reason: failure.reason, detail: failure.detail } }),
});
