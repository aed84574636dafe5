/** Runs the experiment: one run at a time, in an order shuffled by the seed. */
import { sequence } from "../simulate/chance.ts";
import { type Arm, ARMS } from "./arms.ts";
import { CONSTANTS } from "./constants.ts";
import { type Figures, figuresOf, type Request } from "./figures.ts";
import { startFleet } from "./fleet.ts";
import { startScript } from "../bench/processes.ts";
import { type Scenario, SCENARIOS } from "./scenarios.ts";

/** What to run. */
export interface Plan {
  seeds: readonly number[];
  scenarios?: readonly string[];
  arms?: readonly string[];
  /** Default: from the constants. */
  runMs?: number;
}

/** One run and its figures. */
export interface Run {
  scenario: string;
  arm: string;
  seed: number;
  figures: Figures;
}

const LOAD = new URL("load.ts", import.meta.url).pathname;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Yields each run of a plan as it ends. */
export async function* runAll(
  { seeds, scenarios, arms, runMs }: Plan,
): AsyncGenerator<Run> {
  const wanted = SCENARIOS.filter(({ id }) => scenarios?.includes(id) ?? true).flatMap((scenario) =>
    ARMS.filter(({ id }) => arms?.includes(id) ?? true).map((arm) => ({ scenario, arm }))
  );
  for (const seed of seeds) {
    const chance = sequence(seed);
    const scale = 0.8 + 0.4 * chance();
    for (const { scenario, arm } of shuffle(wanted, chance)) {
      const figures = await runOnce(scenario, arm, { scale, runMs: runMs ?? CONSTANTS.runMs[scenario.id] });
      yield { scenario: scenario.id, arm: arm.id, seed, figures };
    }
  }
}

async function runOnce(
  scenario: Scenario,
  arm: Arm,
  how: { scale: number; runMs: number },
): Promise<Figures> {
  const fleet = await startFleet(arm, how.scale);
  try {
    const load = await startScript(LOAD, ["--url", fleet.url, "--ms", String(how.runMs)]);
    await sleep(CONSTANTS.leadMs);
    const began = performance.now();
    let end: Pick<Figures, "ending" | "tookMs"> = {
      ending: "not finished",
      tookMs: how.runMs - CONSTANTS.leadMs,
    };
    const rollout = scenario.run(fleet).then((ending) => {
      end = { ending, tookMs: Math.round(performance.now() - began) };
    });
    const output = await load.output;
    const { results } = JSON.parse(output.trim().split("\n").at(-1)!) as { results: Request[] };
    const figures = figuresOf(results, end);
    await rollout;
    return figures;
  } finally {
    await fleet.stop();
  }
}

/** Fisher-Yates shuffle of a copy. */
function shuffle<T>(all: readonly T[], chance: () => number): T[] {
  const dealt = [...all];
  for (let i = dealt.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [dealt[i], dealt[j]] = [dealt[j]!, dealt[i]!];
  }
  return dealt;
}
