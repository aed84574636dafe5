import { Command, InvalidArgumentError, Option } from "commander";
import { SECOND_MS } from "../../src/base/time.ts";
import { durationFrom } from "./duration_option.ts";
import type { Simulation } from "../simulate/simulate.ts";
import { parseTopology, type Topology } from "../simulate/tape.ts";
import { WORLDS } from "../simulate/worlds.ts";
import { printResult } from "./terminal.ts";

interface SimulateOptions {
  hours: number;
  seed: number;
  jobs: number;
  world?: string;
  topology?: Topology;
  every?: number;
  sideBySide?: boolean;
  json?: boolean;
}

/** `assay simulate`: runs Assay in virtual time. Exit 0 no violation, 1 a violation, 3 usage. */
export const simulateCommand = new Command("simulate")
  .description(
    "Run Assay in virtual time against scripted worlds. Exit 0 no violation, 1 a violation, 3 usage.",
  )
  .addOption(new Option("--hours <n>", "total simulated hours").argParser(positive).default(100))
  .addOption(new Option("--seed <n>", "the random seed").argParser(positive).default(1))
  .addOption(
    new Option("--jobs <n>", "parallel runs").argParser(positive).default(navigator.hardwareConcurrency),
  )
  .addOption(new Option("--world <name>", "only this world").choices(Object.keys(WORLDS)))
  .addOption(
    new Option("--topology <RxP>", "only this many regions with this many probers each, such as 3x1")
      .argParser(topology),
  )
  .addOption(new Option("--every <duration>", "only this check period").argParser(durationFrom("1ms", "1m")))
  .option("--side-by-side", "compare with the rules of other tools, --hours of each world")
  .option("--json", "print JSON")
  .action(async ({ json, jobs, every, sideBySide, ...wanted }: SimulateOptions) => {
    if (sideBySide) return await printComparison(wanted, { json, jobs });
    // Imported on demand: no other verb needs the simulation, and its oracle lives in test/.
    const [{ simulate }, { inWorkers }] = await Promise.all([
      import("../simulate/simulate.ts"),
      import("../simulate/parallel.ts"),
    ]);
    const beganMs = performance.now();
    const result = await simulate({ ...wanted, everyMs: every }, inWorkers(jobs));
    console.error(`${result.hours} h in ${Math.round((performance.now() - beganMs) / SECOND_MS)} s`);
    printResult({ json, value: result }, format(result));
    if (result.violations > 0) Deno.exit(1);
  });

async function printComparison(
  wanted: Pick<SimulateOptions, "hours" | "seed">,
  { json, jobs }: Pick<SimulateOptions, "json" | "jobs">,
): Promise<void> {
  const [{ compareRules }, { inWorkers }, { tablesOf }] = await Promise.all([
    import("../simulate/side_by_side.ts"),
    import("../simulate/parallel.ts"),
    import("../simulate/tables.ts"),
  ]);
  const compared = await compareRules(wanted, inWorkers(jobs));
  const value = compared.map(({ world, rules }) => ({
    world,
    rules: rules.map(({ rule, row }) => ({ rule, ...row })),
  }));
  printResult({ json, value }, tablesOf(compared).join("\n"));
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Not a positive whole number.");
  return value;
}

function topology(text: string): Topology {
  const found = parseTopology(text);
  if (!found) throw new InvalidArgumentError("Not a topology, such as 3x1.");
  return found;
}

const cell = (value: number | null) => value === null ? "" : String(value);

function format(result: Simulation): string {
  const { hours, runs, judgements, compared, violations, failing, seed } = result;
  const head = ["world", "topology", "every s", "hours", "episodes", "notice p50 s", "p95", "missed"];
  const more = ["recovered p95 s", "false a month", "notices"];
  const rows = result.rows.map((row) =>
    [
      row.world,
      row.topology,
      ...[row.everySeconds, row.hours, row.episodes, row.detectionP50, row.detectionP95, row.missed].map(
        cell,
      ),
      ...[row.recoveryP95, row.falseAMonth, row.notices].map(cell),
    ].join(" | ")
  );
  return [
    `seed ${seed}: ${hours} h in ${runs} runs, ${judgements} judgements, ${compared} of them repeated by the oracle`,
    [...head, ...more].join(" | "),
    ...rows,
    ...result.bars.map(({ what, value, most, over, least, holds }) =>
      `${holds ? "holds" : "BROKEN"}: ${what}: ${cell(value)}, limit ${most}, sample ${over}${
        over < least ? ` (too small: ${least} needed)` : ""
      }`
    ),
    ...failing.map(({ tape, violations }) => `${violations.join("\n")}\n${JSON.stringify(tape)}`),
    `violations: ${violations}`,
  ].join("\n");
}
