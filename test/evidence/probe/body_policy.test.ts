import { describe, expect, test } from "vitest";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Answer, ExchangeTrace, Fetch } from "../../../src/base/ports.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Reply, type Route, scriptedFetch } from "../../world/network.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

async function go(fetch: Fetch, draft: Draft, spendMs = 0) {
  const clock = steppingClock();
  const pending = walk(ports(fetch, clock), journey([draft]), run, { steps: STEP_KINDS });
  if (spendMs) await clock.advance(spendMs);
  return await pending;
}

const serve = (route: Route) => scriptedFetch({ "GET /": route });

/** A body that says this and then goes on for ever. */
const endless = (text: string, type: string): Reply => ({
  headers: { "content-type": type },
  body: new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(text)) }),
});
const broken = (): Reply => ({
  body: new ReadableStream({ pull: (controller) => controller.error(new Error("connection reset")) }),
});
const TWO_MIB = "x".repeat(2 << 20);

describe("a step that is about status and headers alone", () => {
  test.each<[string, Route]>([
    ["a page of 2 MiB", { body: TWO_MIB }],
    ["a stream that never ends", () => endless("audio", "audio/mpeg")],
    ["a stream of events that never ends", () => endless("data: 1\n\n", "text/event-stream")],
    ["a body that breaks off", broken],
  ])("passes %s, without waiting for it", async (_name, route) => {
    const draft = { expect: ["status == 200", "!('x-a' in headers)"], capture: { code: "status" } };
    expect(await go(serve(route), draft)).toMatchObject({ outcome: "pass", totalMs: 0 });
  });

  test.each<[string, Draft]>([
    ["body", { expect: ["has(body.state)"] }],
    ["text", { expect: ["text != ''"] }],
    ["events", { expect: ["size(events) > 0"] }],
    ["a part deep in an expression", { expect: ["[1].exists(x, status == x || text.size() > x)"] }],
    ["a capture", { capture: { order: "body.id" } }],
  ])("is none with %s", async (_name, draft) => {
    expect(await go(serve(broken), draft)).toMatchObject({ outcome: "fail", failure: { reason: "body" } });
  });

  test("a redirect needs no body, and its target does", async () => {
    const fetch = scriptedFetch({
      "GET /": () => ({ ...endless("moved", "text/html"), status: 302, headers: { location: "/there" } }),
      "GET /there": { json: { state: "ok" } },
    });
    expect(await go(fetch, { redirects: 1, expect: ["body.state == 'ok'"] })).toMatchObject({
      outcome: "pass",
    });
  });
});

test("a needed body over maxBody is our limit, and says which key", async () => {
  const draft = { expect: ["text != ''"], maxBodyBytes: 256 << 10 };
  expect(await go(serve({ body: TWO_MIB }), draft)).toMatchObject({
    outcome: "error",
    transport: false,
    failure: { reason: "limit", detail: "the body is longer than maxBody, 256KiB" },
  });
  const larger = { ...draft, maxBodyBytes: 2 << 20 };
  expect(await go(serve({ body: TWO_MIB }), larger)).toMatchObject({ outcome: "pass" });
});

test("a body whose transport cannot give a part of it is over the cap, too", async () => {
  const answer = answerOf(new Response("x"));
  const read = () => Promise.resolve({ bytes: new Uint8Array(0), truncated: true });
  const fetch: Fetch = () => Promise.resolve({ ...answer, read });
  expect(await go(fetch, { expect: ["text != ''"] })).toMatchObject({
    outcome: "error",
    failure: { reason: "limit" },
  });
});

test("text in another charset is read", async () => {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
      controller.close();
    },
  });
  const route = { headers: { "content-type": "text/html; charset=iso-8859-1" }, body };
  expect(await go(serve(route), { expect: ["text == 'café'"] })).toMatchObject({ outcome: "pass" });
});

describe("an event stream", () => {
  const type = { "content-type": "text/event-stream; charset=utf-8" };
  const stream =
    'retry: 1\n\n: hello\ndata: {"n":1}\n\nevent: b\r\ndata:two\r\ndata: lines\r\n\r\ndata: {"n":3}\n\ndata: cut';

  test("has its last event as body, and all of them", async () => {
    const expect_ = [
      "body.n == 3",
      "events == [{'n': 1}, 'two\\nlines', {'n': 3}]",
      "text.startsWith('retry')",
    ];
    expect(await go(serve({ headers: type, body: stream }), { expect: expect_ })).toMatchObject({
      outcome: "pass",
    });
  });

  test("that goes on is judged by what came within nine tenths of the time", async () => {
    const route = () => endless(stream, type["content-type"]);
    expect(await go(serve(route), { expect: ["body.n == 3"] }, 900)).toMatchObject({
      outcome: "pass",
      totalMs: 900,
    });
  });

  test("that goes on without an event is late", async () => {
    const route = () => endless(": wait\n\ndata: half", type["content-type"]);
    expect(await go(serve(route), { expect: ["body.n == 3"] }, 1000)).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "timeout" },
    });
  });

  test("of another type is none", async () => {
    const seen = await go(serve({ headers: { "content-type": "text/plain" }, body: stream }), {
      expect: ["events.size() == 0", "body.n == 3"],
    });
    expect(seen.failure).toMatchObject({ reason: "expectation", expression: "body.n == 3" });
  });
});

test("what the transport measured stands in the trace, and a repeated request is counted", async () => {
  const trace: ExchangeTrace = {
    requests: 2,
    dnsMs: 1,
    firstByteMs: 7,
    remoteAddress: "192.0.2.1",
    certificate: { notAfter: 1_800_000_000_000, issuer: "Example CA", names: ["shop.example"] },
  };
  const fetch: Fetch = () => Promise.resolve<Answer>({ ...answerOf(new Response("ok")), trace });
  expect((await go(fetch, { expect: ["status == 200"] })).steps).toEqual([
    expect.objectContaining({
      requests: 2,
      wire: {
        dnsMs: 1,
        firstByteMs: 7,
        remoteAddress: "192.0.2.1",
        certificate: { notAfter: 1_800_000_000_000, issuer: "Example CA" },
      },
    }),
  ]);
  const [plain] = (await go(serve({}), { expect: ["status == 200"] })).steps;
  expect(plain!.wire).toBeUndefined();
});
