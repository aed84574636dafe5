import { expect, test } from "vitest";
import { Statistics } from "../../../src/engine/settler/statistics.ts";
import { roundOf } from "../../world/scripted_probers.ts";

const roundOfMs = (totalMs: number) => {
  const round = roundOf("ready", 0);
  return { round: { ...round, before: null, observation: { ...round.observation, totalMs } } };
};

test("95 of 100 rounds took no longer than p95 says, to a tenth", () => {
  const statistics = new Statistics();
  for (let ms = 1; ms <= 1_000; ms++) statistics.countBrought(roundOfMs(ms));
  const { walked, roundP95Ms } = statistics.take();
  expect(walked).toBe(1_000);
  expect(roundP95Ms).toBeGreaterThanOrEqual(950);
  expect(roundP95Ms).toBeLessThan(1_045);
});

test("no rounds have no p95, and the longest lag is told", () => {
  const statistics = new Statistics();
  statistics.countBegun(2, 30);
  statistics.countBegun(1, 12.4);
  statistics.countBrought({ missed: "timeout" });
  expect(statistics.take()).toEqual({
    due: 3,
    walked: 0,
    missed: 1,
    reasons: { timeout: 1 },
    lagMs: 30,
    commits: 0,
    notices: 0,
  });
});
