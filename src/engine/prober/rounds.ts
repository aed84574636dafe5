/**
 * The request that one process sends to a prober in another, and its handler: JSON over HTTP, or a Durable
 * Object's method.
 */
import type { Check } from "../../config/config.ts";
import type { Prober, ProberReply, ProberRequest, RoundResult } from "../../judgement/round.ts";
import { missing } from "../../judgement/missed_reasons.ts";

/** Checks by name and digest. `deadlineMs` counts from the request's arrival. */
export interface RoundsRequest {
  prober: string;
  /** Epoch ms. */
  slot: number;
  deadlineMs: number;
  checks: { check: string; digest: string }[];
}

/** Time (ms) kept back for the answer's way home. */
const HOME_MS = 500;

/** The same request in a form for another process. */
export const roundsRequestOf = (
  prober: string,
  { slot, checks, deadlineMs }: ProberRequest,
): RoundsRequest => ({
  prober,
  slot,
  deadlineMs: Math.max(1, Math.round(deadlineMs - HOME_MS)),
  checks: checks.map(({ key, digest }) => ({ check: key, digest })),
});

/**
 * Answers such requests through a prober of this process. A check without a matching digest is refused alone.
 * Several checks may share a key.
 */
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
