import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { type Exchange, exchange } from "../../../src/base/http/client.ts";
import { messageOf } from "../../../src/base/error_message.ts";
import { type Answer, type Clock, type Fetch, Refused } from "../../../src/base/ports.ts";
import { steppingClock } from "../../world/clock.ts";
import { type Route, type RouteReply, scriptedFetch } from "../../world/network.ts";

const CAP = 16;
const request = { url: new URL("https://shop.example/a?token=abc"), method: "GET", headers: {} };

function ask(fetch: Fetch, clock = steppingClock(), signal?: AbortSignal): Promise<Exchange> {
  return exchange({ clock, fetch }, request, { deadlineMs: 1000, capBytes: CAP, signal });
}

/** A body of these chunks; after them it ends, breaks or says nothing more. */
function body(chunks: string[], then: "end" | "break" | "hang" = "end") {
  const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const chunk = left.shift();
      if (chunk) return controller.enqueue(chunk);
      if (then === "end") return controller.close();
      if (then === "break") return controller.error(new Error("connection reset"));
      return new Promise(() => {});
    },
  });
}

/** An answer whose body never ends, and whose reads heed nothing; with `declared`, as a runtime fetches it. */
function unfinished(declared?: number) {
  let cancelled = false;
  const source = { pull: () => new Promise<void>(() => {}), cancel: () => void (cancelled = true) };
  const headers: HeadersInit = declared === undefined ? {} : { "content-length": String(declared) };
  const response = new Response(new ReadableStream(source), { headers });
  if (declared !== undefined) {
    Object.defineProperty(response, "url", { value: request.url.href });
    Object.defineProperty(response, "arrayBuffer", { value: () => new Promise(() => {}) });
    return { response, isCancelled: () => cancelled };
  }
  const getReader = () => ({ read: () => new Promise(() => {}), cancel: () => new Promise(() => {}) });
  Object.defineProperty(response.body, "getReader", { value: getReader });
  return { response, isCancelled: () => cancelled };
}

/** What `make` makes, twice the deadline later, whoever aborts. */
function arriving(clock: Clock, make: () => Response, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) =>
    clock.after(
      2000,
      () => Promise.resolve().then(make).then((response) => answerOf(response, signal)).then(resolve, reject),
    )
  );
}

/** What a promise has come to so far: a promise that never settles must not hang its test. */
function settlement<T>(promise: Promise<T>): () => T | "pending" {
  let value: T | "pending" = "pending";
  promise.then((settled) => value = settled);
  return () => value;
}

describe("exchange", () => {
  const answers: [string, RouteReply, { text: string; truncated: boolean }][] = [
    ["an empty body", { body: "" }, { text: "", truncated: false }],
    ["no body at all", { status: 204 }, { text: "", truncated: false }],
    ["a body of chunks", { body: body(["ab", "", "cd"]) }, { text: "abcd", truncated: false }],
    ["a declared length", { body: "abcd", headers: { "content-length": "4" } }, {
      text: "abcd",
      truncated: false,
    }],
    ["a body of exactly the cap", { body: body(["x".repeat(CAP)]) }, {
      text: "x".repeat(CAP),
      truncated: false,
    }],
    ["one byte over the cap", { body: body(["x".repeat(CAP), "y"]) }, {
      text: "x".repeat(CAP),
      truncated: true,
    }],
    ["an endless body", { body: body(["x".repeat(99)], "hang") }, { text: "x".repeat(CAP), truncated: true }],
    [
      "a small length declared under a coding",
      {
        body: body(["x".repeat(99)], "hang"),
        headers: { "content-length": "4", "content-encoding": "gzip" },
      },
      { text: "x".repeat(CAP), truncated: true },
    ],
    [
      "a small length declared beside chunks",
      {
        body: body(["x".repeat(99)], "hang"),
        headers: { "content-length": "4", "transfer-encoding": "chunked" },
      },
      { text: "x".repeat(CAP), truncated: true },
    ],
  ];

  test.each(answers)("reads %s", async (_name, play, { text, truncated }) => {
    const answer = await ask(scriptedFetch({ "GET /a?token=abc": play }));
    if (answer.kind !== "answer") throw new Error(answer.detail);
    expect(new TextDecoder().decode(answer.bytes)).toBe(text);
    expect(answer.truncated).toBe(truncated);
  });

  test("times the headers and the whole answer", async () => {
    const clock = steppingClock();
    const slow: Fetch = () =>
      new Promise((resolve) =>
        clock.after(40, () =>
          resolve(answerOf(
            new Response(
              new ReadableStream({
                start: (controller) => void clock.after(60, () => controller.close()),
              }),
            ),
          )))
      );
    const pending = ask(slow, clock);
    await clock.advance(100);
    expect(await pending).toMatchObject({ kind: "answer", headersMs: 40, totalMs: 100 });
  });

  const failures: [string, RouteReply, string][] = [
    ["a refused address", new Refused("Cannot ask 10.0.0.1"), "refused"],
    ["a broken connection", new Error("connection reset"), "network"],
    ["a body that breaks off", { body: body(["ab"], "break") }, "body"],
  ];

  test.each(failures)("%s is a value", async (_name, play, reason) => {
    expect(await ask(scriptedFetch({ "GET /a?token=abc": play }))).toMatchObject({ kind: "failure", reason });
  });

  const hangs: [string, Route][] = [
    ["no headers", "hang"],
    ["an unfinished body", () => ({ body: body(["ab"], "hang") })],
  ];

  test.each(hangs)("%s: ends at the deadline", async (_name, play) => {
    const clock = steppingClock();
    const pending = ask(scriptedFetch({ "GET /a?token=abc": play }), clock);
    await clock.advance(1000);
    expect(await pending).toMatchObject({ kind: "failure", reason: "timeout", totalMs: 1000 });
  });

  test.each(hangs)("%s: ends when the caller gives up", async (_name, play) => {
    const clock = steppingClock();
    const caller = new AbortController();
    const pending = ask(scriptedFetch({ "GET /a?token=abc": play }), clock, caller.signal);
    await clock.advance(10);
    caller.abort();
    expect(await pending).toMatchObject({ kind: "failure", reason: "cancelled", totalMs: 10 });
  });

  test("asks nothing for a caller who has given up before", async () => {
    const network = scriptedFetch({});
    expect(await ask(network, steppingClock(), AbortSignal.abort())).toMatchObject({ reason: "cancelled" });
    expect(network.requests).toEqual([]);
  });

  const deaf: [string, () => Fetch][] = [
    ["never answers", () => () => new Promise(() => {})],
    ["never ends a body read in chunks", () => () => Promise.resolve(answerOf(unfinished().response))],
    ["never ends a body of a declared length", () => () => Promise.resolve(answerOf(unfinished(4).response))],
  ];

  test.each(deaf)("a transport that heeds no signal and %s: ends at the deadline", async (_name, fetch) => {
    const clock = steppingClock();
    const ended = settlement(ask(fetch(), clock));
    await clock.advance(1000);
    expect(ended()).toMatchObject({ kind: "failure", reason: "timeout", totalMs: 1000 });
  });

  test.each(deaf)("a transport that heeds no signal and %s: ends with its caller", async (_name, fetch) => {
    const clock = steppingClock();
    const caller = new AbortController();
    const ended = settlement(ask(fetch(), clock, caller.signal));
    await clock.advance(10);
    caller.abort();
    await clock.advance(0);
    expect(ended()).toMatchObject({ kind: "failure", reason: "cancelled", totalMs: 10 });
  });

  test("a transport knows that nobody waits any more when the exchange ends, and is not waited for", async () => {
    const clock = steppingClock();
    let isClosed = false;
    const closing: Fetch = (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          isClosed = true;
          clock.after(5, () => reject(signal.reason));
        })
      );
    const ended = settlement(ask(closing, clock));
    await clock.advance(1000);
    expect([isClosed, ended()]).toEqual([true, {
      kind: "failure",
      reason: "timeout",
      detail: "no complete answer within 1000 ms",
      totalMs: 1000,
    }]);
  });

  test("an answer that comes after the deadline is thrown away", async () => {
    const clock = steppingClock();
    const late = unfinished();
    const ended = settlement(ask((_, { signal }) => arriving(clock, () => late.response, signal), clock));
    await clock.advance(1000);
    expect(ended()).toMatchObject({ reason: "timeout" });
    expect(late.isCancelled()).toBe(false);
    await clock.advance(1000);
    expect(late.isCancelled()).toBe(true);
  });

  test("a transport that fails after the deadline disturbs nobody", async () => {
    const clock = steppingClock();
    const unhandled: unknown[] = [];
    const note = (event: PromiseRejectionEvent) => {
      event.preventDefault();
      unhandled.push(event.reason);
    };
    globalThis.addEventListener("unhandledrejection", note);
    const broken = () => {
      throw new Error("connection reset");
    };
    const ended = settlement(ask((_, { signal }) => arriving(clock, broken, signal), clock));
    await clock.advance(3000);
    globalThis.removeEventListener("unhandledrejection", note);
    expect(ended()).toMatchObject({ reason: "timeout", totalMs: 1000 });
    expect(unhandled).toEqual([]);
  });
});

describe("exchange, of a body in pieces", () => {
  /** `count` chunks of `size` bytes, each a view into its own buffer of 64 KiB, as runtimes give them out. */
  function pieces(count: number, size: number) {
    const buffers = Array.from({ length: Math.min(count, 64) }, () => new Uint8Array(1 << 16).fill(120));
    let given = 0;
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (given === count) return controller.close();
        controller.enqueue(buffers[given++ % buffers.length]!.subarray(0, size));
      },
      cancel: () => void (cancelled = true),
    }, { highWaterMark: 0 });
    return { stream, given: () => given, isCancelled: () => cancelled };
  }

  function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, capBytes: number, headers = {}) {
    const fetch = scriptedFetch({ "GET /a?token=abc": () => ({ body: stream, headers }) });
    return exchange({ clock: steppingClock(), fetch }, request, { deadlineMs: 1000, capBytes });
  }

  test("holds none of the runtime's buffers", async () => {
    for (const count of [1, 19_000]) {
      const answer = await read(pieces(count, 1).stream, 1 << 20);
      if (answer.kind !== "answer") throw new Error(answer.detail);
      expect(answer.bytes).toEqual(new Uint8Array(count).fill(120));
      expect(answer.bytes.buffer.byteLength).toBeLessThanOrEqual(2 * count);
    }
  });

  test("never holds more than the cap", async () => {
    const answer = await read(pieces(50, 1000).stream, 33_000);
    if (answer.kind !== "answer") throw new Error(answer.detail);
    expect([answer.bytes.byteLength, answer.truncated]).toEqual([33_000, true]);
    expect(answer.bytes.buffer.byteLength).toBe(33_000);
  });

  test.each([
    ["one byte", 1, {}],
    ["nothing", 0, {}],
    ["one byte, under a declared length,", 1, { "content-length": "300000" }],
  ])("stops at too many of %s: its own limit", async (_name, size, headers: Record<string, string>) => {
    const many = pieces(300_000, size);
    expect(await read(many.stream, 1 << 20, headers)).toMatchObject({
      kind: "failure",
      reason: "limit",
      detail: "stopped reading: the body came in more than 20000 pieces",
    });
    expect([many.given(), many.isCancelled()]).toEqual([20_000, true]);
  });
});

describe("exchange, of a body that nobody needs", () => {
  /** An answer whose body comes in chunks of 16 KiB; tells how many were taken, and whether the rest was given up. */
  function chunked(count: number, init: ResponseInit = {}, text = "x") {
    let given = 0;
    let end = "open";
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (given === count) {
          end = "read to its end";
          return controller.close();
        }
        given++;
        controller.enqueue(new TextEncoder().encode(text.padEnd(16 * 1024)));
      },
      cancel: () => void (end = "closed"),
    }, { highWaterMark: 0 });
    const fetch: Fetch = (_, { signal }) => Promise.resolve(answerOf(new Response(stream, init), signal));
    return { fetch, fate: () => [given, end] };
  }

  const drop = (fetch: Fetch, clock: Clock) =>
    exchange({ clock, fetch }, request, { deadlineMs: 1000, capBytes: 0 });

  test.each<[string, number, ResponseInit, unknown[]]>([
    ["short: read on, so that the connection can be kept", 2, {}, [2, "read to its end"]],
    ["of 64 KiB: read on", 4, {}, [4, "read to its end"]],
    ["longer: closed once 64 KiB have come", 1000, {}, [5, "closed"]],
    ["declared to be longer: closed", 1000, { headers: { "content-length": "65537" } }, [0, "closed"]],
  ])("%s", async (_name, count, init, fate) => {
    const clock = steppingClock();
    const one = chunked(count, init);
    expect(await drop(one.fetch, clock)).toMatchObject({
      kind: "answer",
      status: 200,
      bytes: new Uint8Array(0),
      truncated: false,
    });
    await clock.advance(0);
    expect(one.fate()).toEqual(fate);
  });

  test("an endless one is over at the headers, and closed a second later", async () => {
    const clock = steppingClock();
    let isClosed = false;
    const stream = new ReadableStream({ cancel: () => void (isClosed = true) });
    const fetch: Fetch = (_, { signal }) => Promise.resolve(answerOf(new Response(stream), signal));
    expect(await drop(fetch, clock)).toMatchObject({ kind: "answer", totalMs: 0 });
    await clock.advance(999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    expect(isClosed).toBe(true);
  });

  test("one that breaks off fails nothing", async () => {
    const fetch = scriptedFetch({ "GET /a?token=abc": { status: 503, body: body(["ab"], "break") } });
    expect(await drop(fetch, steppingClock())).toMatchObject({ kind: "answer", status: 503 });
  });

  const EDGE = { status: 522, headers: { server: "cloudflare" } };

  test("the first bytes of what may be Cloudflare's own answer are read, and not handed on", async () => {
    const edge = chunked(1, EDGE, "error code: 522");
    expect(await drop(edge.fetch, steppingClock())).toMatchObject({ kind: "failure", reason: "network" });
    const other = chunked(9, EDGE, "<html>");
    expect(await drop(other.fetch, steppingClock())).toMatchObject({
      kind: "answer",
      bytes: new Uint8Array(0),
    });
  });
});

describe("exchange, of an event stream that goes on", () => {
  const events = (then: "end" | "hang") => ({
    headers: { "content-type": "text/event-stream" },
    body: body(["data: 1\n\n"], then),
  });
  const hear = (isStreamTaken: boolean, clock: Clock, then: "end" | "hang" = "hang") =>
    exchange({ clock, fetch: scriptedFetch({ "GET /a?token=abc": events(then) }) }, request, {
      deadlineMs: 1000,
      capBytes: CAP,
      isStreamTaken,
    });

  test("is taken as far as it came in nine tenths of the time", async () => {
    const clock = steppingClock();
    const heard = settlement(hear(true, clock));
    await clock.advance(899);
    expect(heard()).toBe("pending");
    await clock.advance(1);
    expect(heard()).toMatchObject({ kind: "answer", truncated: true, totalMs: 900 });
  });

  test("is whole when it ends by itself", async () => {
    expect(await hear(true, steppingClock(), "end")).toMatchObject({ kind: "answer", truncated: false });
  });

  test("has no complete answer for whoever wants it whole", async () => {
    const clock = steppingClock();
    const heard = settlement(hear(false, clock));
    await clock.advance(1000);
    expect(heard()).toMatchObject({ kind: "failure", reason: "timeout" });
  });
});

describe("messageOf", () => {
  const rows: [string, unknown, string][] = [
    ["an error with causes", new Error("a", { cause: new Error("b", { cause: "c" }) }), "a: b: c"],
    ["a thrown text", "lost", "lost"],
    ["line breaks", new Error("a\r\n  b"), "a b"],
    [
      "a URL, without what may be secret",
      new Error("sending to (https://ann:pw@shop.example:1/hook/T0K?key=abc#x): refused"),
      "sending to (https://shop.example:1): refused",
    ],
  ];

  test.each(rows)("%s", (_name, error, message) => {
    expect(messageOf(error)).toBe(message);
  });

  test("ends a circle of causes and a long message", () => {
    const error = new Error("x".repeat(500));
    error.cause = error;
    expect(messageOf(error)).toHaveLength(300);
  });
});
