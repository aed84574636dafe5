/** Minimal rounds for judging without a network. */
import type { Round } from "../../src/judgement/round.ts";
import type { Report } from "../../src/evidence/report/report.ts";

/** A round of a service that reports ready and whose journey passed (`ready`) or failed (`drift`). */
export function roundOf(word: "ready" | "drift", at: number): Round {
  const before: Report = {
    state: "ready",
    dialect: "http",
    confidence: "code",
    question: "readiness",
    claims: [],
    contradictions: [],
    subsystems: [],
    at,
    durationMs: 1,
  };
  const failed = word === "drift";
  return {
    before,
    ...(failed && { after: before }),
    observation: { outcome: failed ? "fail" : "pass", transport: false, steps: [], totalMs: 1 },
  };
}
