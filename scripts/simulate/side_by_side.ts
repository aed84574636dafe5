/** Compares Assay's rules with those of other tools in the same worlds. */
import { deal } from "./deal.ts";
import { type Row, rowOf, type Sample, sampleOf } from "./figures.ts";
import { applyRule, OTHER_RULES } from "./other_rules.ts";
import type { Outcome } from "./simulate.ts";
import type { Tape } from "./tape.ts";

/** The worlds to compare, at one-minute checks from three regions. */
export const COMPARED: readonly string[] = [
  "drift",
  "outage",
  "hanging drift",
  "deploy that overclaims",
  "outage with a silent prober",
  "hung prober",
  "one bad replica of 5",
  "stale config in one region",
  "flapping",
  "dependency blip",
  "healthy, 1 % lost",
  "healthy, 5 % lost",
  "healthy, loss in bursts",
  "prober offline",
  "honest starts",
];

/** The name of Assay's rules in the tables. */
export const ASSAY = "Assay";

/** One world under every rule, Assay's first. */
export interface Comparison {
  world: string;
  rules: { rule: string; row: Row; delays: number[] }[];
}

/** Runs `hours` of each world under every rule. `runAll` runs tapes under Assay. */
export async function compareRules(
  { hours, seed, worlds = COMPARED }: { hours: number; seed: number; worlds?: readonly string[] },
  runAll: (tapes: readonly Tape[]) => Promise<Outcome[]>,
): Promise<Comparison[]> {
  const dealt = worlds.map((world) =>
    deal({ hours, seed, world, topology: { regions: 3, probers: 1 }, everyMs: 60_000 })
  );
  const outcomes = (await runAll(dealt.flat())).values();
  return worlds.map((world, i) => {
    const tapes = dealt[i]!;
    const ours = tapes.map(() => outcomes.next().value!.sample);
    const theirs = OTHER_RULES.map((rule) => ({
      rule: rule.name,
      samples: tapes.map((tape) => {
        const { notices, requests } = applyRule(rule, tape);
        return sampleOf(tape, notices, { requests, judgements: 0 });
      }),
    }));
    return { world, rules: [{ rule: ASSAY, samples: ours }, ...theirs].map(figuresOf) };
  });
}

const figuresOf = ({ rule, samples }: { rule: string; samples: Sample[] }) => (
  { rule, row: rowOf(samples), delays: samples.flatMap(({ delays }) => delays) }
);
