import { expect, test } from "vitest";
import { proberLimits } from "../../../src/engine/prober/limits.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { START, testEnv } from "../../world/test_env.ts";

const TEXT = `
version: 1
targets:
  - id: shop
    url: https://shop.example
    checks:${
  ["a", "b", "c", "d"].map((id) =>
    `\n      - { id: ${id}, journey: [{ request: { path: /${id} }, expect: body.ok == true }] }`
  ).join("")
}`;

/** Two probers of one process, of which each check costs one request. */
async function pair(budget: number) {
  const { ports, config, network } = await testEnv(TEXT, {
    routes: Object.fromEntries(["a", "b", "c", "d"].map((id) => [`GET /${id}`, { json: { ok: true } }])),
  });
  const limits = proberLimits({ concurrency: 5, budget });
  const [one, two] = ["one", "two"].map((id) =>
    localProber(ports, {
      ...{ id, region: "eu", dialects: DIALECTS, steps: STEP_KINDS, controls: [], concurrency: 5 },
      limits,
    })
  );
  const ask = async (prober = one!, n = 0, checks = config.checks) => {
    const { answers } = await prober.ask({ slot: START + n * 60_000, checks, deadlineMs: 50_000 });
    return answers.map((answer) => "missed" in answer ? answer.missed : "walked");
  };
  return { ask, one: one!, two: two!, checks: config.checks, asked: () => network.requests.length };
}

test("probers that share limits send no more together than one may alone", async () => {
  const { ask, one, two, asked } = await pair(6);
  const said = await Promise.all([ask(one), ask(two)]);
  expect(said).toEqual([Array(4).fill("walked"), ["walked", "walked", "budget", "budget"]]);
  expect(asked()).toBe(6);
});

test("two asks of a slot share what it may send, and the next slot begins anew", async () => {
  const { ask, one, checks, asked } = await pair(3);
  const [a, b, c, d] = checks;
  const lanes = await Promise.all([ask(one, 0, [a!, b!]), ask(one, 0, [c!, d!])]);
  expect(lanes).toEqual([["walked", "walked"], ["walked", "budget"]]);
  expect(await ask(one, 1, [c!, d!])).toEqual(["walked", "walked"]);
  expect(asked()).toBe(5);
});

test("what was walked is answered again though nothing is left", async () => {
  const { ask, asked } = await pair(4);
  expect(await ask()).toEqual(Array(4).fill("walked"));
  expect(await ask()).toEqual(Array(4).fill("walked"));
  expect(asked()).toBe(4);
});
