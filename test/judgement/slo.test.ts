import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BURN_ALERTS,
  type ErrorBudget,
  errorBudget,
  rateOf,
  SLO_WINDOWS,
  type SloWindow,
} from "../../src/judgement/slo.ts";

const NOW = 1_790_000_000_000;
const WINDOWS = Object.keys(SLO_WINDOWS) as SloWindow[];

/** A budget of 99.9 % where each window has this share of bad time, `judged` of it being judged at all. */
function spent(
  bad: Partial<Record<SloWindow, number>>,
  { objective = 0.999, judged = 1, unjudged = 0 } = {},
): ErrorBudget {
  return errorBudget(objective, (window) => {
    const seconds = SLO_WINDOWS[window] / 1_000 * judged;
    const badSeconds = (bad[window] ?? 0) * seconds;
    return {
      from: NOW - SLO_WINDOWS[window],
      level: { goodSeconds: seconds - badSeconds, badSeconds, unjudgedSeconds: unjudged },
    };
  }, NOW);
}

const firing = ({ alerts }: ErrorBudget) => alerts.filter(({ isFiring }) => isFiring).map(({ long }) => long);

describe("burn rates and alerts are the workbook's", () => {
  test.each<[string, Partial<Record<SloWindow, number>>, SloWindow[]]>([
    ["nothing failed", {}, []],
    ["a whole outage of five minutes: the hour burns at 83", { "5m": 1, "30m": 1 / 6, "1h": 1 / 12 }, ["1h"]],
    ["the same, over: the short window ends the alert", { "5m": 0, "30m": 1 / 6, "1h": 1 / 12 }, []],
    ["2 % failing for six hours", { "5m": 0.02, "30m": 0.02, "1h": 0.02, "6h": 0.02 }, ["1h", "6h"]],
    ["0.7 % failing for six hours", { "30m": 0.007, "1h": 0.007, "6h": 0.007 }, ["6h"]],
    ["0.2 % failing for three days", { "6h": 0.002, "3d": 0.002 }, ["3d"]],
    ["just the objective", { "5m": 0.001, "30m": 0.001, "1h": 0.001, "6h": 0.001, "3d": 0.0009 }, []],
  ])("%s", (_, bad, alerts) => {
    expect(firing(spent(bad))).toEqual(alerts);
  });

  test("a rate of 14.4 over an hour is 2 % of the budget of 30 days, 6 over six hours 5 %, 1 over three days 10 %", () => {
    const shares = BURN_ALERTS.map(({ long, factor }) => factor * SLO_WINDOWS[long] / SLO_WINDOWS["30d"]);
    expect(shares.map((share) => share.toFixed(3))).toEqual(["0.020", "0.050", "0.100"]);
  });

  test.each<[long: number, short: number, alerts: SloWindow[]]>([
    [0.5, 0.6, []],
    [0.6, 0.5, []],
    [0.6, 0.6, ["3d"]],
  ])(
    "of an objective of a half, %d of three days and %d of six hours failing fire %j",
    (long, short, alerts) => {
      expect(firing(spent({ "3d": long, "6h": short }, { objective: 0.5 }))).toEqual(alerts);
    },
  );

  test.each([[0.999, 2_592], [0.9999, 259.2], [0.5, 1_296_000]])(
    "an objective of %d allows %d s of failing in 30 days",
    (objective, seconds) => expect(spent({}, { objective }).allowedSeconds).toBe(seconds),
  );

  test("a short window in which nothing was judged does not stand in the way", () => {
    const budget = errorBudget(0.99, (window) => ({
      from: NOW - SLO_WINDOWS[window],
      level: { goodSeconds: 0, badSeconds: window === "1h" ? 60 : 0, unjudgedSeconds: 0 },
    }), NOW);
    expect([rateOf(budget, "1h")?.toFixed(6), rateOf(budget, "5m"), firing(budget)]).toEqual([
      "100.000000",
      null,
      ["1h"],
    ]);
  });
});

test.each([
  ["nothing spent", 0, 1],
  ["half", 0.0005, 0.5],
  ["overspent", 0.002, -1],
])("what is left of the budget: %s", (_, bad, left) => {
  expect(spent({ "30d": bad }).left).toBeCloseTo(left, 9);
});

test("without any judged time nothing is known: neither spent nor left", () => {
  const budget = spent({}, { judged: 0, unjudged: 7 });
  expect(budget.left).toBeNull();
  expect(budget.burn.every(({ rate, coverage }) => rate === null && coverage === 0)).toBe(true);
  expect(firing(budget)).toEqual([]);
});

test("time that was not judged changes no rate, and only lowers the coverage", () => {
  fc.assert(fc.property(
    fc.record({
      bad: fc.double({ min: 0, max: 1, noNaN: true }),
      judged: fc.double({ min: 0.001, max: 1, noNaN: true }),
      unjudged: fc.double({ min: 0, max: 1e6, noNaN: true }),
      objective: fc.constantFrom(0.9, 0.99, 0.999, 0.999999),
    }),
    ({ bad, judged, unjudged, objective }) => {
      const every = Object.fromEntries(WINDOWS.map((window) => [window, bad]));
      const whole = spent(every, { objective });
      const part = spent(every, { objective, judged, unjudged });
      for (const [i, { rate, coverage }] of part.burn.entries()) {
        expect(rate).toBeCloseTo(whole.burn[i]!.rate!, 5);
        expect(coverage).toBeCloseTo(judged, 9);
      }
      expect(part.left! <= 1).toBe(true);
      expect(firing(part)).toEqual(bad / (1 - objective) > 14.5 ? ["1h", "6h", "3d"] : firing(whole));
    },
  ));
});
