import { traceLink } from "../../config/trace_link.ts";
import type { Check, Config } from "../../config/config.ts";
import type { CheckState, LastRound, ProberState, ReportSummary } from "../../judgement/state.ts";
import { describeRetry } from "../../judgement/summary.ts";
import { iso } from "../../base/time.ts";
import type { ProberEvidence, WebhookEvent } from "./event.ts";
import { clip } from "./truncate.ts";

/** Limits of texts and lists of evidence. */
const LIMITS = { chars: 300, items: 100 };
const MAX_VALUES = 20;

/**
 * The evidence of each prober of the deciding regions at `slot` (epoch ms). `scope` is `global` or one
 * region.
 */
export function evidence(
  { config, check, state, slot, scope }: {
    config: Config;
    check?: Check;
    state?: CheckState;
    slot: number;
    scope: string;
  },
): WebhookEvent["data"]["evidence"] {
  const regions = config.regions.filter(({ id }) => scope === "global" || id === scope);
  return Object.fromEntries(regions.map((region) => [
    region.id,
    Object.fromEntries(region.probers.map(({ id }) => [id, evidenceOf(state?.probers[id], slot, check)])),
  ]));
}

function evidenceOf(prober: ProberState | undefined, slot: number, check?: Check): ProberEvidence {
  const { witness, missed, aside, standing, captured } = prober ?? {};
  return {
    verdict: witness?.word ?? "missing",
    verdictReason: witness?.reason,
    vote: standing?.vote ?? "none",
    excluded: aside,
    ...(witness && { slot: iso(witness.slot), ageMs: Math.max(0, slot - witness.slot) }),
    ...(captured && {
      captured: Object.fromEntries(Object.entries(captured).map(([name, { value }]) => [name, value])),
    }),
    ...(missed && { missed: { slot: iso(missed.slot), reason: clip(missed.reason, LIMITS) } }),
    ...(witness && clip({ reported: reportsOf(witness), observed: observationOf(witness, check) }, LIMITS)),
  };
}

function reportsOf({ before, after }: LastRound): ProberEvidence["reported"] {
  return {
    before: before && claimOf(before),
    ...(after !== undefined && { after: after && claimOf(after) }),
  };
}

const claimOf = ({ state, dialect, httpStatus, reason, contradictions, sources }: ReportSummary) => ({
  state,
  dialect,
  httpStatus,
  reason,
  contradictions,
  sources,
});

function observationOf(
  { outcome, failure, totalMs, steps, first, traceId }: LastRound,
  check?: Check,
): ProberEvidence["observed"] {
  return {
    outcome,
    failedStep: failure?.step,
    expression: failure?.expression,
    detail: failure?.detail,
    values: failure?.values && Object.fromEntries(Object.entries(failure.values).slice(0, MAX_VALUES)),
    ...(failure?.request && { request: failure.request }),
    ...(failure?.answer && { answer: failure.answer }),
    totalMs: Math.round(totalMs),
    ...(traceId && { traceId }),
    ...(traceId && check?.trace?.url && { traceUrl: traceLink(check, traceId) }),
    ...(first && { walkedAgain: describeRetry(first) }),
    steps: steps?.map(({ name, status, note, requests, totalMs }) => (
      { name, status, note, requests, totalMs: Math.round(totalMs) }
    )),
  };
}
