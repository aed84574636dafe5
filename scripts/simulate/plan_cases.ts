/**
 * Simulates the cases that the planner is tested against: `deno run -A scripts/simulate/plan_cases.ts
 * [samples]` writes test/capacity/detection_cases.json. From a random instant on, a service fails a share of
 * its walks, until an incident opens. The real judgement judges each sample turn by turn, with confirmations,
 * but without network and store.
 */
import type { Check, Region } from "../../src/config/config.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import { dealTurns, turnAt, turnsOf } from "../../src/config/schedule.ts";
import { detectionOf } from "../../src/capacity/detection.ts";
import { assess } from "../../src/judgement/assess.ts";
import type { Arrival, Walk } from "../../src/judgement/round.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { chanceOf } from "./chance.ts";
import { roundOf } from "./rounds.ts";
import { configOf, START_MS } from "./run.ts";
import type { CheckSettings } from "./tape.ts";

const FILE = "test/capacity/detection_cases.json";

/** One case, with the time (s) it took to open an incident. */
export interface DetectionCase {
  regions: number;
  failureThreshold: number;
  share: number;
  /** Default turns, confirmation and retry, or none of them. */
  defaults: boolean;
  samples: number;
  mean: number;
  p95: number;
}

type Setting = Pick<DetectionCase, "regions" | "failureThreshold" | "share" | "defaults">;

/** The loaded config of a case. */
export const configOfCase = ({ regions, failureThreshold, defaults }: Omit<Setting, "share">) => {
  const settings: CheckSettings = { failureThreshold, ...(!defaults && { turns: 1, confirm: 0, retry: 0 }) };
  return configOf({ regions, probers: 1 }, MINUTE_MS, settings);
};

/** Yields the walks of a check in order: each slot's turns, and the confirmations due between them. */
function* walksOf(check: Check, regions: readonly Region[], state: () => CheckState | undefined) {
  const turns = turnsOf(check, regions);
  const dealt = dealTurns(regions, turns);
  const all = [...dealt.keys()];
  let confirmed = -Infinity;
  for (let slot = START_MS;; slot += MINUTE_MS) {
    for (let turn = 0; turn < turns; turn++) {
      const at = turnAt(check, slot, turn, turns);
      const due = state()?.scopes.global?.confirmation?.at;
      if (due !== undefined && due <= at && due > confirmed) {
        confirmed = due;
        yield { walk: { slot: due, at: due, kind: "confirmation" } as Walk, probers: all };
      }
      yield { walk: { slot, at, kind: "turn" } as Walk, probers: all.filter((id) => dealt.get(id) === turn) };
    }
  }
}

/** The time (s) that one simulated failure takes to open an incident. */
function detect(
  check: Check,
  regions: readonly Region[],
  { share, seed }: { share: number; seed: number },
): number {
  const from = START_MS + 2 * MINUTE_MS + Math.floor(chanceOf(seed, 1) * MINUTE_MS);
  let state: CheckState | undefined;
  let count = 0;
  for (const { walk, probers } of walksOf(check, regions, () => state)) {
    const arrivals = probers.map((prober): Arrival => {
      const fails = walk.at >= from && chanceOf(seed, 2, count++) < share;
      return { prober, walk, round: roundOf(fails ? "drift" : "ready", walk.at) };
    });
    const judged = assess(check, regions, arrivals, { before: state, newId: () => "one" });
    state = judged.state;
    const isNoticed = judged.transitions.some(({ incident: { family } }) => family === "service");
    if (isNoticed) return (walk.at - from) / SECOND_MS;
  }
  throw new Error("The walks of a check never end");
}

/** Simulates a case with a number of samples. */
export async function simulateCase(setting: Setting, samples: number): Promise<DetectionCase> {
  const { checks: [check], regions } = await configOfCase(setting);
  const delays = Array.from(
    { length: samples },
    (_, i) => detect(check!, regions, { ...setting, seed: i + 1 }),
  );
  delays.sort((a, b) => a - b);
  const round = (seconds: number) => Math.round(seconds * 10) / 10;
  const mean = delays.reduce((sum, one) => sum + one, 0) / samples;
  return { ...setting, samples, mean: round(mean), p95: round(delays[Math.ceil(samples * 0.95) - 1]!) };
}

/** Cases with a longer mean are left out, to bound the run time. */
const MOST_MS = 35 * MINUTE_MS;

/** Every combination whose predicted mean is within `MOST_MS`. */
export async function* settings(): AsyncGenerator<Setting> {
  for (const defaults of [true, false]) {
    for (const regions of [1, 2, 3, 5]) {
      for (const failureThreshold of [1, 2, 3]) {
        for (const share of [1, 1 / 2, 1 / 3, 1 / 5]) {
          const setting = { regions, failureThreshold, share, defaults };
          const config = await configOfCase(setting);
          const { meanMs } = detectionOf({ check: config.checks[0]!, regions: config.regions, share });
          if (meanMs <= MOST_MS) yield setting;
        }
      }
    }
  }
}

if (import.meta.main) {
  const [samples = 3_000] = Deno.args.map(Number);
  const cases: DetectionCase[] = [];
  for await (const setting of settings()) {
    cases.push(await simulateCase(setting, setting.share === 1 ? Math.ceil(samples / 5) : samples));
    console.error(JSON.stringify(cases.at(-1)));
  }
  await Deno.writeTextFile(
    FILE,
    `${JSON.stringify({ on: new Date().toISOString().slice(0, 10), cases }, null, 1)}\n`,
  );
}
