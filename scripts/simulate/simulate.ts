/** Draws and runs tapes, and reports violations and figures. The same seed gives the same result. */
import { type Bar, barsOf } from "./bars.ts";
import { deal, type Wanted } from "./deal.ts";
import { type Row, rowsOf, type Sample, sampleOf } from "./figures.ts";
import { START_MS } from "./run.ts";
import { shrink } from "./shrink.ts";
import type { Tape } from "./tape.ts";
import { verify } from "./violations.ts";

/** A shrunk failing tape and its violations. */
export interface Failing {
  tape: Tape;
  violations: string[];
}

/** The result of a simulation. */
export interface Simulation {
  seed: number;
  hours: number;
  runs: number;
  judgements: number;
  /** Judgements that the naive oracle repeated. */
  compared: number;
  requests: number;
  violations: number;
  failing: Failing[];
  bars: Bar[];
  rows: Row[];
}

/** How many failing runs are shrunk; further ones probably have the same cause. */
const SHRUNK = 3;

/** The outcome of one run. */
export interface Outcome {
  sample: Sample;
  violations: string[];
  compared: number;
}

/** Runs one tape. */
export async function runOne(tape: Tape): Promise<Outcome> {
  const { record, requests, violations, compared } = await verify(tape);
  const notices = record.changes.map(({ at, change, kind }) => ({ at: at - START_MS, change, kind }));
  const sample = sampleOf(tape, notices, { requests, judgements: record.judgements.length });
  return { sample, violations, compared };
}

/** Simulates the wanted hours. `runAll` runs tapes and returns their outcomes in order. */
export async function simulate(
  wanted: Wanted,
  runAll: (tapes: readonly Tape[]) => Promise<Outcome[]> = runInTurn,
): Promise<Simulation> {
  const tapes = deal(wanted);
  const outcomes = await runAll(tapes);
  const failing: Failing[] = [];
  for (const [i, { violations }] of outcomes.entries()) {
    if (violations.length === 0 || failing.length >= SHRUNK) continue;
    const tape = await shrink(tapes[i]!, async (one) => (await verify(one)).violations.length > 0);
    failing.push({ tape, violations: (await verify(tape)).violations.slice(0, 5) });
  }
  const sum = (value: (outcome: Outcome) => number) => outcomes.reduce((all, one) => all + value(one), 0);
  const rows = rowsOf(outcomes.map(({ sample }) => sample));
  return {
    seed: wanted.seed,
    hours: sum(({ sample }) => sample.hours),
    runs: tapes.length,
    judgements: sum(({ sample }) => sample.judgements),
    compared: sum(({ compared }) => compared),
    requests: sum(({ sample }) => sample.requests),
    violations: sum(({ violations }) => violations.length),
    failing,
    bars: barsOf(rows),
    rows,
  };
}

async function runInTurn(tapes: readonly Tape[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const tape of tapes) outcomes.push(await runOne(tape));
  return outcomes;
}
