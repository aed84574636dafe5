import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { type Fetch, type FetchOptions, Refused, type Secrets } from "../../../src/base/ports.ts";
import { ask, DIALECTS, type ReportEndpoint } from "../../../src/evidence/report/mod.ts";
import { fixtures } from "./fixtures.ts";
import { type SteppingClock, steppingClock } from "../../world/clock.ts";

const START = 1_700_000_000_000;

/** Knows one secret, `hush`, as `${env:TOKEN}`. */
const ENV_SECRETS: Secrets = {
  reveal(text) {
    if (text.includes("${env:LOST}")) throw new Error("LOST is not set");
    return text.replaceAll("${env:TOKEN}", "hush");
  },
  redact: (text) => text.replaceAll("hush", "***"),
};

function source(over: Partial<ReportEndpoint> = {}): ReportEndpoint {
  const url = new URL("http://svc.example/readyz?probe=1");
  return { url, headers: {}, dialect: "auto", timeoutMs: 2_000, ...over };
}

function asking(
  fetch: Fetch,
  over: Partial<ReportEndpoint> = {},
  clock: SteppingClock = steppingClock(START),
) {
  return ask({ clock, fetch, secrets: ENV_SECRETS }, source(over), DIALECTS);
}

function answering(body: BodyInit | null, init: ResponseInit = {}): Fetch {
  return (_, { signal }) => Promise.resolve(answerOf(new Response(body, init), signal));
}

/** As `fetch` does: never answers, and rejects when aborted. */
const hanging: Fetch = (_, { signal }) =>
  new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

describe("the request", () => {
  async function sent(over: Partial<ReportEndpoint> = {}): Promise<{ url: string } & FetchOptions> {
    let seen: ({ url: string } & FetchOptions) | undefined;
    await asking((url, outgoing) => {
      seen = { url: url.href, ...outgoing };
      return Promise.resolve(answerOf(new Response("ok")));
    }, over);
    if (!seen) throw new Error("nothing was asked");
    return seen;
  }

  test("is a GET of the very URL, JSON first, not from a cache", async () => {
    expect(await sent()).toMatchObject({
      url: "http://svc.example/readyz?probe=1",
      method: "GET",
      headers: {
        accept: "application/json, application/health+json;q=0.9, text/plain;q=0.5, */*;q=0.1",
        "cache-control": "no-cache",
      },
    });
  });

  test("carries the source's headers, its secrets revealed, over its own", async () => {
    const { headers } = await sent({
      headers: { "User-Agent": "assay", Accept: "text/plain", authorization: "Bearer ${env:TOKEN}" },
    });
    expect(headers).toEqual({
      "user-agent": "assay",
      accept: "text/plain",
      authorization: "Bearer hush",
      "cache-control": "no-cache",
    });
  });

  test("is not sent without a secret that it needs: unknown, for that is our fault", async () => {
    const report = await asking(answering("ok"), { headers: { authorization: "${env:LOST}" } });
    expect(report).toMatchObject({ state: "unknown", reason: "config: LOST is not set" });
  });
});

describe("no complete answer is unreachable", () => {
  test("when the time is up", async () => {
    const clock = steppingClock(START);
    const asked = asking(hanging, {}, clock);
    await clock.advance(2_000);
    expect(await asked).toMatchObject({
      state: "unreachable",
      reason: "timeout: no complete answer within 2000 ms",
      at: START,
      durationMs: 2_000,
      claims: [],
      question: "readiness",
    });
  });

  test("when the body never ends within the time", async () => {
    const clock = steppingClock(START);
    const asked = asking(
      answering(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) })),
      {},
      clock,
    );
    await clock.advance(2_000);
    expect(await asked).toMatchObject({ state: "unreachable", reason: expect.stringMatching(/^timeout: /) });
  });

  test("when the wall clock jumps meanwhile, durations stay steady", async () => {
    const clock = steppingClock(START);
    const asked = asking(hanging, {}, clock);
    clock.step(-3_600_000);
    await clock.advance(2_000);
    expect(await asked).toMatchObject({ at: START, durationMs: 2_000 });
  });

  test.each([
    ["the network fails", new TypeError("connection refused"), "network: connection refused"],
    ["the error quotes a secret", new Error("bad header hush"), "network: bad header ***"],
  ])("when %s", async (_, error, reason) => {
    expect(await asking(() => Promise.reject(error))).toMatchObject({ state: "unreachable", reason });
  });

  test("when the body breaks off", async () => {
    const broken = new ReadableStream({
      start(body) {
        body.enqueue(new TextEncoder().encode('{"status":"UP"'));
        body.error(new Error("connection reset"));
      },
    });
    expect(await asking(answering(broken))).toMatchObject({
      state: "unreachable",
      reason: "body: connection reset",
    });
  });
});

describe("a request that was never made is unreadable", () => {
  test("when the guard refuses", async () => {
    const refused = new Refused("10.0.0.1 is private");
    expect(await asking(() => Promise.reject(refused))).toMatchObject({
      state: "unreadable",
      reason: "refused: 10.0.0.1 is private",
    });
  });

  test("when the caller gives up", async () => {
    const abort = new AbortController();
    const asked = asking(hanging, { signal: abort.signal });
    abort.abort();
    expect(await asked).toMatchObject({
      state: "unreadable",
      reason: expect.stringMatching(/^cancelled: /),
    });
  });
});

describe("a dialect whose answers are bulky is read up to 1 MiB", () => {
  const { answer: haproxy } = fixtures().find(({ name }) =>
    name === "haproxy/haproxy_agent_up_stats_json.http"
  )!;
  /** The statistics of a backend with many servers. */
  const statistics = (count: number) => {
    const rows: { field: { name: string }; value: { value: unknown } }[][] = JSON.parse(haproxy.text);
    const server = rows.find((row) =>
      row.some(({ field, value }) => field.name === "svname" && value.value === "s1")
    )!;
    const named = (name: string) =>
      server.map((cell) =>
        cell.field.name === "svname" ? { ...cell, value: { ...cell.value, value: name } } : cell
      );
    return [...rows, ...Array.from({ length: count }, (_, i) => named(`more${i}`))];
  };
  const pods = {
    apiVersion: "v1",
    kind: "PodList",
    items: Array.from({ length: 20 }, (_, i) => ({
      kind: "Pod",
      metadata: { name: `web-${i}`, annotations: { "example.com/spec": "x".repeat(5_000) } },
      status: {
        phase: "Running",
        conditions: [{ type: "Ready", status: i === 7 ? "False" : "True" }],
        containerStatuses: [{ name: "app", ready: i !== 7, started: true }],
      },
    })),
  };
  const scraped = (i: number) => ({
    labels: { job: "node", instance: `10.0.0.${i}:9100` },
    health: i === 7 ? "down" : "up",
    discoveredLabels: { __meta: "x".repeat(1_000) },
  });
  const targets = {
    status: "success",
    data: { activeTargets: Array.from({ length: 100 }, (_, i) => scraped(i)), droppedTargets: [] },
  };

  test.each([
    ["HAProxy", "http://svc.example/stats;json", "auto", statistics(20), "ready"],
    [
      "HAProxy, the mark in the query",
      "http://svc.example/haproxy?stats;json",
      "haproxy",
      statistics(20),
      "ready",
    ],
    ["pods", "http://svc.example/api/v1/namespaces/shop/pods?labelSelector=app", "auto", pods, "degraded"],
    ["Prometheus targets", "http://svc.example/api/v1/targets", "auto", targets, "not_ready"],
  ])("%s", async (_, url, dialect, body, state) => {
    const text = JSON.stringify(body);
    expect(text.length).toBeGreaterThan(65_536);
    expect(await asking(answering(text), { url: new URL(url), dialect })).toMatchObject({ state });
  });
});

describe("an answer that cannot be read is unreadable", () => {
  test("when it is 1 GB long, of which little is taken", async () => {
    let taken = 0;
    const chunk = new Uint8Array(16_384).fill(0x20);
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(body) {
        taken += chunk.byteLength;
        if (taken > 1_000_000_000) body.close();
        else body.enqueue(chunk);
      },
    });
    expect(await asking(answering(endless))).toMatchObject({
      state: "unreadable",
      reason: "limit: over 65536 bytes",
      httpStatus: 200,
    });
    expect(taken).toBeLessThan(200_000);
  });

  test.each([
    ["over 64 KiB", 40_000, "http://svc.example/readyz", "auto", 65_536],
    [
      "over 64 KiB, in a dialect that is not bulky",
      40_000,
      "http://svc.example/stats;json",
      "spring",
      65_536,
    ],
    ["over 1 MiB, in a bulky one", 600_000, "http://svc.example/stats;json", "auto", 1_048_576],
  ])("when it is %s", async (_, words, url, dialect, limit) => {
    const said = await asking(answering("up ".repeat(words)), { url: new URL(url), dialect });
    expect(said).toMatchObject({ state: "unreadable", reason: `limit: over ${limit} bytes` });
  });

  test("when it is not UTF-8", async () => {
    const bytes = new Uint8Array([0x6f, 0x6b, 0xff, 0xfe, 0x80]);
    expect(await asking(answering(bytes))).toMatchObject({
      state: "unreadable",
      reason: "encoding: the bytes are not text",
    });
  });

  test("when its charset does not exist", async () => {
    expect(
      (await asking(answering("ok", { headers: { "content-type": "text/plain; charset=x-none" } }))).state,
    )
      .toBe("unreadable");
  });

  test("when it is a redirect, which is asked once and not followed", async () => {
    let asked = 0;
    const report = await asking(() => {
      asked++;
      return Promise.resolve(answerOf(new Response(null, { status: 302, headers: { location: "/login" } })));
    });
    expect(report).toMatchObject({ state: "unreadable", httpStatus: 302, reason: "code: 302" });
    expect(asked).toBe(1);
  });
});

describe("text in any encoding is read", () => {
  const utf16 = (text: string, littleEndian: boolean, mark: boolean) => {
    const bytes = new DataView(new ArrayBuffer(2 * text.length + (mark ? 2 : 0)));
    const units = (mark ? "\ufeff" : "") + text;
    [...units].forEach((unit, i) => bytes.setUint16(2 * i, unit.charCodeAt(0), littleEndian));
    return new Uint8Array(bytes.buffer);
  };
  const down = '{"status":"DOWN"}';

  test.each([
    [
      "UTF-16BE by its mark, whatever the charset",
      utf16(down, false, true),
      "application/json;charset=utf-8",
    ],
    ["UTF-16LE by its mark", utf16(down, true, true), "application/json"],
    ["UTF-16 without a mark", utf16(down, false, false), "application/json;charset=utf-16"],
    ["UTF-8 with a mark", new TextEncoder().encode("\ufeff" + down), "text/plain"],
    ["Latin-1", new TextEncoder().encode(down), 'text/plain; charset="iso-8859-1"'],
  ])("%s", async (_, bytes, type) => {
    expect(await asking(answering(bytes, { status: 503, headers: { "content-type": type } })))
      .toMatchObject({ state: "not_ready", dialect: "spring" });
  });
});

test("known secrets in an answer are not kept", async () => {
  const components = { db: { status: "DOWN", details: { error: "login of root:hush refused" } } };
  const report = await asking(answering(JSON.stringify({ status: "DOWN", components }), { status: 503 }));
  expect(report.subsystems[0]?.message).toBe("login of root:*** refused");
});

test("a claim older than it may be is stale", async () => {
  const report = await asking(answering("ok", { headers: { age: "61" } }), { staleAfterMs: 60_000 });
  expect(report).toMatchObject({ state: "unknown", reason: "stale", reportedAt: START - 61_000 });
});
