import { connect, Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connector, type ConnectorOptions } from "../../../../functions/deno/client/mod.ts";
import { type FetchOptions, Refused } from "../../../../src/base/ports.ts";
import { certificate } from "../../../world/certificate.ts";
import { textOf } from "../../../world/network.ts";

/** What a server saw of its visitors. */
interface Sight {
  hosts: string[];
  peers: Set<number>;
  /** Resolves when a body is no longer wanted. */
  gone: Promise<void>;
}

type Answer = (request: Request) => Response;

function serve(hostname: string, answer: Answer, tls?: { cert: string; key: string; port?: number }) {
  const gone = Promise.withResolvers<void>();
  const sight: Sight = { hosts: [], peers: new Set(), gone: gone.promise };
  const server = Deno.serve({ hostname, port: 0, onListen() {}, ...tls }, (request, { remoteAddr }) => {
    sight.hosts.push(request.headers.get("host") ?? "");
    sight.peers.add((remoteAddr as Deno.NetAddr).port);
    if (!request.url.endsWith("/endless")) return answer(request);
    return new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(1024)),
        cancel: () => gone.resolve(),
      }, { highWaterMark: 0 }),
    );
  });
  return { sight, port: (server.addr as Deno.NetAddr).port, close: () => server.shutdown() };
}

function outgoing(changes: Partial<FetchOptions> = {}): FetchOptions {
  return { method: "GET", headers: {}, signal: new AbortController().signal, ...changes };
}

/** A resolver that gives these answers in order; the last one stays. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve = (host: string) => {
    asked.push(host);
    return Promise.resolve(answers[Math.min(asked.length, answers.length) - 1]!);
  };
  return { asked, resolve };
}

const hello: Answer = () => new Response("hello");

describe("connector over http", () => {
  let here: ReturnType<typeof serve>;
  beforeAll(() => void (here = serve("127.0.0.1", hello)));
  afterAll(() => here.close());

  test("refuses a host if each of its addresses is private, and asks nothing", async () => {
    const { resolve } = resolver(["10.0.0.1", "127.0.0.1"]);
    const opened: string[] = [];
    const open = (address: string) => {
      opened.push(address);
      return new Socket();
    };
    const fetch = connector({ allowPrivate: false, resolve, open });
    await expect(fetch(new URL(`http://shop.example:${here.port}/`), outgoing())).rejects.toBeInstanceOf(
      Refused,
    );
    expect(opened).toEqual([]);
  });

  test("leaves out the private addresses of a host", async () => {
    const { resolve } = resolver(["127.0.0.1", "1.1.1.1", "fd00:ec2::254"]);
    const opened: string[] = [];
    const open = (address: string, port: number) => {
      opened.push(address);
      return connect({ host: "127.0.0.1", port });
    };
    const fetch = connector({ allowPrivate: false, resolve, open });
    const answer = await fetch(new URL(`http://shop.example:${here.port}/`), outgoing());
    expect(await textOf(answer)).toBe("hello");
    expect(opened).toEqual(["1.1.1.1"]);
  });

  test("refuses a name that comes back with another, private address", async () => {
    const { asked, resolve } = resolver(["1.1.1.1"], ["127.0.0.1"]);
    let now = 0;
    const gaveUp = new AbortController();
    const fetch = connector({
      allowPrivate: false,
      now: () => now,
      resolve: (host) => {
        gaveUp.abort(); // the first answer is public and must not be connected to from a test
        return resolve(host);
      },
    });
    const url = new URL(`http://shop.example:${here.port}/`);
    const before = here.sight.hosts.length;
    await expect(fetch(url, outgoing({ signal: gaveUp.signal }))).rejects.not.toBeInstanceOf(Refused);
    now = 30_000;
    await expect(fetch(url, outgoing())).rejects.toBeInstanceOf(Refused);
    expect(asked).toHaveLength(2);
    expect(here.sight.hosts).toHaveLength(before);
  });

  test("keeps the first answer for 30 s: a changed one is not connected to", async () => {
    const { asked, resolve } = resolver(["127.0.0.1"], ["127.0.0.2"]);
    let now = 0;
    const fetch = connector({ allowPrivate: true, resolve, now: () => now });
    const url = new URL(`http://shop.example:${here.port}/`);
    for (now of [0, 1_000, 29_999]) expect(await textOf(await fetch(url, outgoing()))).toBe("hello");
    expect(asked).toEqual(["shop.example"]);
    now = 30_000;
    await expect(fetch(url, outgoing())).rejects.toThrow(); // nothing listens on that port of 127.0.0.2
    expect(asked).toHaveLength(2);
  });

  test("keeps the host, and one connection for one address", async () => {
    const shop = serve("127.0.0.1", hello);
    const fetch = connector({ allowPrivate: true, resolve: resolver(["127.0.0.1"]).resolve });
    for (let i = 0; i < 3; i++) {
      expect(await textOf(await fetch(new URL(`http://shop.example:${shop.port}/`), outgoing()))).toBe(
        "hello",
      );
    }
    expect(shop.sight.hosts).toEqual(Array(3).fill(`shop.example:${shop.port}`));
    expect(shop.sight.peers.size).toBe(1);
    await shop.close();
  });

  test("goes on to the next address if one does not connect, and starts there next time", async () => {
    const fetch = connector({ allowPrivate: true, resolve: resolver(["127.0.0.9", "127.0.0.1"]).resolve });
    const url = new URL(`http://shop.example:${here.port}/`);
    for (let i = 0; i < 2; i++) expect((await fetch(url, outgoing())).status).toBe(200);
  });

  test("does not follow a redirect", async () => {
    const lost = serve(
      "127.0.0.1",
      () => new Response(null, { status: 302, headers: { location: "/there" } }),
    );
    const fetch = connector({ allowPrivate: true, resolve: resolver(["127.0.0.1"]).resolve });
    for (const host of ["shop.example", "127.0.0.1"]) {
      const answer = await fetch(new URL(`http://${host}:${lost.port}/`), outgoing());
      expect([answer.status, answer.headers.get("location")]).toEqual([302, "/there"]);
    }
    await lost.close();
  });

  test("an IP literal asks no resolver, and is guarded", async () => {
    const { asked, resolve } = resolver(["127.0.0.1"]);
    const url = new URL(`http://127.0.0.1:${here.port}/`);
    expect((await connector({ allowPrivate: true, resolve })(url, outgoing())).status).toBe(200);
    await expect(connector({ allowPrivate: false, resolve })(url, outgoing())).rejects.toBeInstanceOf(
      Refused,
    );
    expect(asked).toEqual([]);
  });

  test("the system's resolver is the default", async () => {
    const fetch = connector({ allowPrivate: true });
    expect((await fetch(new URL(`http://localhost:${here.port}/`), outgoing())).status).toBe(200);
  });

  test("a failed lookup is not kept", async () => {
    const answers = [
      Promise.reject(new Error("no such name")),
      Promise.resolve([]),
      Promise.resolve(["127.0.0.1"]),
    ];
    const fetch = connector({ allowPrivate: true, resolve: () => answers.shift()! });
    const url = new URL(`http://shop.example:${here.port}/`);
    await expect(fetch(url, outgoing())).rejects.toThrow("no such name");
    await expect(fetch(url, outgoing())).rejects.toThrow("no address");
    expect((await fetch(url, outgoing())).status).toBe(200);
  });

  test("a lookup that hangs ends with the caller's patience", async () => {
    const fetch = connector({ allowPrivate: true, resolve: () => new Promise(() => {}) });
    const caller = new AbortController();
    const pending = fetch(new URL("http://shop.example/"), outgoing({ signal: caller.signal }));
    caller.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
  });

  test("more hosts than it keeps are still served", async () => {
    const { asked, resolve } = resolver(["127.0.0.1"]);
    const fetch = connector({ allowPrivate: true, resolve });
    const ask = async (host: string) =>
      await textOf(await fetch(new URL(`http://${host}.example:${here.port}/`), outgoing()));
    for (let i = 0; i <= 256; i++) expect(await ask(`h${i}`)).toBe("hello");
    await ask("h256");
    expect(asked).toHaveLength(257);
    await ask("h0"); // the oldest had to go
    expect(asked).toHaveLength(258);
  });
});

describe("connector over https", () => {
  let cert: string;
  let here: ReturnType<typeof serve>;
  const encodings: Record<string, (text: string) => Uint8Array> = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
  };

  const answer: Answer = (request) => {
    const path = new URL(request.url).pathname.slice(1);
    const encode = encodings[path];
    if (encode) {
      const body = new Uint8Array(encode("hello ".repeat(20)));
      return new Response(body, { headers: { "content-encoding": path } });
    }
    if (path === "204") return new Response(null, { status: 204 });
    if (path === "cookies") {
      return new Response("", { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
    }
    if (path === "echo") return new Response(request.body, { headers: { "x-method": request.method } });
    if (path === "accept-encoding") return new Response(request.headers.get("accept-encoding") ?? "none");
    return new Response("hello");
  };

  beforeAll(() => {
    const made = certificate("shop.example", "other.example");
    cert = made.cert;
    here = serve("127.0.0.1", answer, made);
  });
  afterAll(() => here.close());

  function open(changes: Partial<ConnectorOptions> = {}) {
    const fetch = connector({
      allowPrivate: true,
      resolve: resolver(["127.0.0.1"]).resolve,
      ca: cert,
      ...changes,
    });
    return (path: string, changes?: Partial<FetchOptions>, host = "shop.example") =>
      fetch(new URL(`https://${host}:${here.port}/${path}`), outgoing(changes));
  }

  test("keeps the host and verifies the certificate against its name", async () => {
    const ask = open();
    expect(await textOf(await ask(""))).toBe("hello");
    expect(here.sight.hosts.at(-1)).toBe(`shop.example:${here.port}`);
    await expect(ask("", {}, "shop.test")).rejects.toThrow(/shop\.test.*altnames/);
  });

  test("names the host in the TLS handshake (RFC 6066 section 3)", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const fetch = connector({ allowPrivate: true, resolve: resolver(["127.0.0.1"]).resolve });
    const pending = fetch(new URL(`https://shop.example:${listener.addr.port}/`), outgoing());
    const connection = await listener.accept();
    const hello = new Uint8Array(4096);
    await connection.read(hello);
    connection.close();
    listener.close();
    await expect(pending).rejects.toThrow();
    expect(new TextDecoder("latin1").decode(hello)).toContain("shop.example");
  });

  test("trusts nobody that the system does not trust", async () => {
    await expect(open({ ca: undefined })("")).rejects.toThrow(/self-signed|unknown|certificate/i);
  });

  test("refuses a private address of a public name", async () => {
    await expect(open({ allowPrivate: false })("")).rejects.toBeInstanceOf(Refused);
  });

  test("keeps one connection", async () => {
    const ask = open();
    const before = here.sight.peers.size;
    for (let i = 0; i < 3; i++) await textOf(await ask(""));
    expect(here.sight.peers.size - before).toBe(1);
  });

  test("goes on to the next address if one does not connect", async () => {
    const ask = open({ resolve: resolver(["127.0.0.9", "127.0.0.1"]).resolve });
    expect((await ask("")).status).toBe(200);
  });

  test("sends method, headers and body", async () => {
    const answer = await open()("echo", { method: "PUT", body: "grüße", headers: { "x-a": "1" } });
    expect(answer.headers.get("x-method")).toBe("PUT");
    expect(await textOf(answer)).toBe("grüße");
  });

  test("keeps each of several headers of one name", async () => {
    expect((await open()("cookies")).headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("a status without a body has none", async () => {
    expect(await textOf(await open()("204"))).toBe("");
  });

  test("asks for no coding, and undoes one that comes", async () => {
    const ask = open();
    expect(await textOf(await ask("accept-encoding"))).toBe("none");
    for (const coding of Object.keys(encodings)) {
      expect(await textOf(await ask(coding))).toBe("hello ".repeat(20));
    }
  });

  test("an abort in mid-body ends the body and the connection", async () => {
    const caller = new AbortController();
    const answer = await open()("endless", { signal: caller.signal });
    const whole = answer.read(1 << 30);
    caller.abort();
    await expect(whole).rejects.toThrow();
    await here.sight.gone;
  });
});
