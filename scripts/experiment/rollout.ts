/**
 * `deno task experiment rollout --seeds 5`: measures how many client requests fail during rollouts of a
 * stateful service, depending on what decides that a replica may serve. Prints a line per run and the tables.
 * A full run writes docs/experiment.json, the plots and the tables of docs/experiment.md. `--add --first 5
 * --seeds 1` keeps the runs in the JSON and adds seed 5.
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { replacePart, today } from "../bench/document.ts";
import { machine } from "../bench/table.ts";
import { CONSTANTS } from "./constants.ts";
import { plotOf, tables } from "./report.ts";
import { type Run, runAll } from "./run.ts";
import { SCENARIOS } from "./scenarios.ts";

const DOCS = fileURLToPath(new URL("../../docs/", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "5" },
    first: { type: "string", default: "1" },
    scenario: { type: "string", multiple: true },
    arm: { type: "string", multiple: true },
    seconds: { type: "string" },
    add: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
if (positionals[0] !== "rollout") {
  console.error(
    "Usage: deno task experiment rollout [--seeds N] [--scenario ID] [--arm ID] [--add] [--json]",
  );
  Deno.exit(3);
}

const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => Number(values.first) + i);
const kept = values.add ? await keptRuns() : [];
const runs: Run[] = [];
const plan = { seeds, scenarios: values.scenario, arms: values.arm };
for await (
  const run of runAll({ ...plan, runMs: values.seconds ? Number(values.seconds) * 1_000 : undefined })
) {
  runs.push(run);
  const { failed, requests, worst, ending, tookMs } = run.figures;
  console.error(
    `${run.scenario} ${run.arm} seed ${run.seed}: ${failed} of ${requests} failed, worst half second ${
      (100 * worst).toFixed(0)
    } %, ${ending} after ${(tookMs / 1_000).toFixed(1)} s`,
  );
}
console.log(values.json ? JSON.stringify(runs) : tables(runs).join("\n"));
if (!values.scenario && !values.arm && !values.seconds) await writeDocs([...kept, ...runs]);

/** The documented runs of other seeds. Throws if they were made with other constants. */
async function keptRuns(): Promise<Run[]> {
  const { constants, runs } = JSON.parse(await Deno.readTextFile(`${DOCS}experiment.json`));
  if (JSON.stringify(constants) !== JSON.stringify(CONSTANTS)) {
    throw new Error(
      "docs/experiment.json was measured with other constants: run all seeds again, without --add",
    );
  }
  return (runs as Run[]).filter(({ seed }) => !seeds.includes(seed));
}

async function writeDocs(runs: readonly Run[]): Promise<void> {
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  const measured = { day: today(), machine: machine(), seeds, constants: CONSTANTS };
  await Deno.writeTextFile(`${DOCS}experiment.json`, `${JSON.stringify({ ...measured, runs })}\n`);
  for (const { id } of SCENARIOS) await Deno.writeTextFile(`${DOCS}experiment-${id}.svg`, plotOf(runs, id));
  await replacePart(`${DOCS}experiment.md`, "results", [
    `Measured ${measured.day} on ${measured.machine}; seeds ${seeds.join(", ")}.`,
    "",
    ...tables(runs),
  ]);
}
