import { describe, expect, test } from "vitest";
import { walkBudget } from "../../src/capacity/walk_budget.ts";
import { measuredRoundMs } from "../../src/capacity/walk_budget.ts";
import { assumedRoundMs } from "../../src/config/phases.ts";
import { loadValue } from "../../src/config/mod.ts";
import { KINDS } from "../../functions/deno/kinds.ts";

/** So many checks of two requests each, dealt over so many hosts. */
async function config(
  checks: number,
  hosts: number,
  { every = "1m", ...top }: { every?: string; concurrency?: number } = {},
) {
  const journey = [{ request: { path: "/work" }, expect: "body.ok == true" }];
  const targets = Array.from({ length: checks }, (_, i) => ({
    id: `t${i}`,
    url: `https://h${i % hosts}.example`,
    checks: [{ every, report: { path: "/readyz" }, journey }],
  }));
  return (await loadValue({ version: 1, targets, ...top }, { kinds: KINDS, env: () => "x" })).config;
}

const held = async (latencyMs: number, ...args: Parameters<typeof config>) =>
  walkBudget(await config(...args), assumedRoundMs(latencyMs), `${latencyMs} ms a request`);

describe("what a prober can walk", () => {
  // In each of two phases 5,000 rounds of 0.6 s at 256 places; 50 of one host at 6.
  test("10,000 checks at 300 ms on 100 hosts fit, with the figures", async () => {
    const { lines, faults } = await held(300, 10_000, 100);
    expect(faults).toEqual([]);
    expect(lines.map(({ name, value, limit, fits }) => [name, value, limit, fits])).toEqual([
      ["time of the longest walk, s", 11.71875, 50, true],
      ["the same at the fullest host, s", 5, 50, true],
      ["rounds under way, mean", expect.closeTo(100), 256, true],
      ["phases of a period", 2, null, true],
      ["commits of a period", 2, null, true],
    ]);
  });

  test.each<[string, number, Parameters<typeof config>, { message: string; remedy: string }[]]>([
    ["too long a walk", 1_000, [8_000, 100], [{
      message: "8000 checks of all hosts take a prober 63 s of its 50 s, 256 rounds at once, " +
        "1000 ms a request: the first that does not fit is t6400/default",
      remedy: "concurrency: 320, or a longer `every`",
    }]],
    ["walks in two phases, but more than a minute holds", 1_000, [10_000, 100], [{
      message: "the checks of all hosts need 334 rounds at once all the time and have 256, " +
        "1000 ms a request: the first that does not fit is t7680/default",
      remedy: "concurrency: 334, or a longer `every`",
    }]],
    // 1,000 rounds of 0.6 s a minute
    ["a host that is asked too much", 300, [1_000, 1], [{
      message: "the checks of h0.example need 10 rounds at once all the time and have 6, " +
        "300 ms a request: the first that does not fit is t600/default",
      remedy: "connectionsPerHost: 10, or a longer `every`",
    }]],
    ["fewer places than a host may have", 300, [1_000, 1, { concurrency: 2 }], [{
      message: expect.stringContaining("checks of all hosts take a prober"),
      remedy: "concurrency: 10, or a longer `every`",
    }]],
    ["more than a config can say", 20_000, [10_000, 100, { every: "2m" }], [{
      message: expect.stringContaining("checks of all hosts take a prober"),
      remedy: "a longer `every`, or fewer checks in one config",
    }, expect.anything()]],
    ["periods under a minute", 300, [200, 1, { every: "10s" }], [{
      message: expect.stringContaining("need 12 rounds at once all the time and have 6"),
      remedy: "connectionsPerHost: 12, or a longer `every`",
    }]],
    // In phases: 250 s of 6 places, but ten minutes to do it in.
    ["what phases make room for", 200, [3_750, 1, { every: "10m" }], []],
  ])("%s", async (_, latencyMs, args, faults) => {
    const found = (await held(latencyMs, ...args)).faults;
    expect(found.map(({ message, remedy }) => ({ message, remedy }))).toEqual(faults);
  });

  test("by measured rounds, and the others by the latency that follows from these", async () => {
    const { checks } = await config(3, 1);
    const roundMs = measuredRoundMs(
      checks,
      new Map([["t0/default", 100], ["t1/default", 300], ["gone/x", 9]]),
    );
    expect(checks.map(roundMs)).toEqual([100, 300, 200]);
  });
});
