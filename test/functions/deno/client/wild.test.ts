import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../../../functions/deno/client/mod.ts";
import { type Fetch, LimitExceeded } from "../../../../src/base/ports.ts";
import { certificate } from "../../../world/certificate.ts";
import { rawServer } from "../../../world/raw.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/** What browsers and curl take. Were undici's parser as strict as it is by itself, each of these but the last two would fail. */
const TAKEN: Record<string, [string, string]> = {
  "content-length beside transfer-encoding": [
    "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "ok",
  ],
  "transfer-encoding identity": [
    "HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\ncontent-length: 2\r\n\r\nok",
    "ok",
  ],
  "a head of bare line feeds": ["HTTP/1.1 200 OK\ncontent-length: 2\n\nok", "ok"],
  "a folded header": ["HTTP/1.1 200 OK\r\nx-a: 1\r\n  2\r\ncontent-length: 2\r\n\r\nok", "ok"],
  "a control character in a value": ["HTTP/1.1 200 OK\r\nx-a: \x01\r\ncontent-length: 2\r\n\r\nok", "ok"],
  "HTTP/1.2": ["HTTP/1.2 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok"],
  "spaces after a chunk size": [
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2  \r\nok\r\n0\r\n\r\n",
    "ok",
  ],
  "an unasked 100": [`HTTP/1.1 100 Continue\r\n\r\n${OK}`, "ok"],
  "100, 103 and 100": [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}`,
    "ok",
  ],
  "a 204 with a length": ["HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\n", ""],
  "a 304 with a length": ["HTTP/1.1 304 Same\r\ncontent-length: 5\r\n\r\n", ""],
  "status 999": ["HTTP/1.1 999 Go away\r\ncontent-length: 2\r\n\r\nok", "ok"],
  "a gzip header without a body": [
    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n",
    "",
  ],
};

const manyLines = "x: 1\r\n".repeat(1_001);
const chunks = "1\r\nx\r\n".repeat(20_001);

/** Too much for us, whatever it says of the target. */
const LIMITS: Record<string, string> = {
  "more than 1,000 header lines": `HTTP/1.1 200 OK\r\n${manyLines}content-length: 2\r\n\r\nok`,
  "more than 192 kB of headers": `HTTP/1.1 200 OK\r\nx: ${
    "y".repeat(200_000)
  }\r\ncontent-length: 2\r\n\r\nok`,
  "more than 20,000 chunks": `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
};

/** Said in the documentation. */
const REFUSED: Record<string, [string, RegExp]> = {
  "two equal lengths": ["HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok", /length/i],
  "status under 100": ["HTTP/1.1 099 Odd\r\ncontent-length: 2\r\n\r\nok", /status of 99/],
  "a change of protocol": [
    "HTTP/1.1 101 Switch\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    /another protocol/,
  ],
  "what is no HTTP": ["SSH-2.0-OpenSSH_9.6\r\n\r\n", /HTTP/],
};

describe("connector", () => {
  let fetch: Fetch;
  let server: ReturnType<typeof rawServer>;
  beforeAll(() => {
    const tls = certificate("shop.example");
    const plays: Record<string, string> = {
      ...Object.fromEntries(Object.entries({ ...TAKEN, ...REFUSED }).map(([name, [bytes]]) => [name, bytes])),
      ...LIMITS,
    };
    server = rawServer(tls, (path) => [plays[decodeURIComponent(path.slice(1))] ?? OK, null]);
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: tls.cert });
  });
  afterAll(() => server.close());

  async function ask(name: string): Promise<string> {
    const url = new URL(`https://shop.example:${server.port}/${encodeURIComponent(name)}`);
    const answer = await fetch(url, { method: "GET", headers: {}, signal: new AbortController().signal });
    return new TextDecoder().decode((await answer.read(1 << 20)).bytes);
  }

  test.each(Object.entries(TAKEN))("takes %s", async (name, [, body]) => {
    expect(await ask(name)).toBe(body);
  });

  test.each(Object.keys(LIMITS))("calls %s its own limit", async (name) => {
    await expect(ask(name)).rejects.toBeInstanceOf(LimitExceeded);
  });

  test.each(Object.entries(REFUSED))("fails on %s", async (name, [, message]) => {
    await expect(ask(name)).rejects.toThrow(message);
  });
});
