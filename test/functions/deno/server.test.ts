import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { ListenAddress } from "../../../src/config/listen.ts";
import {
  listen,
  type Listening,
  type PatienceOptions,
  type Served,
  withPort,
} from "../../../functions/deno/server.ts";

const LONG: PatienceOptions = { headMs: 60_000, requestMs: 60_000, idleMs: 60_000 };
let server: Listening | undefined;
const open = new Set<Socket>();
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open.clear();
  await server?.shutdown();
});

/** Says what it was asked. */
const echo: Served = {
  fetch: async (request, peer) =>
    Response.json({
      method: request.method,
      url: new URL(request.url).pathname + new URL(request.url).search,
      twice: request.headers.get("x-a"),
      body: await request.text(),
      ...peer,
    }, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] }),
};

async function started(served: Served, patience: Partial<PatienceOptions> = {}): Promise<number> {
  server = await listen(served, 0, { ...LONG, ...patience });
  return server.port;
}

/** All that comes back for these bytes until the server closes, or until it has said `enough`. */
function talk(port: number, text: string, enough?: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  open.add(socket);
  socket.write(text);
  return new Promise((resolve) => {
    let heard = "";
    socket.on("data", (bytes) => {
      heard += bytes;
      if (enough !== undefined && heard.includes(enough)) resolve(heard);
    });
    socket.on("error", () => {}).on("close", () => resolve(heard));
  });
}

describe("a request of which half has come is answered 408 and closed", () => {
  const late: [string, string, Partial<PatienceOptions>][] = [
    ["nothing at all", "", { headMs: 50 }],
    ["half a head", "GET / HTTP/1.1\r\nhost: x\r\n", { headMs: 50 }],
    ["half a body", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc", {
      headMs: 50,
      requestMs: 100,
    }],
    [
      "chunks without the last",
      "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
      { headMs: 50, requestMs: 100 },
    ],
  ];

  test.each(late)("%s", async (_, text, patience) => {
    expect(await talk(await started(echo, patience), text)).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("and 1,500 of them are gone, while whole ones are answered", async () => {
    const port = await started(echo, { headMs: 1_000 });
    const half = Array.from({ length: 1_500 }, () => talk(port, "GET / HTTP/1.1\r\n"));
    const whole = await talk(port, "GET /whole HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(whole).toContain('"url":"/whole"');
    for (const heard of await Promise.all(half)) expect(heard).toMatch(/^HTTP\/1\.1 408 /);
  });
});

test("a request comes over as it was sent, and its answer with its length and each cookie", async () => {
  const port = await started(echo);
  const heard = await talk(
    port,
    "POST /a?b=1 HTTP/1.1\r\nhost: x\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
  );
  const [head, body] = heard.split("\r\n\r\n") as [string, string];
  expect(JSON.parse(body)).toEqual({
    method: "POST",
    url: "/a?b=1",
    twice: "1, 2",
    body: "abc",
    client: "127.0.0.1",
  });
  expect(head.toLowerCase()).toContain(`content-length: ${body.length}`);
  expect(head.match(/set-cookie: \w=\d/gi)).toHaveLength(2);
});

test("what the Fetch standard knows no request for is answered 400", async () => {
  const port = await started(echo);
  for (const line of ["TRACE / HTTP/1.1", "GET nowhere HTTP/1.1"]) {
    expect(await talk(port, `${line}\r\nhost: x\r\nconnection: close\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /);
  }
});

test("a body that nobody reads does not hold up the next request", async () => {
  const port = await started({ fetch: ({ url }) => new Response(new URL(url).pathname) });
  const unread = `POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 300000\r\n\r\n${"a".repeat(300_000)}`;
  const heard = await talk(port, `${unread}GET /next HTTP/1.1\r\nhost: x\r\n\r\n`, "/next");
  expect(heard.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
});

test("a path of two slashes is a path", async () => {
  const port = await started(echo);
  const heard = await talk(port, "GET //elsewhere/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  expect(heard).toContain('"url":"//elsewhere/x"');
});

test("events go out as they come, past the time for a request, and end with their reader", async () => {
  const ended = Promise.withResolvers<void>();
  const events = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>>();
  const served: Served = {
    fetch: () =>
      new Response(
        new ReadableStream({ start: events.resolve, cancel: () => ended.resolve() }),
        { headers: { "content-type": "text/event-stream" } },
      ),
  };
  const port = await started(served, { headMs: 20, requestMs: 40, idleMs: 40 });
  const first = talk(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n", "data: 1");
  const controller = await events.promise;
  // Half a request is late by now: the server has looked.
  await talk(port, "GET / HTTP/1.1\r\n");
  controller.enqueue(new TextEncoder().encode("data: 1\n\n"));
  expect(await first).toContain("data: 1");
  for (const socket of open) socket.destroy();
  await ended.promise;
});

test("a taken port is told", async () => {
  const port = await started(echo);
  await expect(listen(echo, port)).rejects.toThrow(`Cannot listen on port ${port}`);
});

test("a shutdown takes no more connections, ends the idle ones, and waits for what is being answered", async () => {
  const held = Promise.withResolvers<Response>();
  const asked = Promise.withResolvers<void>();
  const served: Served = {
    fetch(request) {
      if (!request.url.endsWith("/slow")) return new Response("quick");
      asked.resolve();
      return held.promise;
    },
  };
  const port = await started(served);
  const idle = talk(port, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const slow = talk(port, "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
  await asked.promise;
  const down = server!.shutdown();
  expect(await idle).toContain("quick");
  held.resolve(new Response("done"));
  expect(await slow).toContain("done");
  await down;
});

describe("an address", () => {
  /** What comes back for one request, by TCP or by a socket. */
  const askAt = (at: { host: string; port: number } | { path: string }): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = "path" in at ? connect(at.path) : connect(at.port, at.host);
      open.add(socket);
      let heard = "";
      socket.on("data", (bytes) => heard += bytes).on("end", () => resolve(heard)).on("error", reject);
      socket.write("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    });

  test.each(["127.0.0.1", "::1"])("%s is the only one that it listens at", async (host) => {
    server = await listen(echo, { host, port: 0 }, LONG);
    expect(await askAt({ host, port: server.port })).toContain(`"client":"${host}"`);
    const other = host === "::1" ? "127.0.0.1" : "::1";
    await expect(askAt({ host: other, port: server.port })).rejects.toThrow();
  });

  test("of a socket of this machine has clients of this machine", async () => {
    const folder = mkdtempSync(join(tmpdir(), "assay-socket-"));
    const path = join(folder, "s");
    server = await listen(echo, { path }, LONG);
    expect(await askAt({ path })).toContain('"client":"127.0.0.1"');
    await server.shutdown();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  test("that is taken is told by its name", async () => {
    server = await listen(echo, { host: "127.0.0.1", port: 0 }, LONG);
    await expect(listen(echo, { host: "127.0.0.1", port: server.port })).rejects.toThrow(
      `Cannot listen on 127.0.0.1, port ${server.port}`,
    );
  });

  test.each<[ListenAddress, number | undefined, ListenAddress]>([
    [8080, 9090, 9090],
    [8080, undefined, 8080],
    [{ host: "::1", port: 1 }, 2, { host: "::1", port: 2 }],
    [{ path: "/s" }, 2, { path: "/s" }],
  ])("%j with port %j is %j", (at, port, expected) => expect(withPort(at, port)).toEqual(expected));
});
