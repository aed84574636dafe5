import { describe, expect, test } from "vitest";
import { localProber } from "../../../src/engine/prober/local.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import type { Reply as Play, Route } from "../../world/network.ts";
import { START, type TestEnv, testEnv } from "../../world/test_env.ts";

/** Checks `c0` ... of one target; each asks `/cN/ready`, walks `/cN/work` and cleans up `/cN/gone`. */
function checks(count: number, changes = ""): string {
  const lines = Array.from({ length: count }, (_, i) => `
      - id: c${i}
        report: { path: /c${i}/ready }
        journey: [{ name: work, request: { path: /c${i}/work }, expect: body.ok == true }]
        ${changes.replaceAll("N", String(i))}`);
  return `
version: 1
controls: [https://control.example/a, https://control.example/b]
targets:
  - id: shop
    url: https://shop.example
    checks:${lines.join("")}`;
}

const GOOD: Play = { json: { ok: true } };
const BAD: Play = { json: { ok: false } };
const UP: Play = { json: { status: "UP" } };
const DOWN: Play = { status: 503, json: { status: "DOWN" } };

const prober = ({ ports, config }: TestEnv, changes: Partial<Parameters<typeof localProber>[1]> = {}) =>
  localProber(ports, {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: config.concurrency,
    controls: config.controls,
    ...changes,
  });

const slot = START;
const request = ({ config: { checks } }: TestEnv, deadlineMs = 50_000) => ({ slot, checks, deadlineMs });
const paths = ({ network }: TestEnv) => network.requests.map(({ url }) => new URL(url).pathname);

describe("the second look", () => {
  test.each<[cell: string, ready: Route, work: Route, looks: number]>([
    ["ready", UP, GOOD, 1],
    ["drift", UP, BAD, 2],
    ["underclaim", DOWN, GOOD, 2],
    ["not_ready", DOWN, BAD, 1],
    ["unreported", new Error("reset"), GOOD, 2],
    ["unreported, no readable claim", { status: 404 }, GOOD, 2],
    ["down", new Error("reset"), new Error("reset"), 1],
    ["failing", { status: 404 }, BAD, 1],
  ])("%s", async (_, ready, work, looks) => {
    const home = await testEnv(checks(1, "retry: 0"), {
      routes: { "GET /c0/ready": ready, "GET /c0/work": work, "GET /a": {}, "GET /b": {} },
    });
    const { answers: [answer] } = await prober(home).ask(request(home));
    expect(paths(home).filter((path) => path.startsWith("/c0"))).toEqual(
      ["/c0/ready", "/c0/work", "/c0/ready"].slice(0, looks + 1),
    );
    expect(answer).toMatchObject({ check: "shop/c0", digest: home.config.checks[0]!.digest });
    expect(answer && "round" in answer && answer.round.after !== undefined).toBe(looks === 2);
  });

  test("brings both claims home when the claim moves", async () => {
    const home = await testEnv(checks(1), { routes: { "GET /c0/ready": [UP, DOWN], "GET /c0/work": BAD } });
    expect((await prober(home).ask(request(home))).answers).toMatchObject([
      {
        round: {
          before: { state: "ready" },
          after: { state: "not_ready" },
          observation: { outcome: "fail" },
        },
      },
    ]);
  });

  test("a liveness answer accuses nobody", async () => {
    const text = checks(1).replace("/c0/ready", "/c0/livez");
    const home = await testEnv(text, { routes: { "GET /c0/livez": UP, "GET /c0/work": BAD } });
    await prober(home).ask(request(home));
    expect(paths(home)).toEqual(["/c0/livez", "/c0/work"]);
  });
});

describe("a slot asked again", () => {
  test("in turn and at once is walked once, with one answer", async () => {
    const home = await testEnv(checks(2), { routes: { "GET /c0/work": GOOD } });
    const { ask } = prober(home);
    const [first, second] = await Promise.all([ask(request(home)), ask(request(home))]);
    const third = await ask(request(home));
    expect([second, third]).toEqual([first, first]);
    expect(paths(home).filter((path) => path === "/c0/work")).toHaveLength(1);
  });

  test("in another slot is walked again, with another run id", async () => {
    const home = await testEnv(checks(1), { routes: { "GET /c0/ready": UP, "GET /c0/work": GOOD } });
    const { ask } = prober(home);
    await ask(request(home));
    await ask({ ...request(home), slot: slot + 60_000 });
    const ids = home.network.requests.map(({ headers }) => headers["x-assay-run"]);
    expect(ids).toHaveLength(4);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).toBe(ids[3]);
    expect(ids[0]).not.toBe(ids[2]);
  });

  test("by another process carries the same run id", async () => {
    const sent = await Promise.all([1, 2].map(async () => {
      const home = await testEnv(checks(1));
      await prober(home).ask(request(home));
      return home.network.requests.map(({ headers }) => headers["x-assay-run"]);
    }));
    expect(sent[0]).toEqual(sent[1]);
    expect(sent[0]![0]).toBeTruthy();
  });

  test("is remembered for all checks of a large slot while a small lane goes on", async () => {
    const home = await testEnv(checks(100));
    const { ask } = prober(home);
    await ask(request(home));
    const walked = home.network.requests.length;
    await ask({ slot: slot + 10_000, checks: home.config.checks.slice(0, 1), deadlineMs: 5_000 });
    const between = home.network.requests.length;
    expect(between).toBeGreaterThan(walked);
    await ask(request(home));
    expect(home.network.requests).toHaveLength(between);
  });
});

test.each([
  ["at one host six", {}, 6],
  ["in all as many as there are places", { concurrency: 5 }, 5],
  ["as many as the host gets", { connectionsPerHost: 3 }, 3],
])(
  "never more connections at once than there may be, and every check is walked: %s",
  async (_, own, most) => {
    let open = 0, seen = 0;
    const home = await testEnv(checks(12), {});
    const slow: TestEnv["ports"]["fetch"] = async (url, outgoing) => {
      seen = Math.max(seen, ++open);
      await new Promise<void>((resolve) => home.clock.after(100, resolve));
      open--;
      return await home.network(url, outgoing);
    };
    const limits = { connectionsPerHost: home.config.connectionsPerHost, ...own };
    const asked = prober({ ...home, ports: { ...home.ports, fetch: slow } }, limits).ask(request(home));
    await home.clock.advance(5_000);
    expect((await asked).answers.filter((answer) => "round" in answer)).toHaveLength(12);
    expect(seen).toBe(most);
  },
);

describe("a fault in one check", () => {
  const routes = { "GET /c1/ready": UP, "GET /c1/work": GOOD };
  const error = (detail: RegExp, reason = "bug") => ({
    before: null,
    observation: {
      outcome: "error",
      transport: false,
      failure: { reason, detail: expect.stringMatching(detail) },
    },
  });

  test("a secret that is not set is an error of that check alone", async () => {
    const text = checks(2).replace(
      "path: /c0/ready",
      'path: /c0/ready, headers: { x-key: "${env:NOT_SET}" }',
    );
    const home = await testEnv(text, { routes });
    expect((await prober(home).ask(request(home))).answers).toMatchObject([
      { check: "shop/c0", round: error(/NOT_SET\} is not set/, "config") },
      { check: "shop/c1", round: { before: { state: "ready" }, observation: { outcome: "pass" } } },
    ]);
    expect(home.log).toMatchObject([{ level: "error", fields: { check: "shop/c0", prober: "home" } }]);
  });

  test("a dialect with a bug is an error of that check alone", async () => {
    const buggy = {
      name: "buggy",
      recognise: ({ url }: { url: URL }) => {
        if (url.pathname === "/c0/ready") throw new TypeError("undefined is not a function: s3cret");
        return false;
      },
      read: () => null,
    };
    const text = checks(2).replace("path: /c1/ready", 'path: /c1/ready, headers: { x-key: "${env:KEY}" }');
    const home = await testEnv(text, { routes, env: { KEY: "s3cret" } });
    const { answers } = await prober(home, { dialects: [buggy, ...DIALECTS] }).ask(request(home));
    expect(answers).toMatchObject([
      { round: error(/^undefined is not a function: \*\*\*$/) },
      { round: { before: { state: "ready" }, observation: { outcome: "pass" } } },
    ]);
  });

  test("whatever fetch throws is a transport failure of that check alone", async () => {
    const home = await testEnv(checks(2), { routes });
    const fetch: TestEnv["ports"]["fetch"] = (url, outgoing) => {
      if (url.pathname.startsWith("/c0")) throw "not even an Error";
      return home.network(url, outgoing);
    };
    const { answers } = await prober({ ...home, ports: { ...home.ports, fetch } }).ask(request(home));
    expect(answers).toMatchObject([
      { round: { before: { state: "unreachable" }, observation: { outcome: "fail", transport: true } } },
      { round: { observation: { outcome: "pass" } } },
    ]);
  });
});

test("a report is read below the target's url, base path and all", async () => {
  const home = await testEnv(checks(1).replace("https://shop.example", "https://shop.example/base/"));
  await prober(home).ask(request(home));
  expect(home.network.requests[0]!.url).toBe("https://shop.example/base/c0/ready");
});

test("what was captured as the version that answered comes with the round", async () => {
  const home = await testEnv(
    `
version: 1
targets:
  - id: shop
    url: https://shop.example
    checks:
      - journey:
          - request: { path: /work }
            expect: status == 200
            capture: { build: { value: body.build, version: true }, other: body.other }`,
    { routes: { "GET /work": { json: { build: "41", other: "x" } } } },
  );
  const { answers: [answer] } = await prober(home).ask(request(home));
  expect(answer).toMatchObject({ round: { observation: { captured: { build: "41" } } } });
});
