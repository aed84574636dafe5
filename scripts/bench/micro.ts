import { Bench } from "tinybench";
import { stringify } from "yaml";
import { assess } from "../../src/judgement/assess.ts";
import type { Brought } from "../../src/judgement/round.ts";
import type { Check, Config } from "../../src/config/config.ts";
import { compileExpectation } from "../../src/config/expression/compile.ts";
import { loadPatterns } from "../../src/config/expression/pattern.ts";
import type { Observation } from "../../src/evidence/probe/observation.ts";
import { DIALECTS, read, type Report } from "../../src/evidence/report/mod.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { configValue, loadYaml, makeConfig, READ_JOURNEY } from "./config.ts";
import type { BenchRow } from "./table.ts";
import { MINUTE_MS } from "../../src/base/time.ts";
import { HTTP_VARIABLES, HttpScope } from "../../src/evidence/probe/steps/http/answer.ts";

const SHOP_URL = "https://shop.example";
const REGIONS = ["eu", "us", "ap"].map((id) => ({
  id,
  probers: [{ id: `${id}1`, url: "https://prober.example", token: "${env:TOKEN}" }],
}));

/**
 * How many probers see the journey fail, minute by minute: a deploy that drifts region by region, and its
 * recovery.
 */
const DRIFT = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 3, 3, 2, 1, ...Array<number>(16).fill(0)];
const STEADY = Array<number>(DRIFT.length).fill(0);

const CONDITIONS = [
  "status == 200",
  "body.state == 'accepted'",
  "body.items.size() > 0 && body.items[0].sku == 'canary'",
  "headers['content-type'].startsWith('application/json')",
];

const ANSWER = JSON.stringify({
  id: "ord_17",
  state: "accepted",
  items: [{ sku: "canary", count: 1 }, { sku: "seed", count: 2 }],
});

/** Measures the pure parts: µs per check and prober, µs per expectation, ms per config. */
export async function benchMicro(): Promise<BenchRow[]> {
  const config = await makeConfig({
    checks: 1,
    url: SHOP_URL,
    journey: READ_JOURNEY,
    report: true,
    regions: REGIONS,
  });
  const yaml = stringify(configValue({ checks: 1000, url: SHOP_URL, journey: READ_JOURNEY, report: true }));
  const bench = new Bench({ time: 1000, warmupTime: 300 })
    .add("steady", () => judgeMinutes(config, STEADY))
    .add("drift", () => judgeMinutes(config, DRIFT))
    .add("expect", evaluateAll);
  const load = new Bench({ time: 0, iterations: 7, warmupIterations: 2, warmupTime: 0 })
    .add("load", async () => void await loadYaml(yaml));
  const timesMs = new Map<string, number>();
  for (const task of [...await bench.run(), ...await load.run()]) {
    if (!("latency" in task.result)) throw new Error(`${task.name} failed`, { cause: task.result });
    timesMs.set(task.name, task.result.latency.p50);
  }
  const us = (name: string, parts: number) => `${(timesMs.get(name)! * 1000 / parts).toFixed(2)} µs`;
  const pairs = DRIFT.length * REGIONS.length;
  return [
    { what: "judgement per check and prober, steady", result: us("steady", pairs), aim: "< 5 µs" },
    { what: "judgement per check and prober, drifting mix", result: us("drift", pairs), aim: "< 5 µs" },
    {
      what: `expectation that holds, mean of ${CONDITIONS.length} on a fresh answer`,
      result: us("expect", ANSWERS * CONDITIONS.length),
      aim: "",
    },
    { what: "config load, YAML, 1,000 checks", result: `${timesMs.get("load")!.toFixed(0)} ms`, aim: "" },
  ];
}

const report: Report = {
  ...read(
    { url: new globalThis.URL("/readyz", SHOP_URL), status: 200, headers: new Headers(), text: "ok" },
    { dialect: "auto" },
    DIALECTS,
  ),
  at: 0,
  durationMs: 3.2,
};
const steps = [{ name: "read an order", status: 200, requests: 1, totalMs: 4 }];
const passed: Observation = { outcome: "pass", transport: false, steps, totalMs: 4 };
const failed: Observation = {
  ...passed,
  outcome: "fail",
  failure: { step: "read an order", reason: "expectation", detail: "body.state is 'pending'" },
};
const GOOD: Brought = { round: { before: report, observation: passed } };
const BAD: Brought = { round: { before: report, observation: failed, after: report } };

/** Judges one check minute by minute; `failing` is the number of probers that see it fail in each minute. */
function judgeMinutes(config: Config, failing: number[]): CheckState {
  const check: Check = config.checks[0]!;
  let state: CheckState | undefined;
  let ids = 0;
  for (const [minute, bad] of failing.entries()) {
    const at = minute * MINUTE_MS;
    const walk = { slot: at, at, kind: "turn" } as const;
    const arrivals = REGIONS.map(({ probers: [prober] }, i) => (
      { prober: prober!.id, walk, ...(i < bad ? BAD : GOOD) }
    ));
    const newId = () => `inc_${ids++}`;
    state = assess(check, config.regions, arrivals, { before: state, newId }).state;
  }
  return state!;
}

const ANSWERS = 100;
const HTTP = { variables: HTTP_VARIABLES, patterns: await loadPatterns() };
const expectations = CONDITIONS.map((source) => compileExpectation(source, [], HTTP));
const headers = new Headers({ "content-type": "application/json", server: "nginx", "content-length": "90" });
const run = { id: "run", slot: 0, prober: "local", region: "local", target: "shop", check: "default" };

function evaluateAll() {
  for (let i = 0; i < ANSWERS; i++) {
    const answer = {
      status: 200,
      headers,
      text: ANSWER,
      durationMs: 4,
      url: "http://shop.example/",
      redirects: 0,
    };
    const scope = new HttpScope(answer, { captures: {}, run, now: 0 });
    for (const expectation of expectations) {
      if (expectation.test(scope)) throw new Error(`${expectation.source} does not hold`);
    }
  }
}
