import { describe, expect, test } from "vitest";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import type { JourneySpec } from "../../../src/evidence/probe/journey.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Reply, type Route, scriptedFetch } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

async function failureOf(route: Route, draft: Draft, changes: Partial<JourneySpec> = {}) {
  const clock = steppingClock();
  const fetch = scriptedFetch({ "GET /": route, "GET https://pay.example/": route, "POST /": route });
  const pending = walk(ports(fetch, clock), journey([draft], changes), run, { steps: STEP_KINDS });
  await clock.advance(2_000);
  const { outcome, failure, totalMs } = await pending;
  return { outcome, totalMs, failure: failure! };
}

const OK: Draft = { expect: ["status == 200"] };
const json = (status: number, json: unknown, headers = {}): Reply => ({
  status,
  json,
  headers: { "content-type": "application/json", ...headers },
});
const text = (status: number, body: string, type = "text/plain"): Reply => ({
  status,
  body,
  headers: { "content-type": type },
});

describe("the sentence of a failure", () => {
  // Bodies as the products of the gallery give them, and as the standards have it.
  test.each<[string, Reply, Draft, string]>([
    [
      "VictoriaMetrics, read-only",
      text(503, "cannot add rows: storage is in read-only mode\n"),
      OK,
      'status is 503: "cannot add rows: storage is in read-only mode"',
    ],
    [
      "etcd, NOSPACE",
      json(429, {
        error: "etcdserver: mvcc: database space exceeded",
        message: "etcdserver: mvcc: database space exceeded",
        code: 8,
      }),
      OK,
      'status is 429: "etcdserver: mvcc: database space exceeded"',
    ],
    [
      "a GraphQL error under 200",
      json(200, { data: null, errors: [{ message: "subgraph products is down" }] }),
      { expect: ["!has(body.errors)"] },
      'has(body.errors) is true: "subgraph products is down"',
    ],
    [
      "a GraphQL error where something else was asked",
      json(200, { data: null, errors: [{ message: "subgraph products is down" }] }),
      { expect: ["body.data.id == 1"] },
      'body.data is null: "subgraph products is down"',
    ],
    [
      "a problem",
      json(503, { type: "about:blank", title: "Unavailable", detail: "The database is read-only." }),
      OK,
      'status is 503: "The database is read-only."',
    ],
    [
      "a registry's errors",
      json(500, { errors: [{ code: "UNKNOWN", message: "unknown error", detail: { Err: 28 } }] }),
      OK,
      'status is 500: "unknown error"',
    ],
    [
      "Directus",
      json(503, { errors: [{ message: 'Service "api" is unavailable.', extensions: { code: "X" } }] }),
      OK,
      'status is 503: "Service "api" is unavailable."',
    ],
    [
      "an error with an inner message",
      json(500, { error: { code: 5, message: "no leader" } }),
      OK,
      'status is 500: "no leader"',
    ],
    [
      "a page of nginx",
      text(502, "<html>\r\n<head><title>502 Bad Gateway</title></head><body></body></html>", "text/html"),
      OK,
      'status is 502: "502 Bad Gateway"',
    ],
    ["nothing said", json(500, {}), OK, "status is 500"],
    ["an empty body", text(500, ""), OK, "status is 500"],
    [
      "bytes that are no text",
      text(500, "\u0000\u0001\u0002", "application/octet-stream"),
      OK,
      "status is 500",
    ],
    ["what it said before", json(200, { state: "pending", message: "wait" }), {
      expect: ["body.state == 'ok'"],
    }, "body.state is 'pending'"],
  ])("%s", async (_, route, draft, sentence) => {
    const { outcome, failure } = await failureOf(route, draft);
    expect([outcome, failure.detail]).toEqual(["fail", sentence]);
  });

  test.each<[string, Route, Draft, string]>([
    [
      "of a second host that refuses",
      text(401, "no such key"),
      { ...OK, path: "https://pay.example/" },
      'status is 401: "no such key" (asked https://pay.example)',
    ],
    ["of a second host that does not answer", new Error("connection refused"), {
      ...OK,
      path: "https://pay.example/",
    }, "connection refused (asked https://pay.example)"],
    [
      "of the target where the failure names no host",
      new Error("connection reset"),
      OK,
      // The target's URL is a secret of these ports.
      "connection reset (asked ***)",
    ],
    ["of the target that refuses: plain", text(401, "no such key"), OK, 'status is 401: "no such key"'],
  ])("names the host %s", async (_, route, draft, sentence) => {
    expect((await failureOf(route, draft)).failure.detail).toBe(sentence);
  });

  test("is at most 300 characters, and its end is the answer's", async () => {
    const { failure } = await failureOf(text(500, `a ${"very ".repeat(100)}long line`), OK);
    expect(failure.detail.length).toBeLessThanOrEqual(300);
    expect(failure.detail).toMatch(/^status is 500: "a very very .*…"$/);
  });
});

describe("what was asked", () => {
  test("stands as it was sent: method, whole URL, headers by name, no secret", async () => {
    const { failure } = await failureOf(json(500, {}), {
      method: "POST",
      query: { q: "a b", key: "${env:TOKEN}" },
      headers: { authorization: "Bearer ${env:TOKEN}", accept: "application/json", "x-own": "1" },
      json: { password: "${env:TOKEN}" },
      expect: ["status == 201"],
    });
    expect(failure.request).toEqual({
      method: "POST",
      url: "***/?q=a%20b&key=***",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        "idempotency-key": "run-1-0",
        "user-agent": "assay/1 (+readiness probe)",
        "x-assay-run": "run-1",
      },
    });
  });

  test("is the last hop of a redirect, which got no answer", async () => {
    const route: Route = [
      { status: 302, headers: { location: "https://pay.example/" } },
      new Error("refused"),
    ];
    const { failure } = await failureOf(route, { ...OK, redirects: 2 });
    expect(failure.request!.url).toBe("https://pay.example/");
    expect(failure.answer).toBeUndefined();
  });

  test("of a redirect to nowhere is answered with where it leads, without its query", async () => {
    const location = "https://login.example/in?session=hunter2";
    const { failure } = await failureOf({ status: 307, headers: { location } }, {
      method: "POST",
      redirects: 1,
      json: {},
      expect: ["status == 200"],
    });
    expect(failure.answer).toMatchObject({
      status: 307,
      headers: { location: "https://login.example/in?…" },
    });
  });
});

describe("what it was answered", () => {
  test("is the status, the headers that tell, and the body round what was looked at", async () => {
    const body = {
      pad: "x".repeat(6_000),
      order: { id: 7, state: "pending", note: "later" },
      end: "y".repeat(6_000),
    };
    const headers = { "retry-after": "30", "set-cookie": "sid=hunter2hunter2", server: "shop/1" };
    const { failure } = await failureOf(json(200, body, headers), { expect: ["body.order.state == 'ok'"] });
    const { excerpt, ...head } = failure.answer!;
    expect(head).toEqual({
      status: 200,
      headers: { "content-type": "application/json", "retry-after": "30", server: "shop/1" },
    });
    expect(excerpt).toMatch(/^…x+","order":\{"id":7,"state":"pending","note":"later"\},"end":"y+…$/);
    expect(JSON.stringify(failure.answer).length).toBeLessThanOrEqual(1024);
  });

  test.each<[string, string]>([
    ["ASCII", "a".repeat(9_000)],
    ["three bytes a character", "字".repeat(9_000)],
    ["pairs of surrogates", "🔑".repeat(9_000)],
    ["what JSON escapes", '"\\'.repeat(9_000)],
  ])("is at most 1 kB of UTF-8: %s", async (_, body) => {
    const { failure } = await failureOf(text(500, body), { expect: ["status == 200 && text == 'ok'"] });
    const size = new TextEncoder().encode(JSON.stringify(failure.answer)).byteLength;
    expect(size).toBeLessThanOrEqual(1024);
    expect(size).toBeGreaterThan(900);
    expect(failure.answer!.excerpt!.isWellFormed()).toBe(true);
  });

  test("holds no secret that stands where it is cut", async () => {
    for (let at = 900; at < 1_000; at++) {
      const { failure } = await failureOf(text(500, `${"a".repeat(at)}s3cret and more`), OK);
      expect(failure.answer!.excerpt).not.toMatch(/s3c/);
    }
  });

  test("and its sentence are left out where evidence has no body", async () => {
    const { failure } = await failureOf(text(503, "read-only"), OK, { evidence: { body: false } });
    expect(failure).toMatchObject({ detail: "status is 503", request: { method: "GET" } });
    expect(failure.answer).toEqual({ status: 503, headers: { "content-type": "text/plain" } });
  });
});

describe("a body that nobody needs is shown, and changes nothing", () => {
  const stream = (start: (controller: ReadableStreamDefaultController) => void) => ({
    status: 503,
    headers: { "content-type": "text/plain" },
    body: new ReadableStream<Uint8Array<ArrayBuffer>>({ start }),
  });
  const bytes = new TextEncoder().encode("storage is read-only\n");

  test.each<[string, () => Reply, string | undefined]>([
    [
      "of one that never ends, what has come",
      () => stream((to) => to.enqueue(bytes)),
      "storage is read-only ",
    ],
    ["of one that hangs, nothing", () => stream(() => {}), undefined],
    ["of one that breaks off, nothing", () => stream((to) => to.error(new Error("reset"))), undefined],
  ])("%s", async (_, route, excerpt) => {
    const { outcome, failure, totalMs } = await failureOf(route, OK);
    expect(outcome).toBe("fail");
    expect(failure).toMatchObject({ reason: "expectation", answer: { status: 503 } });
    expect(failure.answer!.excerpt).toBe(excerpt);
    expect(totalMs).toBeLessThanOrEqual(500);
  });

  test("nor does it where little time is left", async () => {
    const { failure, totalMs } = await failureOf(() => stream(() => {}), { ...OK, timeoutMs: 300 });
    expect(failure).toMatchObject({ reason: "expectation", detail: "status is 503" });
    expect(totalMs).toBeLessThanOrEqual(150);
  });
});
