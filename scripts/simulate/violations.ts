/** Runs a tape and checks it against the invariants and the oracle. */
import { checkCanResolve, checkChanges, checkDeliveries } from "./invariants.ts";
import { consultOracle, consultPrerequisite } from "./oracle.ts";
import { run, type RunResult } from "./run.ts";
import type { Event, Tape } from "./tape.ts";

/** A run, its violations, and the number of judgements that the oracle compared. */
export interface Verified extends RunResult {
  violations: string[];
  compared: number;
}

/** Events that may deliver a notice twice, with the same id. */
const REPEATING = new Set<Event["kind"]>(["death", "second process", "store", "receiver"]);

/** Runs a tape and checks it. */
export async function verify(tape: Tape): Promise<Verified> {
  const result = await run(tape);
  const { config: { checks, regions }, record, second } = result;
  // The naive judgement only knows periods, and the crons of these worlds are periods.
  const [first, later] = checks.map((check) => ({ ...check, schedule: { everyMs: tape.everyMs } }));
  const agreements = [
    consultOracle(first!, regions, record),
    ...second
      ? [
        consultOracle(later!, regions, second),
        consultPrerequisite(first!, regions, { first: record, second }),
      ]
      : [],
  ];
  const violations = [
    ...checkDeliveries(record, tape.events.some(({ kind }) => REPEATING.has(kind))),
    ...checkChanges(record),
    ...checkCanResolve(first!, regions, record),
    ...second ? [...checkChanges(second), ...checkCanResolve(later!, regions, second)] : [],
    ...agreements.flatMap(({ faults }) => faults),
  ];
  return { ...result, violations, compared: agreements.reduce((sum, { compared }) => sum + compared, 0) };
}
