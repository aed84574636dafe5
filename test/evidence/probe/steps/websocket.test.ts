import type { Socket } from "node:net";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { afterEach, describe, expect, test } from "vitest";
import { peer } from "../../../world/peers.ts";
import { overdue, taken } from "./over_network.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(closing.splice(0).map((close) => close())));

/** A server that does this with each connection. */
async function serve(
  play: (socket: WebSocket, headers: Record<string, string | string[] | undefined>) => void,
  options: ConstructorParameters<typeof WebSocketServer>[0] = {},
): Promise<number> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  server.on("connection", (socket, { headers }) => {
    socket.on("error", () => {});
    play(socket, headers);
  });
  await new Promise<void>((resolve) => server.once("listening", resolve));
  closing.push(() => {
    for (const client of server.clients) client.terminate();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as { port: number }).port;
}

/** A TCP server that does what it likes once it was asked. */
async function rude(play: (socket: Socket) => void) {
  const server = await peer((socket) => void socket.once("data", () => play(socket)));
  closing.push(server.close);
  return server;
}

/** RFC 6455 section 1.3, for whoever reads no key. */
const ACCEPTED =
  "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n";

const says = (...texts: string[]) => (socket: WebSocket) => texts.forEach((text) => socket.send(text));
const step = (expected: string, { websocket = "{}", request = "{ path: /live }" } = {}) =>
  `{ websocket: ${websocket}, request: ${request}, expect: ${expected} }`;

describe("a websocket step", () => {
  test("hears the first message", async () => {
    const port = await serve(says('{"type":"hello"}', "more"));
    const observation = await taken(step(`"body.type == 'hello' && size(messages) == 1"`), { port });
    expect(observation).toMatchObject({ outcome: "pass", steps: [{ requests: 1, note: "open, 1 message" }] });
    expect(observation.steps[0]!.wire).toMatchObject({ remoteAddress: "127.0.0.1" });
  });

  test("says what it is told to, with headers and a subprotocol, and hears so many messages", async () => {
    const seen: unknown[] = [];
    const port = await serve((socket, headers) => {
      seen.push(headers["x-assay-run"], headers.authorization);
      socket.on("message", (data: unknown) => socket.send(`echo ${data}`));
    }, { handleProtocols: () => "chat.v2" });
    const websocket = '{ protocols: [chat.v2, chat.v1], send: ["one", "${env:TOKEN}"], messages: 2 }';
    const request = '{ path: /live, headers: { authorization: "Bearer ${env:TOKEN}" } }';
    const observation = await taken(
      step(`["protocol == 'chat.v2'", "messages[0] == 'echo one' && text == 'echo s3cret'"]`, {
        websocket,
        request,
      }),
      { port },
    );
    expect(observation.failure).toBeUndefined();
    expect(seen).toEqual(["run-1", "Bearer s3cret"]);
    expect(JSON.stringify(observation)).not.toContain("s3cret");
  });

  test("takes the server's end for the end", async () => {
    const port = await serve((socket) => socket.close(1013, "try again later"));
    expect((await taken(step(`"closeCode == 1013 && messages == []"`), { port })).failure).toBeUndefined();
  });

  test("shows what was said", async () => {
    const port = await serve(says('{"error":"no room","token":"s3cret"}'));
    expect((await taken(step("body.type == 'hello'"), { port })).failure).toMatchObject({
      reason: "expectation",
      request: { method: "GET", url: `http://shop.example:${port}/live` },
      answer: { excerpt: expect.stringContaining('"no room","token":"***"') },
    });
  });

  test("is told where an answer is no WebSocket", async () => {
    const { port } = await rude((socket) =>
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
    );
    expect(await taken(step("text == 'a'"), { port })).toMatchObject({
      outcome: "fail",
      transport: false,
      failure: { reason: "body", detail: expect.stringContaining("status 403 in place of a WebSocket") },
      steps: [{ status: 403 }],
    });
  });

  test("does not judge a message that is too long for us", async () => {
    const port = await serve(says("x".repeat(2_000)));
    expect(await taken(step("text == 'a'", { websocket: "{ maxBytes: 1000 }" }), { port })).toMatchObject({
      outcome: "error",
      failure: { reason: "limit" },
    });
  });

  test.each<[string, (socket: Socket) => void]>([
    ["closes at once", (socket) => socket.end()],
    ["resets the connection", (socket) => socket.resetAndDestroy()],
    ["accepts without having read the key", (socket) => void socket.write(ACCEPTED)],
    ["speaks another protocol", (socket) => void socket.end("220 mail.example\r\n")],
  ])("fails where a server %s", async (_, play) => {
    const { port } = await rude(play);
    expect(await taken(step("text == 'a'"), { port })).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "network" },
    });
  });

  test("fails where a frame is none", async () => {
    const port = await serve((socket) => {
      // Three reserved bits that nobody has agreed on (RFC 6455 section 5.2).
      (socket as unknown as { _socket: Socket })._socket.write(Uint8Array.from([0xf1, 1, 65]));
    });
    expect(await taken(step("text == 'A'"), { port })).toMatchObject({
      outcome: "fail",
      failure: { reason: "network" },
    });
  });

  test("is over at its deadline where nothing is answered, or said", async () => {
    const silent = await rude(() => {});
    const { failure } = await overdue(step("text == 'a'"), silent.accepted, { port: silent.port });
    expect(failure).toMatchObject({
      reason: "timeout",
      detail: expect.stringMatching(/^no .* within 1000 ms/),
    });
    const opened = Promise.withResolvers<void>();
    const port = await serve(() => opened.resolve());
    const { outcome, transport } = await overdue(step("text == 'a'"), opened.promise, { port });
    expect({ outcome, transport }).toEqual({ outcome: "fail", transport: true });
  });

  test("asks no private address", async () => {
    const port = await serve(says("hello"));
    expect(await taken(step("text == 'hello'"), { port, allowPrivate: false })).toMatchObject({
      outcome: "error",
      failure: { reason: "refused" },
    });
  });
});
