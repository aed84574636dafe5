import { describe, expect, test } from "vitest";
import { localProber } from "../../../src/engine/prober/local.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import type { Route, RouteReply } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";

const SECOND = 1_000;
const UP: RouteReply = { json: { status: "UP" } };
const DOWN: RouteReply = { status: 503, json: { status: "DOWN" } };
const GOOD: RouteReply = { json: { ok: true } };
const BAD: RouteReply = { json: { ok: false } };
const RESET = new Error("connection reset");
const CONTROL = { "GET /a": {} };

interface Options {
  /** More lines of the check. */
  more?: string;
  controls?: string;
  budget?: number;
  deadlineMs?: number;
}

/** One check with a report, a step that changes something and a cleanup; time goes on until the prober has answered. */
async function walked(routes: Record<string, Route>, options: Options = {}) {
  const { more = "", controls = "[https://control.example/a]", budget, deadlineMs = 50_000 } = options;
  const text = `
version: 1
controls: ${controls}
targets:
  - id: shop
    url: https://shop.example
    checks:
      - id: c
        report: { path: /ready }
        journey: [{ name: work, request: { method: POST, path: /work, json: { ref: "{{ run.id }}" } }, expect: body.ok == true }]
        cleanup: [{ name: undo, request: { path: /undo }, expect: status == 200 }]
        ${more}`;
  const { ports, config, network, clock } = await testEnv(text, { routes: { "GET /undo": {}, ...routes } });
  const prober = localProber(ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: config.controls,
    budget,
  });
  const asked = prober.ask({ slot: START, checks: config.checks, deadlineMs });
  await clock.advance(70 * SECOND);
  const { answers: [answer], suspect } = await asked;
  return {
    answer,
    suspect,
    round: answer && "round" in answer ? answer.round : undefined,
    asked: (path: string) => network.requests.filter(({ url }) => new URL(url).pathname === path),
  };
}

describe("a round without an answer is walked again", () => {
  test.each<[name: string, ready: Route, work: Route, outcome: string, first: object]>([
    [
      "the step got none",
      UP,
      [RESET, GOOD],
      "pass",
      { before: "ready", after: "ready", outcome: "fail", failure: { step: "work", reason: "network" } },
    ],
    [
      "the report got none",
      [RESET, UP, UP],
      [BAD, BAD],
      "fail",
      { before: "unreachable", outcome: "fail", failure: { reason: "expectation" } },
    ],
    ["the second look got none", [UP, RESET, UP], BAD, "fail", { before: "ready", after: "unreachable" }],
    ["neither time", RESET, RESET, "fail", { before: "unreachable", outcome: "fail" }],
  ])("%s: the second counts, the first stands in the evidence", async (_, ready, work, outcome, first) => {
    const routes = { ...CONTROL, "GET /ready": ready, "POST /work": work };
    const { round, suspect } = await walked(routes);
    expect(round).toMatchObject({ observation: { outcome }, first });
    expect(suspect).toBe(false);
  });

  test("whole, a second after its cleanup, under a run id and idempotency keys of its own", async () => {
    const { asked } = await walked({ ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] });
    const runs = ["/ready", "/work", "/undo"].map((path) =>
      asked(path).map(({ headers }) => headers["x-assay-run"])
    );
    const [id] = runs[1]!;
    expect(runs).toEqual([[id, id, `${id}.r`], [id, `${id}.r`], [id, `${id}.r`]]);
    const keys = asked("/work").map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(keys).size).toBe(2);
    expect(asked("/work").map(({ body }) => body)).toEqual([`{"ref":"${id}"}`, `{"ref":"${id}.r"}`]);
  });

  test("a prober without controls walks again as well", async () => {
    const { round } = await walked({ "GET /ready": UP, "POST /work": [RESET, GOOD] }, { controls: "[]" });
    expect(round).toMatchObject({ observation: { outcome: "pass" }, first: { outcome: "fail" } });
  });
});

describe("a round is walked once", () => {
  const once: [name: string, routes: Record<string, Route>, options?: Options][] = [
    ["with an answer, however bad", { ...CONTROL, "GET /ready": DOWN, "POST /work": BAD }],
    ["with `retry: 0`", { ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] }, { more: "retry: 0" }],
    ["where no control answers", { "GET /a": RESET, "GET /ready": UP, "POST /work": [RESET, GOOD] }],
    // 10 s for the journey, 2 s for each look, 5 s for the cleanup, and the second between.
    [
      "where a second one could not end before the deadline",
      { ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] },
      { deadlineMs: 19.9 * SECOND },
    ],
    [
      "where a second one could not end before the next slot",
      { ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] },
      { more: "every: 15s" },
    ],
    // Two looks, a step and a cleanup; the second look at this report is one of them.
    [
      "where a second one exceeds what the ask may send",
      { ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] },
      { budget: 7 },
    ],
  ];

  test.each(once)("%s", async (_, routes, options) => {
    const { asked, round } = await walked(routes, options);
    expect(asked("/work")).toHaveLength(1);
    expect(round).toMatchObject({ observation: { outcome: "fail" } });
    expect(round).not.toHaveProperty("first");
  });

  test("its controls are asked once, whatever becomes of it", async () => {
    const { asked } = await walked({ ...CONTROL, "GET /ready": RESET, "POST /work": RESET });
    expect(asked("/a")).toHaveLength(1);
  });
});

test.each<[name: string, options: Options]>([
  ["its deadline just lets a second one end", { deadlineMs: 20 * SECOND }],
  ["its period just lets a second one end", { more: "every: 20s" }],
  ["the ask may send as much again", { budget: 8 }],
])("a round is walked again where %s", async (_, options) => {
  const { asked } = await walked({ ...CONTROL, "GET /ready": UP, "POST /work": [RESET, GOOD] }, options);
  expect(asked("/work")).toHaveLength(2);
});

test("asked again while it is walked a second time, it gives the same answer", async () => {
  const { ports, config, clock, network } = await testEnv(
    `
version: 1
targets: [{ id: shop, url: https://shop.example, checks: [{ id: c, journey: [{ request: { path: /work }, expect: status == 200 }] }] }]`,
    { routes: { "GET /work": [RESET, GOOD] } },
  );
  const options = {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  };
  const { ask } = localProber(ports, options);
  const request = { slot: START, checks: config.checks, deadlineMs: 50_000 };
  const first = ask(request);
  await clock.advance(500);
  const second = ask(request);
  await clock.advance(SECOND);
  expect(await second).toEqual(await first);
  expect(network.requests).toHaveLength(2);
});

test("a second walk that never ends leaves the first standing", async () => {
  const { ports, config, clock } = await testEnv(
    `
version: 1
targets: [{ id: shop, url: https://shop.example, checks: [{ id: c, timeout: 5s, journey: [{ request: { path: /work }, expect: status == 200 }] }] }]`,
    {},
  );
  let sent = 0;
  // The far end heeds no abort, and the timers of its exchanges never fire.
  const fetch: typeof ports.fetch = () => sent++ === 0 ? Promise.reject(RESET) : new Promise(() => {});
  const after: typeof clock.after = (ms, fire) => ms === 5 * SECOND ? () => {} : clock.after(ms, fire);
  const prober = localProber({ ...ports, fetch, clock: { ...ports.clock, after } }, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  });
  const asked = prober.ask({ slot: START, checks: config.checks, deadlineMs: 50_000 });
  await clock.advance(60 * SECOND);
  const { answers: [answer] } = await asked;
  expect(answer).toMatchObject({ round: { observation: { failure: { reason: "network" } } } });
  expect(sent).toBe(2);
});
