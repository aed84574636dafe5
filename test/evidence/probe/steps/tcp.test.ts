import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { certificate } from "../../../world/certificate.ts";
import { type Peer, peer } from "../../../world/peers.ts";
import { overdue, taken } from "./over_network.ts";

const open: Peer[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

async function serve(...args: Parameters<typeof peer>): Promise<Peer> {
  const server = await peer(...args);
  open.push(server);
  return server;
}

const says = (...texts: string[]) => (socket: Socket) => texts.forEach((text) => socket.write(text));
/** Answers line by line. */
const answers = (reply: (line: string) => string, greeting = "") => (socket: Socket) => {
  socket.write(greeting);
  socket.on("data", (bytes) => void socket.write(reply(String(bytes).trim())));
};

describe("a tcp step", () => {
  test("passes where something accepts, and tells how long that took", async () => {
    const { port } = await serve(() => {});
    const observation = await taken(`{ tcp: { port: ${port} }, expect: connected && connectMs < 60000.0 }`, {
      port,
    });
    expect(observation).toMatchObject({ outcome: "pass", steps: [{ requests: 1, note: "connected" }] });
    expect(observation.steps[0]!.wire).toMatchObject({
      remoteAddress: "127.0.0.1",
      connectMs: expect.any(Number),
    });
  });

  test("reads the line that a server begins with", async () => {
    const { port } = await serve(says("220 mail.example ", "ready\r\nmore"));
    const expected = "\"text == '220 mail.example ready\\\\r\\\\n'\"";
    const observation = await taken(`{ tcp: { port: ${port} }, expect: ${expected} }`, { port });
    expect(observation.failure).toBeUndefined();
  });

  test("says what it is told to, with secrets, and reads the answer", async () => {
    const server = await serve(answers((line) => line === "AUTH s3cret" ? "+OK\r\n" : "-ERR\r\n"));
    const step =
      `{ tcp: { port: ${server.port}, send: "AUTH \${env:TOKEN}\\r\\n" }, expect: text.startsWith('+OK') }`;
    const observation = await taken(step, { port: server.port });
    expect(observation.outcome).toBe("pass");
    expect(server.heard).toEqual(["AUTH s3cret\r\n"]);
    expect(JSON.stringify(observation)).not.toContain("s3cret");
  });

  test("waits for a greeting before it speaks", async () => {
    const server = await serve(answers((line) => `250 ${line}\r\n`, "220 hello\r\n"));
    const tcp = `{ port: ${server.port}, greeting: true, send: "NOOP\\r\\n" }`;
    const step = `{ tcp: ${tcp}, expect: ["text.startsWith('220 hello')", "text.contains('250 NOOP')"] }`;
    expect((await taken(step, { port: server.port })).failure).toBeUndefined();
  });

  test("does not wait for the end of an answer in a greeting, whose first line is enough", async () => {
    const server = await serve(answers((line) => line === "QUIT" ? "221 bye." : "", "220 hello\r\n"));
    const tcp = `{ port: ${server.port}, greeting: true, send: "QUIT\\r\\n", until: "bye." }`;
    const observation = await taken(`{ tcp: ${tcp}, expect: text.endsWith('221 bye.') }`, {
      port: server.port,
    });
    expect(observation.failure).toBeUndefined();
    expect(server.heard).toEqual(["QUIT\r\n"]);
  });

  test("speaks TLS, and believes only a certificate that is good for the host", async () => {
    const own = certificate("shop.example");
    const { port } = await serve(says("* OK ready\r\n"), own);
    const step = `{ tcp: { port: ${port}, tls: true }, expect: text.startsWith('* OK') && tlsMs > 0.0 }`;
    expect(await taken(step, { port, ca: own.cert })).toMatchObject({ outcome: "pass" });
    expect(await taken(step, { port })).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "network", detail: expect.stringContaining("self-signed") },
    });
  });

  test("shows what was said where that is not what was expected", async () => {
    const { port } = await serve(says("554 no service, token s3cret\r\n"));
    const { failure } = await taken(`{ tcp: { port: ${port} }, expect: text.startsWith('220') }`, { port });
    expect(failure).toMatchObject({
      reason: "expectation",
      request: { method: "connect", url: `tcp://shop.example:${port}`, headers: {} },
      answer: { headers: {}, excerpt: expect.stringContaining("554 no service, token ***") },
    });
    expect(failure!.answer).not.toHaveProperty("status");
  });

  test.each<[string, string, object]>([
    ["closes without a word", "close", { reason: "expectation" }],
    ["resets the connection", "reset", { reason: "network" }],
    ["says more than a step takes, and no line", "flood", { reason: "expectation" }],
    ["speaks another protocol", "http", { reason: "expectation" }],
    ["is cut in the middle of a line", "cut", { reason: "expectation" }],
  ])("fails where a server %s", async (_, how, failure) => {
    const plays: Record<string, (socket: Socket) => void> = {
      close: (socket) => socket.end(),
      reset: (socket) => socket.resetAndDestroy(),
      flood: (socket) => {
        const write = () => {
          while (socket.write("x".repeat(65_536)) && !socket.destroyed);
        };
        socket.on("drain", write);
        write();
      },
      http: says("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n"),
      cut: (socket) => socket.end("220 mai"),
    };
    const { port } = await serve(plays[how]!);
    const step = `{ tcp: { port: ${port} }, expect: "text.startsWith('220 mail')" }`;
    expect(await taken(step, { port })).toMatchObject({ outcome: "fail", failure });
  });

  test("fails where nobody listens", async () => {
    const { port, close } = await peer(() => {});
    await close();
    const { failure, transport } = await taken(`{ tcp: { port: ${port} }, expect: connected }`, { port });
    expect({ transport, reason: failure?.reason }).toEqual({ transport: true, reason: "network" });
  });

  test.each<[string, (socket: Socket) => void]>([
    ["says nothing", () => {}],
    ["drips on without an end", (socket) => void socket.write("2")],
    ["reads nothing", (socket) => void socket.pause()],
  ])("is over at its deadline where a server %s", async (_, play) => {
    const server = await serve(play);
    const step = `{ tcp: { port: ${server.port}, send: "${"x".repeat(2_000)}" }, expect: text == 'ok' }`;
    expect(await overdue(step, server.accepted, { port: server.port })).toMatchObject({
      outcome: "fail",
      transport: true,
      failure: { reason: "timeout", detail: expect.stringMatching(/^no .* within 1000 ms/) },
    });
  });

  test.each([
    "127.0.0.1",
    "0x7f.1",
    "2130706433",
    "::1",
    "::ffff:127.0.0.1",
    "localhost",
    "169.254.169.254",
    "db",
  ])(
    "does not connect to %s",
    async (host) => {
      const server = await serve(says("220\n"));
      const step = `{ tcp: { host: "\${env:HOST}", port: ${server.port} }, expect: connected }`;
      const observation = await taken(step, {
        port: server.port,
        allowPrivate: false,
        secrets: { HOST: host },
      });
      expect(observation).toMatchObject({ outcome: "error", failure: { reason: "refused" } });
    },
  );

  test("does not connect to a private address behind a public name", async () => {
    const { port } = await serve(says("220\n"));
    const step = `{ tcp: { port: ${port} }, expect: connected }`;
    expect(await taken(step, { port, allowPrivate: false })).toMatchObject({
      outcome: "error",
      failure: { reason: "refused", detail: expect.stringContaining("an address of shop.example") },
    });
  });
});
