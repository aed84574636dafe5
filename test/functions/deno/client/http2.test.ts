import * as fc from "fast-check";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createSecureServer } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { clock } from "../../../../functions/clock.ts";
import { sendOverHttp2 } from "../../../../functions/deno/client/http2/mod.ts";
import { connector } from "../../../../functions/deno/client/mod.ts";
import type { Fetch, FetchOptions } from "../../../../src/base/ports.ts";
import { certificate } from "../../../world/certificate.ts";
import { textOf } from "../../../world/network.ts";
import { exchange } from "../../../../src/base/http/client.ts";
import { frame, headers, setting, words } from "../../../world/answers/frames.ts";

/** What the next connection is sent once the client has spoken, and whether it is then ended or reset. */
let play: { bytes: Uint8Array; end: "fin" | "rst" | "none" };
let server: Server;
beforeAll(() => {
  server = createServer((socket) => {
    const { bytes, end } = play;
    socket.on("error", () => {}).once("data", () => {
      socket.write(bytes, () => end === "rst" ? socket.resetAndDestroy() : end === "fin" && socket.end());
    });
  });
  return new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => void server.close());

const dialled = (): Promise<Socket> => {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  return new Promise((resolve, reject) => socket.once("connect", () => resolve(socket)).on("error", reject));
};

async function ask(body?: string) {
  const url = new URL("https://shop.test/");
  const facts = { protocol: "2", remoteAddress: "127.0.0.1" };
  const fetch: Parameters<typeof exchange>[0]["fetch"] = async (url, outgoing) =>
    sendOverHttp2(url, {
      ...outgoing,
      socket: await dialled(),
      facts,
      now: clock.elapsed,
      trace: { requests: 1 },
    });
  return await exchange({ clock, fetch }, { url, method: body ? "POST" : "GET", headers: {}, body }, {
    deadlineMs: 100,
    capBytes: 1_000,
  });
}

const streams = fc.constantFrom(0, 1, 1, 1, 2, 3);
const flags = fc.subarray(["end", "done", "padded"] as const);
const whatever = fc.tuple(
  fc.constantFrom(
    "data",
    "headers",
    "rst",
    "settings",
    "push",
    "ping",
    "goaway",
    "window",
    "continuation",
    "unknown",
  ),
  fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(words(0, 0)), fc.constant(setting(4, 1))),
  streams,
  flags,
).map(([type, payload, stream, flags]) => frame(type as "data", payload, { stream, flags }));
const wellFormed = fc.constantFrom(
  headers([[":status", "200"], ["x-a", "b"]]),
  headers([[":status", "103"]]),
  headers([[":status", "204"]], ["end"]),
  headers([["x-sum", "1"]], ["end"]),
  frame("data", "ok"),
  frame("data", new Uint8Array(2_000)),
  frame("data", "ok", { flags: ["end"] }),
  frame("rst", words(8)),
  frame("goaway", words(1, 0), { stream: 0 }),
  frame("settings", setting(4, 0), { stream: 0 }),
  frame("settings", "", { stream: 0, flags: ["end"] }),
  frame("ping", "12345678", { stream: 0 }),
  frame("window", words(2 ** 31 - 1), { stream: 0 }),
);
const answers = fc.record({
  frames: fc.array(fc.oneof({ weight: 3, arbitrary: wellFormed }, { weight: 1, arbitrary: whatever }), {
    maxLength: 12,
  }),
  cut: fc.nat(30),
  end: fc.constantFrom("fin" as const, "rst" as const, "none" as const),
  body: fc.constantFrom(undefined, "a=1"),
});

test("whatever frames a server sends, the exchange settles, and the process lives", async () => {
  await fc.assert(
    fc.asyncProperty(answers, async ({ frames, cut, end, body }) => {
      const bytes = Buffer.concat([frame("settings", "", { stream: 0 }), ...frames]);
      play = { bytes: bytes.subarray(0, cut < 10 ? bytes.length - cut : bytes.length), end };
      const got = await ask(body);
      expect(got.kind === "failure" ? ["network", "body", "timeout", "limit"] : ["answer"]).toContain(
        got.kind === "failure" ? got.reason : got.kind,
      );
    }),
    { numRuns: 300 },
  );
});

describe("over HTTP/2, with the runtime's own server", () => {
  const tls = certificate("shop.test");
  let secure: ReturnType<typeof createSecureServer>;
  let fetch: Fetch;
  beforeAll(async () => {
    secure = createSecureServer(tls);
    secure.on(
      "stream",
      (stream, { ":method": method, ":path": path, ":authority": authority, "x-a": own }) => {
        stream.on("error", () => {}).respond({ ":status": 200, "set-cookie": ["a=1", "b=2"] });
        if (method === "POST") return stream.pipe(stream);
        stream.end(path === "/long" ? "a".repeat(300_000) : JSON.stringify({ method, path, authority, own }));
      },
    );
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: tls.cert });
  });
  afterAll(() => void secure.close());

  const visit = (path: string, changes: Partial<FetchOptions> = {}) =>
    fetch(new URL(`https://shop.test:${(secure.address() as AddressInfo).port}${path}`), {
      method: "GET",
      headers: { "x-a": "b" },
      signal: new AbortController().signal,
      ...changes,
    });

  test("a request says what it must, and the answer what it was asked over", async () => {
    const answer = await visit("/x?a=%20b");
    expect(JSON.parse(await textOf(answer))).toEqual({
      method: "GET",
      path: "/x?a=%20b",
      authority: `shop.test:${(secure.address() as AddressInfo).port}`,
      own: "b",
    });
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.trace).toMatchObject({ protocol: "2", requests: 1, remoteAddress: "127.0.0.1" });
    expect(answer.trace.certificate?.names).toEqual(["shop.test"]);
  });

  test("heads and bodies past a frame and past a window come over whole, both ways", async () => {
    const body = "b".repeat(300_000);
    expect(
      await textOf(await visit("/", { method: "POST", body, headers: { "x-long": "c".repeat(20_000) } })),
    ).toBe(body);
    expect(await textOf(await visit("/long"))).toBe("a".repeat(300_000));
  });

  test("a body waits until somebody reads it", async () => {
    const answer = await visit("/long");
    await textOf(await visit("/"));
    expect(await textOf(answer)).toBe("a".repeat(300_000));
    (await visit("/long")).drop();
  });

  test("an abort ends it at any stage", async () => {
    const caller = new AbortController();
    const answer = await visit("/long", { signal: caller.signal });
    const read = answer.read(1 << 20);
    caller.abort(new Error("enough"));
    await expect(read).rejects.toThrow("enough");
    await expect(visit("/", { signal: caller.signal })).rejects.toThrow("enough");
  });
});
