import { beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../../../functions/deno/client/mod.ts";
import type { Fetch } from "../../../../src/base/ports.ts";
import { certificate } from "../../../world/certificate.ts";
import { textOf } from "../../../world/network.ts";
import { type RawPlay, rawServer } from "../../../world/raw.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

describe("connector over https, a connection", () => {
  let tls: { cert: string; key: string };
  let fetch: Fetch;
  beforeAll(() => {
    tls = certificate("shop.example");
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: tls.cert });
  });

  function visit(port: number, path: string, method = "GET", signal = new AbortController().signal) {
    return fetch(new URL(`https://shop.example:${port}${path}`), { method, headers: {}, signal });
  }

  test.each(["GET", "POST"])("used before: an aborted %s ends, and is sent once", async (method) => {
    const server = rawServer(tls, (path) => path === "/slow" ? [] : [OK]);
    expect(await textOf(await visit(server.port, "/fast"))).toBe("ok");
    const caller = new AbortController();
    const [once, twice] = [server.asked("/slow", 1), server.asked("/slow", 2)];
    const pending = visit(server.port, "/slow", method, caller.signal);
    await once;
    caller.abort(new Error("enough"));
    const end = pending.catch((error: Error) => error.message);
    expect(await Promise.race([end, twice.then(() => "sent again")])).toBe("enough");
    await textOf(await visit(server.port, "/after"));
    expect(server.seen).toEqual(["/fast", "/slow", "/after"]);
    server.close();
  });

  const UPGRADE = "connection: upgrade\r\nupgrade: websocket\r\n";
  const HINTS = "HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\n\r\n";
  const answerless: [string, RawPlay, RegExp][] = [
    [
      "that changes its protocol",
      () => [`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}\r\n`],
      /another protocol/,
    ],
    ["that changes it to none", () => ["HTTP/1.1 101 Switching Protocols\r\n\r\n"], /another protocol/],
    ["with interim answers only", () => Array(1000).fill(HINTS), /answered 1xx more than 100 times/],
    ["that closes after an interim answer", () => [HINTS, null], /hang up|closed/],
    ["that closes", () => [null], /hang up|closed/],
  ];

  test.each(answerless)("%s ends the request", async (_name, play, message) => {
    const server = rawServer(tls, play);
    await expect(visit(server.port, "/")).rejects.toThrow(message);
    await server.closed;
    server.close();
  });

  test("with a few interim answers brings the last one", async () => {
    const server = rawServer(tls, () => ["HTTP/1.1 100 Continue\r\n\r\n", HINTS, HINTS, OK]);
    expect(await textOf(await visit(server.port, "/"))).toBe("ok");
    server.close();
  });

  test.each([204, 205, 304])("whose %i has a body all the same is not read on", async (status) => {
    const mebibyte = `100000\r\n${"x".repeat(1 << 20)}\r\n`;
    const server = rawServer(
      tls,
      () => [`HTTP/1.1 ${status} Endless\r\ntransfer-encoding: chunked\r\n\r\n`, ...Array(64).fill(mebibyte)],
    );
    expect((await visit(server.port, "/")).status).toBe(status);
    expect(await server.written).toBe(false);
    server.close();
  });
});
