import { describe, expect, test } from "vitest";
import { alarmsAYear, detectionOf } from "../../src/capacity/detection.ts";
import { observedLoss } from "../../src/capacity/observed_loss.ts";
import { plan } from "../../src/capacity/plan.ts";
import { planDoubts } from "../../src/capacity/plan_doubts.ts";
import { shareDetection } from "../../src/capacity/share_detection.ts";
import { groupsOf } from "../../src/capacity/voters.ts";
import type { Check, Region } from "../../src/config/config.ts";
import type { Trace } from "../../src/judgement/assess.ts";
import { configOf } from "../../scripts/simulate/run.ts";
import { configOfCase, type DetectionCase, simulateCase } from "../../scripts/simulate/plan_cases.ts";
import simulated from "./detection_cases.json" with { type: "json" };

const MINUTE = 60_000;
const MONTHS_A_YEAR = 365 / 30;
const cases: DetectionCase[] = simulated.cases;
const setOf = ({ defaults }: Pick<DetectionCase, "defaults">) =>
  defaults ? "with the defaults" : "without them";
const nameOf = (one: DetectionCase) =>
  `${one.regions} regions, threshold ${one.failureThreshold}, ${Math.round(100 * one.share)} % fail, ${
    setOf(one)
  }`;

async function settingOf(one: Omit<DetectionCase, "samples" | "mean" | "p95">) {
  const { checks: [check], regions } = await configOfCase(one);
  return { check: check!, regions, share: one.share };
}

/** How far off, as a share of what was simulated. */
const off = (planned: number, simulated: number) => Math.abs(planned / 1_000 - simulated) / simulated;

describe(`the chain against the simulation of ${simulated.on}`, () => {
  test("there are 34 cases and more of each", () => {
    for (const defaults of [true, false]) {
      expect(cases.filter((one) => one.defaults === defaults).length).toBeGreaterThanOrEqual(34);
    }
  });

  test.each(cases.map((one) => [nameOf(one), one] as const))("%s", async (_name, one) => {
    const planned = detectionOf(await settingOf(one));
    expect(off(planned.meanMs, one.mean)).toBeLessThan(0.1);
    expect(off(planned.quantile(0.95), one.p95)).toBeLessThan(0.15);
  });

  test("which says the same when it is run again", async () => {
    const { mean, p95, samples, ...setting } = cases.find(({ share }) => share === 1)!;
    expect(await simulateCase(setting, samples)).toEqual({ ...setting, samples, mean, p95 });
  });
});

/** `regions` of `probers`, at one minute. */
async function small(regions: number, probers: number, own: Partial<Check> = {}) {
  const config = await configOf({ regions, probers }, MINUTE);
  return { check: { ...config.checks[0]!, ...own }, regions: config.regions };
}

const PLAIN = { turns: 1, confirmMs: 0, retry: 0 } as const;

describe("closed forms", () => {
  test.each([1, 2, 3, 5])(
    "a hard failure takes (k - 1/2) periods, at most k, with threshold %i",
    async (k) => {
      const { meanMs, quantile } = detectionOf({
        ...await small(1, 1, { ...PLAIN, failureThreshold: k }),
        share: 1,
      });
      expect(meanMs).toBeCloseTo((k - 0.5) * MINUTE);
      expect(quantile(0.95)).toBeCloseTo((k - 0.05) * MINUTE, -1);
    },
  );

  // The figures of the simulation of the version before, a month: two requests a journey, controls that answer for lost ones.
  test.each([[1, 0.01, 17.3], [1, 0.05, 340], [3, 0.05, 27.4]])(
    "false alarms of %i regions at a loss of %d",
    async (count, loss, aMonth) => {
      const share = (1 - (1 - loss) ** 2) * (1 - loss);
      const found = alarmsAYear({ ...await small(count, 1, PLAIN), share }) / MONTHS_A_YEAR;
      expect(Math.abs(found - aMonth) / aMonth).toBeLessThan(0.1);
    },
  );

  test("nothing fails, nothing is told; everything fails of three threes as of three ones", async () => {
    expect(alarmsAYear({ ...await small(3, 1), share: 0 })).toBe(0);
    const [ones, threes] = [await small(3, 1), await small(3, 3)].map((one) =>
      detectionOf({ ...one, share: 1 })
    );
    expect(threes!.meanMs).toBeCloseTo(ones!.meanMs);
    expect(threes!.quantile(0.95)).toBeCloseTo(ones!.quantile(0.95));
  });

  test("one region of three alone tells nothing of the whole", async () => {
    const { quantile } = detectionOf({ ...await small(3, 1), share: [1, 0, 0] });
    expect(quantile(0.95)).toBe(quantile(0.05));
  });

  test("too many probers are said, not guessed", async () => {
    const { check } = await small(1, 1);
    const regions = Array.from({ length: 12 }, (_, r): Region => ({
      id: `r${r}`,
      quorum: check.quorum,
      probers: [{ id: `p${r}`, region: `r${r}`, kind: "local" }],
    }));
    expect(() => detectionOf({ check, regions, share: 1 })).toThrow(RangeError);
    expect(planDoubts({ checks: [check], regions })).toEqual([]);
  });
});

test("probers of one region and turn are counted together", async () => {
  const { check, regions } = await small(3, 3);
  const groups = groupsOf(check, regions, () => 0.5);
  expect(groups.map(({ region, turn, bad }) => [region, turn, bad.length])).toEqual([[0, 0, 20], [1, 1, 20], [
    2,
    2,
    20,
  ]]);
  for (const { steps } of groups) {
    for (const outcomes of steps) {
      expect(outcomes.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1);
    }
  }
});

describe("a plan", () => {
  const OPTIONS = { loss: 0.01, replicas: 5, latencyMs: 0 };
  const planOf = async (...of: Parameters<typeof small>) => {
    const { check, regions } = await small(...of);
    return plan({ checks: [check], regions }, OPTIONS)[0]!;
  };

  test("of the defaults says what the simulation says", async () => {
    const found = await planOf(3, 1);
    expect(found).toMatchObject({
      check: "shop/orders",
      everySeconds: 60,
      regions: 3,
      probers: 3,
      turns: 3,
      drift: { p50: 35, p95: 44 },
      outage: { p50: 36, p95: 45 },
      hangingDrift: { p50: 56, p95: 65 },
      commitsADay: 4_320,
    });
    expect(found.region!.p50).toBeCloseTo(655, 0);
    expect(found.falseAlarmsAYear).toBeLessThan(0.01);
    // 3 requests from 3 probers, and now and then once more.
    expect(found.requestsADay).toBeCloseTo(12_960 * (2 - 0.99 ** 3), -1);
  });

  test("says what another setting would change", async () => {
    const found = await planOf(3, 1);
    const by = new Map(found.variants.map((one) => [one.change, one]));
    expect([...by.keys()]).toEqual([
      "one more region",
      "failureThreshold 3",
      "failureThreshold 1",
      "confirm 0",
      "turns 1",
    ]);
    expect(by.get("failureThreshold 3")!.drift.p50).toBeGreaterThan(found.drift.p50!);
    expect(by.get("failureThreshold 1")!.falseAlarmsAYear).toBeGreaterThan(1);
    expect(by.get("turns 1")!.commitsADay).toBe(1_440);
    expect(by.get("confirm 0")!.drift).toEqual({ p50: 90, p95: 99 });
    expect(by.get("one more region")!.requestsADay).toBeGreaterThan(found.requestsADay);
  });

  test("one region has no advisory of its own", async () => expect((await planOf(1, 1)).region).toBeNull());

  test("where each region decides by itself, the first to tell is what counts", async () => {
    const found = await planOf(3, 1, { scope: "region" });
    expect(found.region!.p50).toBe(55);
    expect(found.drift.p50).toBeLessThanOrEqual(35);
  });
});

test("a share of failures is told by the advisory's own sums, the sooner the more fail", async () => {
  const { check, regions } = await small(3, 1);
  const delays = [0.2, 0.36, 0.9].map((share) => shareDetection(check, regions, share).meanMs / MINUTE);
  expect(delays.toSorted((a, b) => b - a)).toEqual(delays);
  expect(shareDetection(check, regions, 0).quantile(0.5)).toBe(86_400_000);
  // Two failures of each other region, at least: four verdicts of three.
  expect(delays[2]).toBeGreaterThan(1);
});

describe("the loss that was met", () => {
  const line = (word: Trace["word"], again: boolean, outcome = "ready" as const) => (
    { outcome, traces: [{ prober: "a", word, ...(again && { again: true as const }) }] }
  );
  test("follows from the walks that were walked again", async () => {
    const { check } = await small(1, 1);
    const lines = Array.from({ length: 300 }, (_, i) => line("ready", i % 10 === 0));
    // One walk of three requests in ten.
    expect(observedLoss(check, lines)).toBeCloseTo(1 - 0.9 ** (1 / 3));
    expect(observedLoss(check, lines.slice(0, 99))).toBeUndefined();
    expect(observedLoss({ ...check, retry: 0 }, lines)).toBeUndefined();
    expect(observedLoss(check, lines.map((one) => ({ ...one, outcome: "down" as const })))).toBeUndefined();
  });
});

describe("the planner doubts", () => {
  test.each<[name: string, own: Partial<Check>, doubts: RegExp[]]>([
    ["nothing of the defaults", {}, []],
    ["a threshold of one", { failureThreshold: 1 }, [
      /at 1 % of lost requests it sends about \d+ false alarms/,
    ]],
    ["no retry", { retry: 0 }, [/false alarms a year/]],
  ])("%s", async (_name, own, doubts) => {
    const { check, regions } = await small(1, 1, own);
    const found = planDoubts({ checks: [check, check], regions });
    expect(found).toHaveLength(doubts.length);
    for (const [i, { message, path, severity }] of found.entries()) {
      expect([path, severity]).toEqual(["check shop/orders", "warning"]);
      expect(message).toMatch(doubts[i]!);
    }
  });
});
