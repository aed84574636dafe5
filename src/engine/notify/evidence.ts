import type { Config } from "../../config/config.ts";
import type { CheckState, LastRound, ProberState, ReportSummary } from "../../judgement/state.ts";
import { iso } from "../../base/time.ts";
import type { Account, Event } from "./event.ts";
import { clip } from "./truncate.ts";

/** The longest text of evidence in an event, and the longest list. */
const LIMITS = { chars: 300, items: 100 };
const VALUES = 20;

/** What each prober of the deciding regions knows at `slot` (epoch ms); `scope` is `global` or one region. */
export function evidence(
  { config, state, slot, scope }: { config: Config; state?: CheckState; slot: number; scope: string },
): Event["data"]["evidence"] {
  const regions = config.regions.filter(({ id }) => scope === "global" || id === scope);
  return Object.fromEntries(regions.map((region) => [
    region.id,
    Object.fromEntries(region.probers.map(({ id }) => [id, account(state?.probers[id], slot)])),
  ]));
}

function account(prober: ProberState | undefined, slot: number): Account {
  const { witness, missed, aside, standing } = prober ?? {};
  return {
    verdict: witness?.word ?? "missing",
    reason: witness?.reason,
    vote: standing?.vote ?? "none",
    aside,
    ...(witness && { slot: iso(witness.slot), ageMs: Math.max(0, slot - witness.slot) }),
    ...(missed && { missed: { slot: iso(missed.slot), reason: clip(missed.reason, LIMITS) } }),
    ...(witness && clip({ reported: reported(witness), observed: observed(witness) }, LIMITS)),
  };
}

function reported({ before, after }: LastRound): Account["reported"] {
  return { before: before && claim(before), ...(after !== undefined && { after: after && claim(after) }) };
}

const claim = ({ state, dialect, httpStatus, reason, contradictions, sources }: ReportSummary) => ({
  state,
  dialect,
  httpStatus,
  reason,
  contradictions,
  sources,
});

function observed({ outcome, failure, totalMs, steps }: LastRound): Account["observed"] {
  return {
    outcome,
    failedStep: failure?.step,
    expression: failure?.expression,
    detail: failure?.detail,
    values: failure?.values && Object.fromEntries(Object.entries(failure.values).slice(0, VALUES)),
    totalMs: Math.round(totalMs),
    steps: steps?.map(({ name, status, requests, totalMs }) => (
      { name, status, requests, totalMs: Math.round(totalMs) }
    )),
  };
}
