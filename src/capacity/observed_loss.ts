/** How many requests are lost on their way, from what was walked: a walk that got no answer was walked again. */
import type { Check } from "../config/config.ts";
import { usualRequestsOf } from "../config/requests.ts";
import type { CheckHistory } from "../judgement/assess.ts";
import { isPassed } from "../judgement/words.ts";

/** The share of requests that got no answer, 0 to 1, while the check was ready; undefined: too few walks, or none is walked again. */
export function observedLoss(check: Check, history: readonly CheckHistory[]): number | undefined {
  if (check.retry === 0) return undefined;
  const walks = history.filter(({ outcome }) => outcome === "ready")
    .flatMap(({ traces }) => traces.filter(({ word }) => isPassed(word)));
  if (walks.length < LEAST_WALKS) return undefined;
  const again = walks.filter((trace) => trace.again).length / walks.length;
  return 1 - (1 - again) ** (1 / usualRequestsOf(check));
}

const LEAST_WALKS = 100;
