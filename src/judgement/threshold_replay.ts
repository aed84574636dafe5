/**
 * The effect of another `failureThreshold`: judges kept slots twice, under the current rules and under the
 * other threshold. Pure.
 */
import { periodMs } from "../config/schedule.ts";
import { formatSpan } from "../base/time.ts";
import type { Incident } from "./incident.ts";
import { type KeptSlot, replay, type ReplayedIncident } from "./replay.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";

/** The effect of the other threshold. */
export interface ThresholdReplay {
  failureThreshold: number;
  /** How much earlier (ms) it would have opened the incident; negative: later; absent: not at all. */
  earlierMs?: number;
  /** Further incidents of the scope that only the other threshold would have opened. */
  more: number;
  /** Other incidents of the scope that it would not have opened. */
  fewer: number;
  /** The time (ms) that the judged slots cover before the incident. */
  spanMs: number;
}

/** The threshold to compare with: one less; two if it is one. */
const otherThan = (failureThreshold: number) => failureThreshold === 1 ? 2 : failureThreshold - 1;

/**
 * Undefined: a replay of the slots does not reproduce the incident, because slots are gone or the config has
 * changed.
 */
export function replayThreshold(
  check: JudgedCheck & { latencyBudgetMs?: number },
  regions: readonly VotingRegion[],
  slots: readonly KeptSlot[],
  { scope, openedAt }: Pick<Incident, "scope" | "openedAt">,
): ThresholdReplay | undefined {
  const failureThreshold = otherThan(check.failureThreshold);
  const replayWith = (judged: JudgedCheck) =>
    replay(judged, regions, slots).filter((one) => one.family === "service" && one.scope === scope);
  const asItWas = replayWith(check);
  const near = periodMs(check, openedAt);
  const own = asItWas.find((one) => Math.abs(one.openedAt - openedAt) <= near);
  if (!own) return undefined;
  const other = replayWith({ ...check, failureThreshold });
  const same = other.find((one) => overlaps(one, own));
  const isNew = (one: ReplayedIncident, among: readonly ReplayedIncident[]) =>
    !among.some((known) => overlaps(known, one));
  return {
    failureThreshold,
    ...(same && { earlierMs: own.openedAt - same.openedAt }),
    more: other.filter((one) => isNew(one, asItWas)).length,
    fewer: asItWas.filter((one) => one !== own && isNew(one, other)).length,
    spanMs: Math.max(near, openedAt - slots[0]!.slot),
  };
}

const overlaps = (one: ReplayedIncident, other: ReplayedIncident) =>
  one.openedAt <= (other.resolvedAt ?? Infinity) && other.openedAt <= (one.resolvedAt ?? Infinity);

/**
 * "With failureThreshold 1 it would have opened 58 s earlier. In the 48 h before, 2 more incidents would have
 * opened."
 */
export function describeThreshold(
  { failureThreshold, earlierMs, more, fewer, spanMs }: ThresholdReplay,
): string {
  const span = formatSpan(Math.abs(earlierMs ?? 0));
  const when = earlierMs === undefined
    ? "would not have opened"
    : earlierMs === 0
    ? "would have opened at the same time"
    : `would have opened ${span} ${earlierMs > 0 ? "earlier" : "later"}`;
  const incidents = (count: number, which: string) =>
    `${count} ${which} ${count === 1 ? "incident" : "incidents"}`;
  const others = [
    ...(more > 0 ? [incidents(more, "more")] : []),
    ...(fewer > 0 ? [incidents(fewer, "fewer")] : []),
  ];
  const rest = others.length > 0
    ? `${others.join(" and ")} would have opened`
    : "nothing else would have changed";
  return `With failureThreshold ${failureThreshold} it ${when}. In the ${
    formatSpan(spanMs)
  } before, ${rest}.`;
}
