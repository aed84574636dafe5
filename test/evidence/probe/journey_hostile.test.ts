import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connector } from "../../../functions/deno/client/mod.ts";
import type { Clock } from "../../../src/base/ports.ts";
import { walk } from "../../../src/evidence/probe/journey.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import type { Failure, JourneyOutcome } from "../../../src/evidence/probe/observation.ts";
import { certificate } from "../../world/certificate.ts";
import { type Draft, journey, ports, run } from "./steps.ts";

type Write = (data: string | Uint8Array) => Promise<void>;

/** One way of being hostile: what the server writes, what the journey asks for, what it must come to. */
interface Hostile {
  answer(write: Write, closed: Promise<void>): Promise<void>;
  steps: Draft[];
  outcome: JourneyOutcome;
  reason?: Failure["reason"];
}

const PATIENCE_MS = 300;
const OK = "HTTP/1.1 200 OK\r\nconnection: close\r\n";

/** Writes an answer with this body, whole. */
const body = (content: string | Uint8Array, headers = "") => async (write: Write) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await write(`${OK}${headers}content-length: ${bytes.byteLength}\r\n\r\n`);
  await write(bytes);
};
const redirect = (location: string) => (write: Write) =>
  write(`HTTP/1.1 302 Found\r\nlocation: ${location}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
const ready: Draft = { expect: ["status == 200", "body.state == 'ok'"] };

/** The journey asks for `/<name>`. */
const HOSTILE: Record<string, Hostile> = {
  "hangs before the headers": {
    answer: (_, closed) => closed,
    steps: [{ timeoutMs: PATIENCE_MS }],
    outcome: "fail",
    reason: "timeout",
  },
  "hangs in mid-body": {
    async answer(write, closed) {
      await write(`${OK}content-length: 100\r\n\r\nhalf`);
      await closed;
    },
    steps: [{ ...ready, timeoutMs: PATIENCE_MS }],
    outcome: "fail",
    reason: "timeout",
  },
  "drips one byte at a time": {
    async answer(write) {
      await write(`${OK}content-length: 1000000\r\n\r\n`);
      for (;;) {
        await write("x");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    steps: [{ ...ready, timeoutMs: PATIENCE_MS }],
    outcome: "fail",
    reason: "timeout",
  },
  "sends a stream without end that nobody needs": {
    async answer(write) {
      await write(`${OK}transfer-encoding: chunked\r\n\r\n`);
      for (const chunk = `10000\r\n${"x".repeat(1 << 16)}\r\n`;;) await write(chunk);
    },
    steps: [{ expect: ["status == 200"] }],
    outcome: "pass",
  },
  "drips headers": {
    async answer(write) {
      await write(OK);
      for (let i = 0;; i++) {
        await write(`x-${i}: 1\r\n`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    steps: [{ timeoutMs: PATIENCE_MS }],
    outcome: "fail",
    reason: "timeout",
  },
  "sends 1 GB": {
    async answer(write) {
      await write(`${OK}content-length: ${1 << 30}\r\n\r\n`);
      for (const chunk = new Uint8Array(1 << 16);;) await write(chunk);
    },
    steps: [ready],
    outcome: "error",
    reason: "limit",
  },
  "sends a body without end": {
    async answer(write) {
      await write(`${OK}transfer-encoding: chunked\r\n\r\n`);
      for (const chunk = `10000\r\n${"x".repeat(1 << 16)}\r\n`;;) await write(chunk);
    },
    steps: [ready],
    outcome: "error",
    reason: "limit",
  },
  "sends a gzip bomb": {
    answer: (write) => body(gzipSync(new Uint8Array(64 << 20)), "content-encoding: gzip\r\n")(write),
    steps: [ready],
    outcome: "error",
    reason: "limit",
  },
  "sends gzip that is none": {
    answer: body("not gzip at all", "content-encoding: gzip\r\n"),
    steps: [ready],
    outcome: "fail",
    reason: "body",
  },
  "closes without an answer": {
    answer: () => Promise.resolve(),
    steps: [ready],
    outcome: "fail",
    reason: "network",
  },
  "closes in mid-body": {
    answer: (write) => write(`${OK}content-length: 100\r\n\r\nhalf`),
    steps: [ready],
    outcome: "fail",
    reason: "body",
  },
  "speaks no HTTP": {
    answer: (write) => write("220 smtp ready\r\n"),
    steps: [ready],
    outcome: "fail",
    reason: "network",
  },
  "sends invalid UTF-8": {
    answer: body(new Uint8Array([...new TextEncoder().encode('{"state":"'), 0xff, 0xfe, 0x22, 0x7d])),
    steps: [ready],
    outcome: "fail",
    reason: "expectation",
  },
  "sends JSON nested 100,000 deep": {
    answer: body("[".repeat(100_000) + "]".repeat(100_000)),
    steps: [ready],
    outcome: "fail",
    reason: "expectation",
  },
  "sends deep JSON to be captured": {
    answer: body('{"state":"ok","id":' + "[".repeat(100_000) + "]".repeat(100_000) + "}"),
    steps: [{ capture: { order: "body.id" } }],
    outcome: "fail",
    reason: "capture",
  },
  "redirects in a circle": {
    answer: redirect("/redirects in a circle"),
    steps: [{ ...ready, redirects: 5 }],
    outcome: "fail",
    reason: "redirect",
  },
  "redirects to the metadata service": {
    answer: redirect("http://169.254.169.254/latest/meta-data/"),
    steps: [{ ...ready, redirects: 5 }],
    outcome: "fail",
    reason: "redirect",
  },
  "sends 20 KB of headers": {
    answer: body('{"state":"ok"}', `x-big: ${"x".repeat(20_000)}\r\n`),
    steps: [ready],
    outcome: "pass",
  },
  "sends a line break for a header": {
    answer: body('{"state":"ok","id":"a\\r\\nx-evil: 1"}'),
    steps: [{ ...ready, capture: { order: "body.id" } }, { headers: { "x-order": "{{ captures.order }}" } }],
    outcome: "fail",
    reason: "template",
  },
};

async function serve(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  const read = await connection.read(buffer) ?? 0;
  const path = /^\S+ (\S+)/.exec(new TextDecoder().decode(buffer.subarray(0, read)))?.[1] ?? "/";
  const write: Write = async (data) => {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
  };
  const closed = async () => {
    while (await connection.read(buffer).catch(() => null));
  };
  await HOSTILE[decodeURIComponent(path.slice(1))]?.answer(write, closed());
}

async function accept(listener: Deno.Listener): Promise<void> {
  for await (const connection of listener) {
    serve(connection).catch(() => {}).finally(() => {
      try {
        connection.close();
      } catch {
        // the other side was first
      }
    });
  }
}

/** What each timer was set to, in ms: how late it then fires is the machine's affair. */
const armed: number[] = [];

/** Real time: these deadlines are the point of the test. */
const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, fire) {
    armed.push(ms);
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

describe.each(["http", "https"])("over %s, a target that", (scheme) => {
  let listener: Deno.Listener;
  let fetch: ReturnType<typeof connector>;

  beforeAll(() => {
    const tls = certificate("shop.example");
    const where = { hostname: "127.0.0.1", port: 0 };
    listener = scheme === "http" ? Deno.listen(where) : Deno.listenTls({ ...where, ...tls });
    accept(listener).catch(() => {}); // a TLS client that goes away in its handshake ends nothing here
    fetch = connector({ allowPrivate: true, resolve: () => Promise.resolve(["127.0.0.1"]), ca: tls.cert });
  });
  afterAll(() => listener.close());

  test.each(Object.entries(HOSTILE))("%s", async (name, { steps, outcome, reason }) => {
    const { port } = listener.addr as Deno.NetAddr;
    const drafts = steps.map((draft) => ({
      timeoutMs: 60_000,
      path: `/${encodeURIComponent(name)}`,
      ...draft,
    }));
    const check = journey(drafts, { baseUrl: `${scheme}://shop.example:${port}` });
    armed.length = 0;
    const seen = await walk(ports(fetch, clock), check, run, { steps: STEP_KINDS });
    expect({ outcome: seen.outcome, reason: seen.failure?.reason }).toEqual({ outcome, reason });
    expect(seen.transport).toBe(["timeout", "network", "body"].includes(reason ?? ""));
    expect(Math.max(...armed)).toBeLessThanOrEqual(drafts[0]!.timeoutMs);
  });
});
