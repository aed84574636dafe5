import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { spawn } from "../../process/child.ts";
import { exitCodeOf, readEndpoint } from "../../../scripts/cli/report.ts";

/** What is sent, byte by byte, and what `assay report` must print of it. */
interface Bad {
  name: string;
  send(response: ServerResponse): void;
  want: Record<string, unknown>;
}

const JSON_TYPE = "application/json";
const send = (code: number, type: string, body: string) => (response: ServerResponse) =>
  void response.writeHead(code, { "content-type": type }).end(body);
/** Promises more than it sends, and hangs up. */
const cut = (headers: Record<string, string>) => (response: ServerResponse) => {
  response.writeHead(200, { "content-type": JSON_TYPE, ...headers });
  response.write('{"status":"UP","components":{"db":{"st', () => response.destroy());
};
const deep = '{"status":"UP","components":{"a":'.repeat(10_000) + '{"status":"UP"}' + "}}".repeat(10_000);

const BAD: Bad[] = [
  {
    name: "200 with a DOWN body",
    send: send(200, JSON_TYPE, '{"status":"DOWN","components":{"db":{"status":"DOWN"}}}'),
    want: {
      state: "not_ready",
      dialect: "spring",
      httpStatus: 200,
      contradictions: ["code 200 says ready, body says not_ready (DOWN)"],
    },
  },
  {
    name: "a redirect to a login",
    send: (response) => void response.writeHead(302, { location: "/login" }).end(),
    want: { state: "unreadable", httpStatus: 302, reason: "code: 302" },
  },
  {
    name: "a login form under 200",
    send: send(200, "text/html", '<form method="post"><input name="password" type="password"></form>'),
    want: { state: "unreadable", httpStatus: 200, reason: "body: a login or an error page" },
  },
  {
    name: "an HTML error under 200",
    send: send(200, "text/html", "<html><head><title>502 Bad Gateway</title></head><body></body></html>"),
    want: { state: "unreadable", httpStatus: 200, reason: "body: a login or an error page" },
  },
  {
    name: "an HTML error under its own code",
    send: send(503, "text/html", "<html><head><title>503 Service Unavailable</title></head></html>"),
    want: { state: "not_ready", httpStatus: 503, confidence: "code" },
  },
  {
    name: "5 MB of JSON",
    send: send(200, JSON_TYPE, JSON.stringify({ status: "UP", components: {}, pad: "x".repeat(5_000_000) })),
    want: { state: "unreadable", reason: "limit: over 65536 bytes" },
  },
  {
    name: "a component tree 10,000 deep, over 64 KiB",
    send: send(200, JSON_TYPE, deep),
    want: { state: "unreadable", reason: "limit: over 65536 bytes" },
  },
  {
    name: "a tree 10,000 deep that is small",
    send: send(200, JSON_TYPE, `{"a":`.repeat(10_000) + "1" + "}".repeat(10_000)),
    want: { state: "unreadable", reason: "body: broken or too deep JSON" },
  },
  {
    name: "JSON as text/html",
    send: send(503, "text/html", '{"status":"DOWN","components":{}}'),
    want: { state: "not_ready", dialect: "spring", contradictions: [] },
  },
  {
    name: "text as application/json",
    send: send(200, JSON_TYPE, "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n"),
    want: { state: "not_ready", dialect: "k8s" },
  },
  {
    name: "bytes as application/json",
    send: (response) =>
      void response.writeHead(200, { "content-type": JSON_TYPE }).end(new Uint8Array([0xff, 0xfe, 0x80])),
    want: { state: "unreadable" },
  },
  {
    name: "JSON that stops half-way",
    send: send(200, JSON_TYPE, '{"status":"UP","components":{"db":{"st'),
    want: { state: "unreadable", reason: "body: broken or too deep JSON" },
  },
  {
    name: "less than its content-length",
    send: cut({ "content-length": "200" }),
    want: { state: "unreachable", reason: expect.stringMatching(/^body: /) },
  },
  {
    name: "chunks without an end",
    send: cut({}),
    want: { state: "unreachable", reason: expect.stringMatching(/^body: /) },
  },
];

const STATUSPAGE = JSON.stringify({
  page: { id: "p", name: "Shop", url: "https://status.shop.example", updated_at: "2020-01-01T00:00:00Z" },
  status: { indicator: "none", description: "All Systems Operational" },
});
/** Seconds that a cache admits to; the page's own time is that of its last edit and makes nothing stale. */
const PAGES = { "/fresh": "5", "/cached": "7200" };

const server = createServer((request, response) => {
  const path = request.url ?? "/";
  if (path in PAGES) {
    const age = PAGES[path as keyof typeof PAGES];
    response.writeHead(200, { "content-type": JSON_TYPE, age }).end(STATUSPAGE);
  } else (BAD[Number(path.slice(1))]?.send ?? send(200, JSON_TYPE, "{}"))(response);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe.concurrent("`assay report` of a bad answer", () => {
  test.each(BAD.map((bad, i) => ({ ...bad, i })))("$name", async ({ i, want }) => {
    const said = await readEndpoint(new URL(`${url}/${i}`), { allowPrivate: true });
    expect(said).toMatchObject(want);
    expect(exitCodeOf(said)).toBe(want.state === "not_ready" ? 0 : 2);
  });
});

test("`assay run`: a status page out of a cache is a claim only while it is fresh", async () => {
  const folder = mkdtempSync(join(tmpdir(), "assay-"));
  const checks = Object.keys(PAGES).map((path) =>
    `{ id: ${
      path.slice(1)
    }, report: { path: ${path} }, journey: [{ request: { path: / }, expect: status == 200 }] }`
  );
  const file = join(folder, "assay.yaml");
  writeFileSync(
    file,
    `version: 1\nallowPrivate: true\ntargets:\n  - { id: shop, url: "${url}", checks: [${checks.join()}] }\n`,
  );
  try {
    const child = spawn("../../scripts/cli/assay.ts", ["run", file, "--json"]);
    await child.ended;
    expect(JSON.parse(child.out.join("\n"))).toMatchObject([
      { check: "shop/fresh", verdict: "ready", before: { state: "ready", dialect: "statuspage" } },
      {
        check: "shop/cached",
        verdict: "unreported",
        before: { state: "unknown", reason: "stale", dialect: "statuspage" },
      },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
