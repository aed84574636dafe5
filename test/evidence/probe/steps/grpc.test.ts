import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { load } from "../../../../src/config/mod.ts";
import { KINDS } from "../../../../functions/deno/kinds.ts";
import { frame, headers } from "../../../world/answers/frames.ts";
import { authority } from "../../../world/certificate.ts";
import { DESCRIPTOR } from "../../../world/grpc_descriptor.ts";
import { grpcServer } from "../../../world/grpc_server.ts";
import { peer } from "../../../world/peers.ts";
import { stepOf } from "../steps.ts";
import { overdue, taken } from "./over_network.ts";

const closing: (() => unknown)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

async function serve(...options: Parameters<typeof grpcServer>) {
  const server = await grpcServer(...options);
  closing.push(server.close);
  return server;
}

const base64 = Buffer.from(DESCRIPTOR).toString("base64");
const get = (expected: string, more = "message: { orderId: a1 }") =>
  `{ grpc: { method: shop.v1.Orders/Get, descriptor: { base64: "${base64}" }, ${more} }, expect: ${expected} }`;
const health = (expected: string, more = "") => `{ grpc: { ${more} }, expect: "${expected}" }`;

describe("a grpc step at a real server", () => {
  test.each([
    ["SERVING", [8, 1]],
    ["NOT_SERVING", [8, 2]],
    ["UNKNOWN", []],
  ])("reads %s of health v1", async (word, bytes) => {
    const { port } = await serve(() => ({}), { health: bytes });
    const observation = await taken(health(`status == 'OK' && message.status == '${word}'`), { port });
    expect(observation).toMatchObject({ outcome: "pass", steps: [{ requests: 1, note: "OK" }] });
    expect(observation.steps[0]!.wire).toMatchObject({ remoteAddress: "127.0.0.1", protocol: "2" });
  });

  test("asks for the health of one service", async () => {
    const { port, asked } = await serve(() => ({}), { health: [8, 1] });
    await taken(health("message.status == 'SERVING'", "service: shop.v1.Orders"), { port });
    expect(asked).toEqual(["\n\x0eshop.v1.Orders"]);
  });

  test("calls a method with a message and metadata, and reads all of its answer", async () => {
    const seen: unknown[] = [];
    const { port } = await serve(({ request, metadata }) => {
      seen.push(request, metadata.get("authorization"), metadata.get("x-assay-run"));
      return { id: request.orderId, total: "9007199254740993", lines: [{ id: "l1" }] };
    });
    const expected = JSON.stringify([
      "message.id == 'a1' && message.state == 'OPEN' && message.total == '9007199254740993'",
      "message.lines[0].id == 'l1' && metadata['X-Region'] == 'eu' && durationMs >= 0.0",
    ]);
    const more =
      "message: { order_id: \"{{ 'a' + '1' }}\" }, metadata: { authorization: \"Bearer ${env:TOKEN}\" }";
    const observation = await taken(get(expected, more), { port });
    expect(observation.failure).toBeUndefined();
    expect(seen).toEqual([{ orderId: "a1" }, ["Bearer s3cret"], ["run-1"]]);
  });

  test("is let in by auth", async () => {
    const { port } = await serve(({ metadata }) => ({ id: String(metadata.get("authorization")) }));
    const written = get("message.id == 'Bearer s3cret'").replace(
      / }$/,
      ', auth: { bearer: "${env:TOKEN}" } }',
    );
    expect(await taken(written, { port })).toMatchObject({ outcome: "pass" });
  });

  test("speaks TLS, offering h2 alone", async () => {
    const signer = authority();
    const plain = await serve(() => ({}), { health: [8, 1] });
    const front = { ...signer.issue(["shop.example"]), ALPNProtocols: ["h2"] };
    const { port, close } = await peer((socket) => {
      const behind = connect(plain.port, "127.0.0.1");
      behind.on("error", () => {});
      socket.pipe(behind).pipe(socket);
    }, front);
    closing.push(close);
    const written = health(
      "message.status == 'SERVING' && tlsMs > 0.0",
      `url: 'https://shop.example:${port}'`,
    );
    expect((await taken(written, { ca: signer.ca })).failure).toBeUndefined();
    expect(await taken(written, {})).toMatchObject({ outcome: "fail", failure: { reason: "network" } });
  });

  test("gives an error's status and words to the expectations, and shows them without secrets", async () => {
    const { port } = await serve(() => ({ code: 5, details: "no order a1 of s3cret" }));
    expect(await taken(get(`"status == 'NOT_FOUND' && statusMessage.contains('a1')"`), { port }))
      .toMatchObject({ outcome: "pass" });
    const { outcome, steps, failure } = await taken(get("message.id == 'a1'"), { port });
    expect({ outcome, note: steps[0]!.note }).toEqual({ outcome: "fail", note: "NOT_FOUND" });
    expect(failure).toMatchObject({
      reason: "expectation",
      answer: { excerpt: "NOT_FOUND: no order a1 of ***" },
    });
    expect(failure!.detail).toContain("no message, but NOT_FOUND: no order a1 of ***");
  });

  test("does not judge a message that is longer than it takes", async () => {
    const { port } = await serve(() => ({ id: "x".repeat(2_000) }));
    const { outcome, failure } = await taken(get("message.id != ''", "maxBytes: 1000"), { port });
    expect({ outcome, reason: failure?.reason }).toEqual({ outcome: "error", reason: "limit" });
  });

  test("says that a method is not there", async () => {
    const { port } = await serve(() => ({}));
    expect(await taken(health("status == 'OK'"), { port })).toMatchObject({
      outcome: "fail",
      steps: [{ note: "UNIMPLEMENTED" }],
    });
  });
});

const START = frame("settings", "", { stream: 0 });
const HEAD: [string, string][] = [[":status", "200"], ["content-type", "application/grpc"]];
const OK = headers([["grpc-status", "0"]], ["end"]);
const message = (...bytes: number[]) => frame("data", Uint8Array.from(bytes));

describe("a grpc step at a server that is none, or a bad one", () => {
  test.each<[string, (string | Uint8Array)[], string, string]>([
    ["HTTP/1.1", ["HTTP/1.1 400 Bad Request\r\n\r\n"], "network", ""],
    ["an end", [], "network", "closed"],
    [
      "an error page",
      [START, headers([[":status", "502"]]), frame("data", "<h1>Bad", { flags: ["end"] })],
      "body",
      "HTTP status 502",
    ],
    [
      "a web page",
      [START, headers([[":status", "200"], ["content-type", "text/html"]], ["end"])],
      "body",
      "text/html",
    ],
    [
      "no status",
      [START, headers(HEAD), message(0, 0, 0, 0, 0), headers([["x", "1"]], ["end"])],
      "body",
      "without a status",
    ],
    ["no message", [START, headers(HEAD), OK], "body", "no message"],
    ["a cut message", [START, headers(HEAD), message(0, 0, 0, 0, 9, 8, 1), OK], "body", "cut"],
    ["half a prefix", [START, headers(HEAD), message(0, 0), OK], "body", "cut"],
    [
      "two messages",
      [START, headers(HEAD), message(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), OK],
      "body",
      "more than one",
    ],
    ["a compressed message", [START, headers(HEAD), message(1, 0, 0, 0, 0), OK], "body", "compressed"],
    [
      "bytes that are no message",
      [START, headers(HEAD), message(0, 0, 0, 0, 2, 8, 255), OK],
      "body",
      "status OK, and",
    ],
    ["a reset", [START, headers(HEAD), frame("rst", Uint8Array.of(0, 0, 0, 2))], "body", "INTERNAL_ERROR"],
  ])("fails after %s", async (_, parts, reason, detail) => {
    const server = await peer((socket) => {
      socket.once("data", () => {
        for (const part of parts) socket.write(part);
        socket.end();
      });
    });
    closing.push(server.close);
    const { outcome, failure } = await taken(health("message.status == 'SERVING'"), { port: server.port });
    expect({ outcome, reason: failure?.reason }).toEqual({ outcome: "fail", reason });
    expect(failure!.detail).toContain(detail);
  });

  test("knows a status that no list has as UNKNOWN, and words that are not encoded as they stand", async () => {
    const end = headers([...HEAD, ["grpc-status", "99"], ["grpc-message", "50% off"]], ["end"]);
    const server = await peer((socket) =>
      void socket.once("data", () => void socket.write(Buffer.concat([START, end])))
    );
    closing.push(server.close);
    const written = health("status == 'UNKNOWN' && statusMessage == '50% off'");
    expect(await taken(written, { port: server.port })).toMatchObject({ outcome: "pass" });
  });

  test("is over at its deadline, which the server was told", async () => {
    const server = await peer((socket) => void socket.write(START));
    closing.push(server.close);
    const { failure } = await overdue(health("status == 'OK'"), server.accepted, { port: server.port });
    expect(failure).toMatchObject({ reason: "timeout" });
  });
});

/** What is wrong with a step, as `assay check` says it. */
async function faultOf(step: string): Promise<unknown> {
  const text = `version: 1
targets: [{ id: shop, url: https://shop.example, checks: [{ id: c, journey: [${step}] }] }]`;
  const error = await load({ kind: "yaml", text }, { kinds: KINDS }).then(() => undefined, (error) => error);
  return error?.problems[0];
}

describe("a grpc step in a config", () => {
  const at = "targets[0].checks[0].journey[0].grpc";
  test.each<[string, string, object]>([
    ["a method that is not there", get("status == 'OK'").replace("Orders/Get", "Orders/Gat"), {
      path: `${at}.method`,
      suggestion: "shop.v1.Orders/Get",
    }],
    ["a stream", get("status == 'OK'").replace("Orders/Get", "Orders/Watch"), {
      path: `${at}.method`,
      expected: "a unary method",
    }],
    ["a field that is not there", get("status == 'OK'", 'message: { orderid: "{{ run.id }}" }'), {
      path: `${at}.message.orderid`,
      suggestion: "orderId",
    }],
    [
      "one that is not there further down",
      get("status == 'OK'", "message: { lines: [{ lines: [{ ident: 1 }] }] }").replace(
        "Orders/Get",
        "Orders/Put",
      ),
      { path: `${at}.message.lines[0].lines[0].ident` },
    ],
    ["a value of a wrong type", get("status == 'OK'", "message: { orderId: 7 }"), { path: `${at}.message` }],
    ["a file that holds no descriptors", get("status == 'OK'").replace(base64, "aGVsbG8="), {
      path: `${at}.descriptor`,
    }],
    ["a method without its descriptor", "{ grpc: { method: a.B/C }, expect: status == 'OK' }", { path: at }],
    ["a service beside a method", get("status == 'OK'", "service: shop.v1.Orders"), {
      path: `${at}.service`,
    }],
    ["a message of no method", health("status == 'OK'", "message: {}"), { path: `${at}.message` }],
    ["an address in its own network", health("status == 'OK'", "url: 'http://10.0.0.1:50051'"), {
      path: `${at}.url`,
    }],
    ["a variable of HTTP", health("body.status == 'SERVING'"), { path: at.replace("grpc", "expect") }],
  ])("tells %s", async (_, step, problem) => {
    expect(await faultOf(step)).toMatchObject(problem);
  });

  test("reads the descriptor beside the config", async () => {
    const text = `version: 1
targets: [{ id: shop, url: https://shop.example, checks: [{ id: c, journey: [
  { grpc: { method: shop.v1.Orders/Get, descriptor: shop.binpb }, expect: message.id == 'a1' }] }] }]`;
    const readFile = (path: string) =>
      Promise.resolve(Uint8Array.from(path === "shop.binpb" ? DESCRIPTOR : []));
    const { config } = await load({ kind: "yaml", text }, { kinds: KINDS, readFile });
    expect(config.checks[0]!.journey[0]).toMatchObject({
      summary: "grpc shop.v1.Orders/Get",
      grpc: { descriptor: base64 },
    });
  });

  test.each([["cloudflare", "shows no trailers"], ["deno-deploy", "port 443"]] as const)(
    "is refused for %s",
    async (runtime, words) => {
      await expect(stepOf(health("message.status == 'SERVING'"), { runtime })).rejects.toThrow(words);
    },
  );
});
