import { describe, expect, test } from "vitest";
import { DIALECTS, read, type ReadOptions } from "../../../src/evidence/report/mod.ts";

const AT = Date.UTC(2026, 10, 21, 12);
const ago = (ms: number) => new Date(AT - ms).toISOString();

function heard(path: string, status: number, body: unknown, options: Partial<ReadOptions> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = new Headers({ "content-type": "application/json" });
  const answer = { url: new URL(path, "http://svc.example"), status, headers, text };
  return read(answer, { dialect: "auto", ...options }, DIALECTS);
}

describe("the time inside the payload", () => {
  const check = (ms: number) => ({ status: "up", timestamp: ago(ms) });
  const spatie = (ms: number) => ({
    finishedAt: (AT - ms) / 1000,
    checkResults: [{ name: "db", status: "ok" }],
  });
  const hellofresh = (ms: number) => ({ status: "OK", timestamp: ago(ms), component: { name: "svc" } });

  test.each([
    ["go-health, its newest check", { status: "up", details: { a: check(90_000), b: check(1_000) } }, 1_000],
    ["hellofresh", hellofresh(2_000), 2_000],
    ["spatie, in seconds", spatie(3_000), 3_000],
    ["rails", { status: "up", timestamp: ago(4_000) }, 4_000],
  ])("of %s", (_, body, age) => {
    expect(heard("/up", 200, body).reportedAt).toBe(AT - age);
  });

  test("is none where Go writes the year 1 for a check that never ran", () => {
    const details = { a: { status: "up", timestamp: "0001-01-01T00:00:00Z" } };
    expect(heard("/health", 200, { status: "up", details }).reportedAt).toBeUndefined();
  });

  test.each([
    ["hellofresh", hellofresh(60_001)],
    ["spatie, whose results wait in a store", spatie(60_001)],
  ])("makes an old claim stale: %s", (_, body) => {
    expect(heard("/health", 200, body, { at: AT, staleAfterMs: 60_000 })).toMatchObject({
      state: "unknown",
      reason: "stale",
    });
  });
});

test.each([
  ["aspnetcore", "the exception, before the description", 503, {
    status: "Unhealthy",
    totalDuration: "00:00:00",
    entries: { db: { status: "Unhealthy", description: "slow", exception: "refused" } },
  }],
  ["microprofile", "a reason in its data", 503, {
    status: "DOWN",
    checks: [{ name: "db", status: "DOWN", data: { port: 5432, reason: "refused" } }],
  }],
  ["nestjs", "the message", 503, {
    status: "error",
    info: {},
    error: { db: { status: "down", message: "refused" } },
    details: { db: { status: "down", message: "refused" } },
  }],
  ["terminus", "the cause's message", 503, { status: "error", error: [{ name: "db", message: "refused" }] }],
  ["go-health", "the error", 503, { status: "down", details: { db: { status: "down", error: "refused" } } }],
  ["hellofresh", "the failure", 503, {
    status: "Unavailable",
    timestamp: ago(0),
    system: {},
    failures: { db: "refused" },
  }],
  ["laravel", "the notification's message", 200, {
    finishedAt: AT / 1000,
    checkResults: [{ name: "db", status: "failed", notificationMessage: "refused", shortSummary: "" }],
  }],
])("%s keeps of a part %s", (dialect, _, status, body) => {
  expect(heard("/health", status, body)).toMatchObject({
    dialect,
    state: "not_ready",
    subsystems: [{ name: "db", state: "not_ready", layer: "dependency", message: "refused" }],
  });
});

test("shed load says why and when to come back", () => {
  const text = JSON.stringify({ statusCode: 503, code: "FST_UNDER_PRESSURE", message: "Heap too large" });
  const headers = new Headers({ "retry-after": "30" });
  const answer = { url: new URL("http://svc.example/orders"), status: 503, headers, text };
  expect(read(answer, { dialect: "auto" }, DIALECTS)).toMatchObject({
    state: "not_ready",
    retryAfterMs: 30_000,
    claims: [{ source: "code" }, { source: "body", raw: "FST_UNDER_PRESSURE: Heap too large" }],
  });
});

test.each(["STARTING", "NOT_READY", "SERVER_IS_NOT_READY", "Unhealthy "])(
  "no phase is guessed from %s: history must not excuse a plain failure",
  (text) => expect(heard("/ready", 500, text).phase).toBeUndefined(),
);

describe("shapes that are nobody's stay with http", () => {
  test.each([
    ["a number under results is no HealthStatus", "/health", { status: 1, results: { a: 1 } }],
    ["`ok` with a page of details", "/health", { status: "ok", details: { page: 1 } }],
    ["a map of texts", "/health", { message: "OK", detail: "fine" }],
    ["`up` on another path", "/health", { status: "up" }],
    ["`healthy` among others", "/health", { healthy: true, build: 7 }],
    ["checks without names", "/health", { status: "UP", checks: [1, 2] }],
    ["a word in a sentence", "/health", "Healthy and happy"],
    ["a page in green", "/up", `<html>${" ".repeat(200)}<body style="background-color: green"></html>`],
  ])("%s", (_, path, body) => {
    expect(heard(path, 200, body).dialect).toBe("http");
  });
});

test.each(DIALECTS)("$name takes no long time over 64 KiB of near misses", (dialect) => {
  const fill = (piece: string) => piece.repeat(65_536 / piece.length);
  const texts = [
    ...[
      "<rss",
      "<feed ",
      "<category term=",
      ">          ",
      "Database(",
      "a(): ",
      "[+]x ",
      "HealthCheck",
      "\n",
    ]
      .map(fill),
    JSON.stringify({ [fill("HealthCheck")]: "OK" }),
    JSON.stringify({ status: fill("A_"), checks: [], details: {} }),
  ];
  for (const text of texts) {
    const answer = { url: new URL("http://svc.example/ready"), status: 200, headers: new Headers(), text };
    for (const name of ["auto", dialect.name]) {
      expect(read(answer, { dialect: name }, [dialect]).state).toBeTypeOf("string");
    }
  }
});
