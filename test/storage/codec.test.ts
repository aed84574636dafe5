import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeHistory,
  decodeStates,
  encodeHistory,
  encodeStates,
  laneOf,
  packChecks,
} from "../../src/storage/codec.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { histories, play } from "../judgement/generators.ts";
import { settlerFixture } from "../world/settler_fixture.ts";
import { testEnv } from "../world/test_env.ts";

/** Checks `t0/default` ..., one target each, with so many regions of one prober. */
async function packed(checks: { every?: string; cron?: string }[], probers = 1) {
  const regions = Array.from(
    { length: probers },
    (_, i) =>
      i === 0
        ? "{ id: r0, probers: [{ id: p0 }] }"
        : `{ id: r${i}, probers: [{ id: p${i}, url: https://p.example, token: "\${env:T}" }] }`,
  );
  const targets = checks.map(({ every = "1m", cron }, i) =>
    `  - { id: t${i}, url: https://t.example, checks: [{ ${
      cron ? `cron: "${cron}"` : `every: ${every}`
    }, timeout: 1s, journey: [{ expect: status == 200 }] }] }`
  );
  const { config } = await testEnv(
    `version: 1\nregions: [${regions.join(", ")}]\ntargets:\n${targets.join("\n")}\n`,
  );
  return { config, packing: packChecks(config) };
}

const times = (count: number, every = "1m") => Array.from({ length: count }, () => ({ every }));
const sizes = ({ packing }: Awaited<ReturnType<typeof packed>>) => packing.shards.map((keys) => keys.length);

describe("pack", () => {
  test.each([
    ["at most 200 checks, of each phase by itself", 401, 1, [200, 1, 200]],
    ["at most 600 (check, prober) pairs", 201, 4, [150, 51]],
    ["three probers just fit", 200, 3, [200]],
    ["one shard for one check", 1, 1, [1]],
  ])("%s", async (_, checks, probers, expected) => {
    expect(sizes(await packed(times(checks), probers))).toEqual(expected);
  });

  test("keeps lanes apart: a minute and more, cron, and each shorter period", async () => {
    const { packing, config } = await packed([
      { every: "10s" },
      { every: "1m" },
      { every: "5s" },
      { cron: "*/5 * * * *" },
      { every: "10s" },
      { every: "1h" },
    ]);
    expect(packing.shards).toEqual([
      ["t0/default", "t4/default"],
      ["t1/default", "t3/default", "t5/default"],
      ["t2/default"],
    ]);
    expect(config.checks.map(laneOf)).toEqual(["10000", "minute", "5000", "minute", "10000", "minute"]);
  });

  test("knows the shard of every check", async () => {
    const { packing, config } = await packed([...times(205), ...times(3, "10s")]);
    for (const { key } of config.checks) {
      expect(packing.shards[packing.shardOf.get(key)!]).toContain(key);
    }
    expect(packing.shardOf.size).toBe(208);
  });

  test("layout is the same for the same checks, and another whenever one would move", async () => {
    const layoutOf = async (checks: { every?: string }[], probers = 1) =>
      (await packed(checks, probers)).packing.layout;
    const base = await layoutOf(times(205));
    expect(await layoutOf(times(205))).toBe(base);
    expect(await layoutOf(times(205), 2)).toBe(base);
    const others = [
      await layoutOf(times(204)),
      await layoutOf(times(206)),
      await layoutOf(times(205), 4),
      await layoutOf([...times(204), { every: "10s" }]),
    ];
    expect(new Set([base, ...others]).size).toBe(5);
  });

  test("layout changes with the order of checks", async () => {
    const { config, packing } = await packed(times(3));
    const [a, b, c] = config.checks;
    expect(packChecks({ ...config, checks: [b!, a!, c!] }).layout).not.toBe(packing.layout);
  });
});

/** A state as three regions leave it after a drift, an absence and a recovery. */
async function settled(): Promise<CheckState> {
  const shop = await settlerFixture();
  shop.script.set("drift");
  await shop.runMinutes(2);
  shop.script.set("ready");
  shop.script.set("silent", "sin");
  shop.script.set("starting", "iad");
  await shop.runMinutes(1);
  return await shop.state();
}

describe("the text of states", () => {
  test("comes back as it was", async () => {
    const state = await settled();
    expect(state.incidents).toHaveLength(1);
    expect(decodeStates(encodeStates({ "shop/read": state }), 0)).toEqual({ "shop/read": state });
  });

  test("comes back as it was, whatever was judged", () => {
    fc.assert(
      fc.property(histories(), (story) => {
        const state = play(story).at(-1)!.state;
        // JSON has no undefined.
        expect(decodeStates(encodeStates({ shop: state }), 0)).toEqual({
          shop: JSON.parse(JSON.stringify(state)),
        });
      }),
      { numRuns: 50 },
    );
  });

  test("of a shard in which all fails with all that is kept stays within a row, what says most is left", async () => {
    const state = await settled();
    const { witness } = state.probers.fra!;
    const failed = {
      ...witness!,
      failure: {
        step: "place an order",
        reason: "expectation" as const,
        detail: "d".repeat(300),
        expression: "e".repeat(80),
        values: { status: "503", "body.state": "v".repeat(100) },
        request: { method: "POST", url: "u".repeat(200), headers: { accept: "application/json" } },
        answer: { status: 503, headers: {}, excerpt: "x".repeat(1_000) },
      },
    };
    const prober = { ...state.probers.fra!, witness: failed };
    const kept = { lastGood: witness!, firstFailed: failed, latestFailed: failed };
    const shard = (checks: number) =>
      Object.fromEntries(Array.from({ length: checks }, (_, i) => {
        const probers = Object.fromEntries(["fra", "iad", "sin"].map((id) => [id, { ...prober, kept }]));
        return [`shop/c${i}`, { ...state, probers }];
      }));
    expect(decodeStates(encodeStates(shard(20)), 0)).toEqual(shard(20));
    const text = encodeStates(shard(200));
    expect(text.length).toBeLessThan(1_200_000);
    const { fra, sin } = decodeStates(text, 0)["shop/c199"]!.probers;
    expect(fra!.witness).toEqual(failed);
    expect(sin!.witness!.failure!.detail).toBe(failed.failure.detail);
    expect(sin!.witness!.failure).not.toHaveProperty("answer");
    expect(fra!.kept).toBeUndefined();
  });

  test("of the version before is read; what a later version adds is left out", async () => {
    const { judgedAt: _judgedAt, scopes: _scopes, ...old } = await settled();
    const later = { ...old, probers: { fra: { ...old.probers.fra, mood: "good" } }, colour: "blue" };
    const [read] = Object.values(decodeStates(JSON.stringify({ "shop/read": later }), 0));
    expect(read).toEqual({ ...old, probers: { fra: old.probers.fra }, judgedAt: old.slot, scopes: {} });
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ["cut off", (text) => text.slice(0, -1), /^Cannot read shard 7 from the store: it is not JSON$/],
    ["a list", () => "[]", /^Cannot read shard 7 from the store at : /],
    [
      "an unknown outcome",
      (text) => text.replace('"outcome":"drift"', '"outcome":"odd"'),
      /at shop\/read\.outcome: /,
    ],
    [
      "an unknown vote",
      (text) => text.replace('"vote":"drift"', '"vote":"odd"'),
      /probers\.\w+\.standing\.vote: /,
    ],
    ["a slot that is no number", (text) => text.replace(/"slot":\d+/, '"slot":"x"'), /at shop\/read\.slot: /],
    ["an incident without an id", (text) => text.replace('"id":"inc_', '"ID":"inc_'), /incidents\.0: /],
    ["no probers", (text) => text.replace('"probers"', '"voters"'), /at shop\/read\.probers: /],
  ])("of another shape names the row and the place: %s", async (_, spoil, message) => {
    const text = encodeStates({ "shop/read": await settled() });
    const spoilt = spoil(text);
    expect(spoilt).not.toBe(text);
    expect(() => decodeStates(spoilt, 7)).toThrow(message);
  });
});

describe("the text of a line of history", () => {
  const line = {
    "shop/read": {
      outcome: "drift" as const,
      traces: [
        { prober: "fra", word: "drift" as const, reported: "ready" as const, totalMs: 12.5 },
        { prober: "sin", word: "missing" as const, reason: "timeout", at: 40_000 },
        {
          prober: "iad",
          word: "announced" as const,
          reported: "not_ready" as const,
          claimed: "ready" as const,
          phase: "unclear" as const,
          question: "liveness" as const,
          outcome: "fail" as const,
          contradicts: true as const,
          kind: "confirmation" as const,
          again: true as const,
          unanswered: true as const,
        },
      ],
    },
  };

  test("comes back as it was", () => {
    expect(decodeHistory(encodeHistory(line), 0)).toEqual(line);
  });

  test("of another shape names the row and the place", () => {
    const text = encodeHistory(line).replace('"missing"', '"lost"');
    expect(() => decodeHistory(text, 3)).toThrow(
      /^Cannot read history of shard 3 from the store at shop\/read\.traces\.1\.word: /,
    );
  });
});
