/** Warnings about Assay itself: stale evidence, probers without evidence, lack of capacity, failing sinks. */
import { outcomeOf } from "../../judgement/current_outcome.ts";
import type { Check, Config } from "../../config/config.ts";
import type { States } from "../../storage/codec.ts";
import { describeMissed, missedRounds } from "../../judgement/missed_rounds.ts";
import { staleAt } from "../../config/schedule.ts";
import type { Freshness } from "./layout.tsx";
import type { SinkView } from "../api/views/sinks.ts";
import { formatSpan } from "../../base/time.ts";
import { en, type PublicTexts } from "./texts/en.ts";

/** Maximum number of probers named, and of warnings about probers. */
const MAX_NAMED = 5;

/**
 * The warning in sentences; undefined if all evidence of these checks is fresh, or there are no checks
 * (public page).
 */
export function warning(
  { regions }: Config,
  checks: readonly Check[],
  states: States,
  { nowMs, slot, lateMs, texts = en }: Freshness & { texts?: PublicTexts },
): string | undefined {
  if (slot === undefined) return texts.nothingYet;
  if (nowMs - slot > lateMs) return texts.late(formatSpan(nowMs - slot));
  const unknown = checks.filter((check) => outcomeOf(check, states[check.key], nowMs) === "unknown").length;
  const old = unknown > 0 ? [`${unknown} of ${checks.length} checks have no fresh evidence.`] : [];
  const blind = checks.length > 0
    ? blindOf(regions.flatMap(({ probers }) => probers), checks, states, nowMs)
    : [];
  const missed = missedRounds(checks.flatMap(({ key }) => states[key] ?? []));
  const short = missed.missed > 0 ? [`Assay's capacity is short: ${describeMissed(missed)}.`] : [];
  const all = [...blind.slice(0, MAX_NAMED), ...old, ...short];
  return all.length > 0 ? all.join(" ") : undefined;
}

/** One warning for all probers that lack evidence on the same number of checks. */
function blindOf(
  probers: readonly { id: string }[],
  checks: readonly Check[],
  states: States,
  nowMs: number,
): string[] {
  const lacks = Map.groupBy(probers, ({ id }) =>
    checks.filter((check) => {
      const freshAt = states[check.key]?.probers[id]?.standing.freshAt;
      return freshAt === undefined || nowMs > staleAt(check, freshAt);
    }).length);
  lacks.delete(0);
  return [...lacks].sort(([a], [b]) => b - a).map(([stale, all]) => {
    const names = all.slice(0, MAX_NAMED).map(({ id }) => id).join(", ") +
      (all.length > MAX_NAMED ? " …" : "");
    const what = stale === checks.length ? "blind" : "late";
    return `${
      all.length === 1 ? "Prober" : "Probers"
    } ${names}: ${what}, no fresh evidence on ${stale} of ${checks.length} checks.`;
  });
}

/** A sentence for each sink that is disabled or failing. */
export function sinkWarnings(sinks: readonly SinkView[], nowMs: number): string[] {
  return sinks.filter(({ state }) => state !== "ok").map(({ id, state, since = nowMs, pending }) => {
    const what = state === "disabled" ? "has responded 410 and been disabled" : "has accepted no notice";
    const wait = pending === 1 ? "1 notice waits" : `${pending} notices wait`;
    return `Webhook ${id} ${what} for ${formatSpan(Math.max(0, nowMs - since))}: ${wait}.`;
  });
}
