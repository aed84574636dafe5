import { describe, expect, test } from "vitest";
import { guardFetch } from "../../../src/base/http/guard.ts";
import { Refused } from "../../../src/base/ports.ts";
import type { Failure, JourneyOutcome } from "../../../src/evidence/probe/observation.ts";
import { type JourneySpec, walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, scriptedFetch, type SeenRequest } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

type Routes = Record<string, Route>;

/** Walks with the clock moving only when told: `spendMs` moves it once everything waits. */
async function go(
  routes: Routes,
  check: JourneySpec,
  { spendMs = 0, signal }: { spendMs?: number; signal?: AbortSignal } = {},
) {
  const clock = steppingClock();
  const network = scriptedFetch(routes);
  const pending = walk(ports(guardFetch(network, false), clock), check, run, { steps: STEP_KINDS, signal });
  await clock.advance(spendMs);
  return { seen: await pending, requests: network.requests };
}

const order: Draft = {
  name: "place an order",
  method: "POST",
  path: "/orders",
  json: { sku: "canary" },
  expect: ["status == 201"],
  capture: { order: "body.id" },
};
const placed: Route = { status: 201, json: { id: "ord_1" } };

describe("a journey", () => {
  test("walks its steps in order and hands captures on", async () => {
    const check = journey([
      order,
      { name: "read it back", path: "/orders/{{ captures.order }}", expect: ["body.state == 'accepted'"] },
    ]);
    const routes: Routes = { "POST /orders": placed, "GET /orders/ord_1": { json: { state: "accepted" } } };
    const { seen, requests } = await go(routes, check);
    expect(seen).toMatchObject({ outcome: "pass", transport: false });
    expect(seen.failure).toBeUndefined();
    expect(seen.cleanup).toBeUndefined();
    expect(seen.steps).toMatchObject([
      { name: "place an order", status: 201, requests: 1 },
      { name: "read it back", status: 200, requests: 1 },
    ]);
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://shop.example/orders",
      "GET https://shop.example/orders/ord_1",
    ]);
  });

  test("hands on an integer with all its digits, in a path and in a JSON body", async () => {
    const check = journey([
      { ...order, json: { parent: "{{ 1234567890123456788 }}" } },
      {
        method: "PUT",
        path: "/orders/{{ captures.order }}",
        json: { id: "{{ captures.order }}" },
        expect: ["body.id == 1234567890123456789", "body.id == captures.order"],
      },
    ]);
    const { seen, requests } = await go({
      "POST /orders": { status: 201, body: '{"id":1234567890123456789}' },
      "PUT /orders/1234567890123456789": { body: '{"id":1234567890123456789}' },
    }, check);
    expect(seen.outcome).toBe("pass");
    expect(requests.map(({ body }) => body)).toEqual([
      '{"parent":1234567890123456788}',
      '{"id":1234567890123456789}',
    ]);
  });

  test("knows where an answer came from, and after how many redirects", async () => {
    const check = journey([{
      path: "/old",
      redirects: 2,
      expect: ["redirects == 2", "url == 'https://shop.example/new?a=1'"],
    }, { path: "/new", expect: ["redirects == 0", "url == 'https://shop.example/new'"] }]);
    const { seen } = await go({
      "GET /old": { status: 301, headers: { location: "/newer" } },
      "GET /newer": { status: 302, headers: { location: "/new?a=1" } },
      "GET /new?a=1": {},
      "GET /new": {},
    }, check);
    expect(seen.failure).toBeUndefined();
  });

  test("a text that a pattern would take too long over is our limit, and not the target's fault", async () => {
    const check = journey([{ expect: ["text.matches('^(a?){900}$')"] }]);
    const { seen } = await go({ "GET /": { body: "a".repeat(60_000) } }, check);
    expect(seen).toMatchObject({ outcome: "error", failure: { reason: "limit" } });
  });

  test("stops at the first step that fails and says why", async () => {
    const check = journey([
      { name: "read", expect: ["status == 200", "body.state == 'accepted'", "body.total == 3"] },
      { name: "never reached", path: "/next" },
    ]);
    const { seen, requests } = await go({ "GET /": { json: { state: "pending", total: 4 } } }, check);
    expect(seen.outcome).toBe("fail");
    expect(seen.failure).toMatchObject({
      step: "read",
      reason: "expectation",
      expression: "body.state == 'accepted'",
      values: { "body.state": "'pending'" },
    });
    expect(seen.failure!.detail).toContain("pending");
    expect(requests).toHaveLength(1);
  });

  type Ending = { outcome: JourneyOutcome; reason: Failure["reason"]; transport: boolean };
  const endings: [string, Route, Draft, Ending][] = [
    ["an answer that is wrong", { status: 500 }, { expect: ["status == 200"] }, {
      outcome: "fail",
      reason: "expectation",
      transport: false,
    }],
    ["a broken connection", new Error("reset"), {}, { outcome: "fail", reason: "network", transport: true }],
    ["no answer", "hang", {}, { outcome: "fail", reason: "timeout", transport: true }],
    ["a refused address", new Refused("Cannot ask 10.0.0.1"), {}, {
      outcome: "error",
      reason: "refused",
      transport: false,
    }],
    ["a capture that is missing", { json: {} }, { capture: { order: "body.id" } }, {
      outcome: "fail",
      reason: "capture",
      transport: false,
    }],
    ["a capture that is null", { json: { id: null } }, { capture: { order: "body.id" } }, {
      outcome: "fail",
      reason: "capture",
      transport: false,
    }],
    ["a template without its value", {}, { path: "/{{ captures.order }}" }, {
      outcome: "fail",
      reason: "template",
      transport: false,
    }],
    ["a secret that is not set", {}, { headers: { authorization: "${env:NO_SUCH}" } }, {
      outcome: "error",
      reason: "bug",
      transport: false,
    }],
    ["a path that is no http URL", {}, { path: "ftp://shop.example/" }, {
      outcome: "error",
      reason: "refused",
      transport: false,
    }],
    ["a body over 1 MiB", { body: "x".repeat((1 << 20) + 1) }, { expect: ["text != ''"] }, {
      outcome: "error",
      reason: "limit",
      transport: false,
    }],
  ];

  test.each(endings)("%s", async (_name, route, draft, { outcome, reason, transport }) => {
    const { seen } = await go({ "GET /": route }, journey([draft]), { spendMs: 1000 });
    expect(seen).toMatchObject({ outcome, transport, failure: { step: "look", reason } });
  });

  test("a body of exactly 1 MiB is read", async () => {
    const check = journey([{ expect: ["text.size() == 1048576"] }]);
    expect((await go({ "GET /": { body: "x".repeat(1 << 20) } }, check)).seen.outcome).toBe("pass");
  });

  test("is slow over its latency budget, and not at it", async () => {
    for (const [latencyBudgetMs, outcome] of [[100, "pass"], [99, "slow"]] as const) {
      const clock = steppingClock();
      const late = scriptedFetch({
        "GET /": () => new Promise((resolve) => clock.after(100, () => resolve({}))),
      });
      const pending = walk(ports(late, clock), journey([{}], { latencyBudgetMs }), run, {
        steps: STEP_KINDS,
      });
      await clock.advance(100);
      expect(await pending).toMatchObject({ outcome, totalMs: 100 });
    }
  });

  test("a step may take its own timeout, the whole no more than the journey's", async () => {
    const hang: Routes = { "GET /": "hang" };
    expect((await go(hang, journey([{ timeoutMs: 300 }]), { spendMs: 300 })).seen.totalMs).toBe(300);
    const short = journey([{ timeoutMs: 300 }], { timeoutMs: 200 });
    expect((await go(hang, short, { spendMs: 300 })).seen).toMatchObject({
      totalMs: 200,
      failure: { reason: "timeout" },
    });
  });

  test("ends as an error when its caller gives up, and still cleans up", async () => {
    const clock = steppingClock();
    const network = scriptedFetch({
      "POST /orders": placed,
      "GET /": "hang",
      "DELETE /orders/ord_1": { status: 204 },
    });
    const caller = new AbortController();
    const after = [{ method: "DELETE", path: "/orders/{{ captures.order }}", expect: ["status == 204"] }];
    const pending = walk(ports(network, clock), journey([order, {}], { after }), run, {
      steps: STEP_KINDS,
      signal: caller.signal,
    });
    await clock.advance(50);
    caller.abort();
    expect(await pending).toMatchObject({
      outcome: "error",
      totalMs: 50,
      transport: false,
      failure: { reason: "deadline" },
      cleanup: { outcome: "pass" },
    });
    expect(network.requests.at(-1)!.method).toBe("DELETE");
  });

  test("keeps secrets out of what it tells", async () => {
    const check = journey([{
      headers: { authorization: "Bearer ${env:TOKEN}" },
      expect: ["body.echo == 'other'"],
    }]);
    const echo: Route = ({ headers }) => ({ json: { echo: headers.authorization } });
    const { seen, requests } = await go({ "GET /": echo }, check);
    expect(requests[0]!.headers.authorization).toBe("Bearer s3cret");
    expect(seen.failure!.values!["body.echo"]).toContain("Bearer ***");
    expect(JSON.stringify(seen)).not.toContain("s3cret");
  });

  test.each([
    ["a capture that is one", { token: "abc/def-ghi" }, {}],
    ["a cookie", {}, { "set-cookie": "sid=abc/def-ghi; Path=/" }],
  ])("keeps what the run was given out of what it tells: %s", async (_, json, headers) => {
    const capture: Record<string, string> = "token" in json ? { token: "body.token" } : {};
    const check = journey([
      { capture, secretCaptures: Object.keys(capture) },
      { path: "/echo", expect: ["body.echo == 'other'"], until: { everyMs: 200, withinMs: 400 } },
    ]);
    const echo: Route = { json: { echo: "you sent YWJjL2RlZi1naGk= (abc%2Fdef-ghi)" } };
    const { seen } = await go({ "GET /": { json, headers }, "GET /echo": echo }, check, { spendMs: 400 });
    expect(seen.failure!.values!["body.echo"]).toBe("'you sent ***= (***)'");
    expect(seen.failure!.detail).toContain("body.echo is 'you sent ***= (***)'");
  });
});

describe("until", () => {
  const poll: Draft = { expect: ["body.done == true"], until: { everyMs: 200, withinMs: 1000 } };
  const no: Route = { json: { done: false } };
  const yes: Route = { json: { done: true } };

  test("asks again until it holds", async () => {
    const { seen } = await go({ "GET /": [no, no, yes] }, journey([poll]), { spendMs: 400 });
    expect(seen).toMatchObject({ outcome: "pass", totalMs: 400, steps: [{ requests: 3 }] });
  });

  test("also after a transport failure, which is then forgotten", async () => {
    const { seen } = await go({ "GET /": [new Error("reset"), yes] }, journey([poll]), { spendMs: 200 });
    expect(seen).toMatchObject({ outcome: "pass", transport: false, steps: [{ requests: 2 }] });
  });

  test("gives up in its time with the last failure and the number of tries", async () => {
    const { seen } = await go({ "GET /": [new Error("reset"), no] }, journey([poll]), { spendMs: 1000 });
    expect(seen).toMatchObject({
      outcome: "fail",
      transport: false,
      failure: { reason: "expectation" },
      steps: [{ requests: 5 }],
    });
    expect(seen.failure!.detail).toMatch(/tries: 5\b/);
    expect(seen.totalMs).toBeLessThanOrEqual(1000);
  });

  test("a request that hangs ends with its time", async () => {
    const { seen } = await go({ "GET /": "hang" }, journey([{ ...poll, timeoutMs: 5000 }]), {
      spendMs: 1000,
    });
    expect(seen).toMatchObject({ totalMs: 1000, transport: true, failure: { reason: "timeout" } });
  });

  test("a journey that is cancelled in a pause ends there", async () => {
    const clock = steppingClock();
    const caller = new AbortController();
    const pending = walk(ports(scriptedFetch({ "GET /": no }), clock), journey([poll]), run, {
      steps: STEP_KINDS,
      signal: caller.signal,
    });
    await clock.advance(100);
    caller.abort();
    expect(await pending).toMatchObject({ outcome: "error", totalMs: 100, failure: { reason: "deadline" } });
  });

  test("does not repeat what cannot mend", async () => {
    const { seen } = await go({ "GET /": new Refused("no") }, journey([poll]));
    expect(seen).toMatchObject({ outcome: "error", steps: [{ requests: 1 }] });
  });
});

describe("cleanup", () => {
  const cancel: Draft = {
    name: "cancel it",
    method: "DELETE",
    path: "/orders/{{ captures.order }}",
    expect: ["status == 204"],
  };
  const sweep: Draft = { name: "sweep", method: "DELETE", path: "/canaries", expect: ["status == 204"] };
  const failing: Draft = { name: "look", expect: ["status == 200"] };
  const gone: Route = { status: 204 };

  const rows: [string, Routes, Draft[], { outcome: JourneyOutcome; cleanup: string; deleted: string[] }][] = [
    ["runs after a journey that passed", { "POST /orders": placed, "DELETE /orders/ord_1": gone }, [order], {
      outcome: "pass",
      cleanup: "pass",
      deleted: ["/orders/ord_1"],
    }],
    ["runs after a journey that failed", { "POST /orders": placed, "DELETE /orders/ord_1": gone }, [
      order,
      failing,
    ], {
      outcome: "fail",
      cleanup: "pass",
      deleted: ["/orders/ord_1"],
    }],
    ["fails without changing the outcome", { "POST /orders": placed }, [order], {
      outcome: "pass",
      cleanup: "fail",
      deleted: ["/orders/ord_1"],
    }],
    ["leaves out what was never made", { "POST /orders": { status: 500 } }, [order], {
      outcome: "fail",
      cleanup: "pass",
      deleted: [],
    }],
    [
      "is an error by itself if refused",
      { "POST /orders": placed, "DELETE /orders/ord_1": new Refused("no") },
      [order],
      {
        outcome: "pass",
        cleanup: "error",
        deleted: ["/orders/ord_1"],
      },
    ],
  ];

  test.each(rows)("%s", async (_name, routes, drafts, { outcome, cleanup, deleted }) => {
    const { seen, requests } = await go(routes, journey(drafts, { after: [cancel] }));
    expect(seen).toMatchObject({ outcome, cleanup: { outcome: cleanup } });
    const paths = requests.filter(({ method }) => method === "DELETE").map(({ url }) =>
      new URL(url).pathname
    );
    expect(paths).toEqual(deleted);
  });

  test("goes on after a step that failed, and tells of that one", async () => {
    const routes: Routes = { "POST /orders": placed, "DELETE /canaries": gone };
    const { seen, requests } = await go(routes, journey([order], { after: [cancel, sweep] }));
    expect(seen.cleanup).toMatchObject({
      outcome: "fail",
      failure: { step: "cancel it", reason: "expectation" },
    });
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      "/orders",
      "/orders/ord_1",
      "/canaries",
    ]);
  });

  test("has 5 s of its own, and none of the journey's time", async () => {
    const after = [{ ...sweep, timeoutMs: 60_000 }, { ...sweep, timeoutMs: 60_000 }];
    const clock = steppingClock();
    const network = scriptedFetch({ "GET /": "hang", "DELETE /canaries": "hang" });
    const pending = walk(ports(network, clock), journey([{}], { after, timeoutMs: 1000 }), run, {
      steps: STEP_KINDS,
    });
    await clock.advance(6000);
    const seen = await pending;
    expect(clock.elapsed()).toBe(6000);
    expect(seen).toMatchObject({
      totalMs: 1000,
      cleanup: { outcome: "fail", failure: { reason: "timeout" } },
    });
    expect(network.requests).toHaveLength(2); // nothing was left for the second sweep
  });

  test("carries on the numbers of the steps and the cookies of the run", async () => {
    const routes: Routes = {
      "POST /orders": { status: 201, json: { id: "ord_1" }, headers: { "set-cookie": "sid=1" } },
    };
    const { requests } = await go(routes, journey([order], { after: [cancel] }));
    const sent: SeenRequest = requests[1]!;
    expect(sent.headers).toMatchObject({ "idempotency-key": "run-1-1", cookie: "sid=1" });
  });
});
