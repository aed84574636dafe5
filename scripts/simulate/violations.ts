/** Runs a tape and holds it against everything that must hold. */
import { checkCanResolve, checkChanges, checkDeliveries } from "./invariants.ts";
import { consultOracle } from "./oracle.ts";
import { run, type RunResult } from "./run.ts";
import type { Event, Tape } from "./tape.ts";

/** A run, what is wrong with it, and how many of its judgements the oracle has seen. */
export interface Verified extends RunResult {
  violations: string[];
  compared: number;
}

/** What may make a notice come twice, with the same id. */
const REPEATING = new Set<Event["kind"]>(["death", "second process", "store", "receiver"]);

/** Runs a tape and checks it. */
export async function verify(tape: Tape): Promise<Verified> {
  const result = await run(tape);
  const { config: { checks: [known], regions }, record } = result;
  // A cron of these worlds is a period: who judges naively knows no other.
  const check = { ...known!, schedule: { everyMs: tape.everyMs } };
  const oracle = consultOracle(check, regions, record);
  const violations = [
    ...checkChanges(record),
    ...checkDeliveries(record, tape.events.some(({ kind }) => REPEATING.has(kind))),
    ...checkCanResolve(check, regions, record),
    ...oracle.faults,
  ];
  return { ...result, violations, compared: oracle.compared };
}
