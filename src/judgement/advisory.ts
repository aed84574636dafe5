/** Advisories: a single bad region, or a share of requests that fails everywhere. */
import { MINUTE_MS } from "../base/time.ts";
import type { Sign } from "./incident_rules.ts";
import type { PartialState, RegionState } from "./state.ts";
import { isFailed } from "./words.ts";

const REGION_MS = 10 * MINUTE_MS;

/** Since when a region's own vote has been bad while no service incident was open, epoch ms. */
export const badSince = (
  { outcome }: Pick<RegionState, "outcome">,
  before: number | undefined,
  { at, serviceOpen }: { at: number; serviceOpen: boolean },
): number | undefined => isFailed(outcome) && !serviceOpen ? before ?? at : undefined;

/** The advisory `region`: `wanted` after ten minutes, `over` when the vote is neither bad nor pending. */
export function regionSign({ outcome, badSince }: RegionState, at: number): Sign {
  if (isFailed(outcome)) return badSince !== undefined && at - badSince >= REGION_MS ? "wanted" : undefined;
  return outcome === "pending" ? undefined : "over";
}

/**
 * In thousandths: a cumulative sum of log-likelihood ratios (Page, "Continuous inspection schemes", 1954)
 * that adds ln 10 for a failed verdict and ln(10/11) for any other.
 */
const [FAILED, PASSED, MOST, ENOUGH] = [2_303, 95, 14_000, 7_000];
const PASSES = 90;

/** One verdict of a regular slot that got an HTTP answer and is conclusive. */
export interface PartialVerdict {
  region: string;
  failed: boolean;
}

/** The key of the only sum in a scope with a single region. */
const NONE = "none";

/** The sums after these verdicts, in order. `regions` are the scope's. */
export function addVerdicts(
  before: PartialState | undefined,
  verdicts: readonly PartialVerdict[],
  regions: readonly string[],
): PartialState | undefined {
  const keys = regions.length > 1 ? regions : [NONE];
  let { passes, counted, failed } = before ?? { passes: 0, counted: 0, failed: 0 };
  const sums = Object.fromEntries(keys.map((key) => [key, before?.sums[key] ?? 0]));
  for (const verdict of verdicts) {
    for (const key of keys) {
      if (key === verdict.region) continue;
      sums[key] = Math.min(MOST, Math.max(0, sums[key]! + (verdict.failed ? FAILED : -PASSED)));
    }
    passes = verdict.failed ? 0 : passes + 1;
    counted++;
    if (verdict.failed) failed++;
    if (!verdict.failed && Object.values(sums).every((sum) => sum === 0)) counted = failed = 0;
  }
  return { sums, passes, counted, failed };
}

/** The advisory `partial`: `wanted` when every sum is high, `over` after enough consecutive passes. */
export function partialSign(state: PartialState | undefined): Sign {
  if (!state) return undefined;
  if (state.passes >= PASSES) return "over";
  return Object.values(state.sums).every((sum) => sum >= ENOUGH) ? "wanted" : undefined;
}

/** "about 1 in 5". */
export const shareText = ({ counted, failed }: PartialState): string =>
  `about 1 in ${Math.max(1, Math.round(counted / Math.max(1, failed)))}`;
