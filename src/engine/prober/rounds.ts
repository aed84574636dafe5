/** What one process asks a prober in another, and how that one answers: in JSON over HTTP, or as an object's method. */
import type { Check } from "../../config/config.ts";
import type { Prober, ProberReply, ProberRequest, RoundResult } from "../../judgement/round.ts";
import { missing } from "../../judgement/missed_reasons.ts";

/** Checks by name and digest. `deadlineMs` counts from its arrival. */
export interface RoundsRequest {
  prober: string;
  /** Epoch ms. */
  slot: number;
  deadlineMs: number;
  checks: { check: string; digest: string }[];
}

/** It needs the rest of the time to bring the answer home. */
const HOME_MS = 500;

/** A request in the terms that another process understands. */
export const roundsRequestOf = (
  prober: string,
  { slot, checks, deadlineMs }: ProberRequest,
): RoundsRequest => ({
  prober,
  slot,
  deadlineMs: Math.max(1, Math.round(deadlineMs - HOME_MS)),
  checks: checks.map(({ key, digest }) => ({ check: key, digest })),
});

/** Answers such requests by a prober of this process; a check of which it holds no such digest is refused by itself. A name may stand for several. */
export function roundsAnswerer(
  prober: Prober,
  checks: readonly Check[],
): (request: RoundsRequest) => Promise<ProberReply> {
  const known = Map.groupBy(checks, ({ key }) => key);
  return async ({ slot, deadlineMs, checks }) => {
    const wanted: Check[] = [];
    const refused: RoundResult[] = [];
    for (const { check: key, digest } of checks) {
      const own = known.get(key);
      const check = own?.find((check) => check.digest === digest);
      if (check) wanted.push(check);
      else {
        const reason = missing(own ? "digest" : "unknown check");
        refused.push({ check: key, digest: own?.[0]?.digest ?? "", ...reason });
      }
    }
    const { answers, ...rest } = await prober.ask({ slot, checks: wanted, deadlineMs });
    return { ...rest, answers: [...answers, ...refused] };
  };
}
