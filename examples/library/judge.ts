/** Judges what somebody else has probed: for each region the answer of a health endpoint, and whether a real request went through. */
import { compare, DIALECTS, isConclusive, read, tally } from "../../src/mod.ts";

const quorum = { open: "majority", resolve: "majority", minReporting: 2 } as const;

/** One region's result. */
export interface ProbeResult {
  health: { url: string; status: number; body: string };
  passed: boolean;
}

/** The outcome of all regions: "drift" where most say ready and fail. */
export function judge(results: ProbeResult[]) {
  const verdicts = results.map(({ health: { url, status, body }, passed }) => {
    const answer = { url: new URL(url), status, headers: new Headers(), text: body };
    const claim = read(answer, { dialect: "auto" }, DIALECTS);
    return compare(claim, passed ? "pass" : "fail", claim).word;
  });
  return tally(verdicts.filter(isConclusive), quorum);
}
