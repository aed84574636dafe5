import { describe, expect, test } from "vitest";
import {
  DIALECTS,
  read,
  type ReadOptions,
  type ReportAnswer,
  staleAfter,
} from "../../../src/evidence/report/mod.ts";
import { fixtures, folders } from "./fixtures.ts";

const AUTO = { dialect: "auto" };

function answer(
  { status = 200, path = "/readyz", headers = {}, body = "" }: {
    status?: number;
    path?: string;
    headers?: Record<string, string>;
    body?: unknown;
  },
): Omit<ReportAnswer, "json"> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { url: new URL(path, "http://svc.example"), status, headers: new Headers(headers), text };
}

function heard(parts: Parameters<typeof answer>[0], options: ReadOptions = AUTO) {
  return read(answer(parts), options, DIALECTS);
}

describe("fixtures", () => {
  test("every dialect has a folder", () => {
    expect(folders()).toEqual(DIALECTS.map((dialect) => dialect.name).toSorted());
  });

  test.each(fixtures())("$name is $expect", (fixture) => {
    const report = read(fixture.answer, { dialect: fixture.declared ?? "auto" }, DIALECTS);
    expect({
      state: report.state,
      dialect: report.dialect,
      phase: report.phase,
      question: report.question,
      contradictions: report.contradictions,
      subsystems: Object.fromEntries(report.subsystems.map((part) => [part.name, part.state])),
      version: report.version,
    }).toEqual({
      state: fixture.expect,
      dialect: fixture.dialect,
      phase: fixture.phase,
      question: fixture.question ?? "readiness",
      contradictions: fixture.contradictions ?? [],
      subsystems: fixture.subsystems ?? {},
      version: fixture.version,
    });
  });
});

describe("choosing a dialect", () => {
  test("the table is in sniffing order: headers and JSON shapes, text, the code", () => {
    expect(DIALECTS.map((dialect) => dialect.name)).toEqual([
      "consul",
      "prometheus",
      "grpc-web",
      "grpc-health",
      "health+json",
      "pomerium",
      "envoy",
      "etcd",
      "patroni",
      "vault",
      "rabbitmq",
      "nats",
      "docker-registry",
      "webdriver",
      "elasticsearch",
      "gitlab",
      "grafana",
      "jupyter",
      "kong",
      "php-fpm",
      "traefik",
      "k8s-api",
      "docker",
      "elb",
      "statuspage",
      "instatus",
      "incident.io",
      "better-stack",
      "google-cloud",
      "aws-events",
      "systemd",
      "haproxy",
      "istio",
      "spring",
      "microprofile",
      "aspnetcore",
      "nestjs",
      "terminus",
      "under-pressure",
      "go-health",
      "hellofresh",
      "heptio",
      "django-health-check",
      "laravel",
      "rails",
      "lightship",
      "k8s",
      "k8s-http",
      "http",
    ]);
  });

  test.each([
    ["a header beats the shape of the body", "health+json", {
      headers: { "content-type": "application/health+json" },
      body: { status: "UP", components: {} },
    }],
    ["an object of lists is health+json, not Spring", "health+json", {
      body: { status: "UP", checks: { "db:ping": [] } },
    }],
    ["a list of checks is MicroProfile, not Spring", "microprofile", {
      body: { status: "UP", checks: [{ name: "db", status: "UP" }] },
    }],
    ["lower-case words are not Spring's", "nestjs", {
      body: { status: "ok", info: {}, error: {}, details: {} },
    }],
    ["JSON under text/plain is JSON", "spring", {
      headers: { "content-type": "text/plain" },
      body: { status: "UP", components: {} },
    }],
    ["text under application/json is text", "k8s", {
      headers: { "content-type": "application/json" },
      body: "[+]ping ok\nreadyz check passed",
    }],
    ["check lines inside JSON are no k8s text", "http", { body: { text: "[+]ping ok\n[-]etcd failed: x" } }],
  ])("%s: %s", (_, dialect, parts) => {
    expect(heard(parts).dialect).toBe(dialect);
  });

  test.each([
    ["declared", "spring", { body: { status: "UP" } }, "declared"],
    ["recognised by its shape", "auto", { body: { status: "UP", groups: [] } }, "recognised"],
    ["a plain word", "auto", { body: "OK" }, "recognised"],
    ["nothing but the code", "auto", { body: "hello there" }, "code"],
  ])("confidence when %s", (_, dialect, parts, confidence) => {
    expect(heard(parts, { dialect }).confidence).toBe(confidence);
  });

  test("an answer in another dialect than the declared one is unreadable and says which it may be", () => {
    const report = heard({ body: "[+]ping ok\nreadyz check passed" }, { dialect: "spring" });
    expect(report).toMatchObject({
      state: "unreadable",
      reason: "dialect_mismatch: code 200 is not spring, it may be k8s",
      claims: [{ source: "code", state: "ready", raw: "200" }],
    });
  });

  test("a dialect that is not in the table is unreadable", () => {
    expect(heard({}, { dialect: "nope" })).toMatchObject({
      state: "unreadable",
      reason: "dialect_unknown: nope",
    });
  });
});

test.each(
  [
    ["/livez", "liveness"],
    ["/q/health/live/", "liveness"],
    ["/actuator/health/liveness?x=readyz", "liveness"],
    ["/ALIVE", "liveness"],
    ["/ping", "liveness"],
    ["/health", "readiness"],
    ["/healthz", "readiness"],
    ["/up", "readiness"],
    ["/status", "readiness"],
    ["/", "readiness"],
    ["/live/orders", "readiness"],
  ] as const,
)("the path %s asks for %s", (path, question) => {
  expect(heard({ path }).question).toBe(question);
});

test("a configured question overrides the path and the dialect", () => {
  expect(
    heard({ path: "/livez", body: "[+]ping ok\nlivez check passed" }, { ...AUTO, question: "startup" })
      .question,
  )
    .toBe("startup");
});

describe("folding", () => {
  test("an unknown word is unknown, its raw kept, and the reason says it", () => {
    expect(heard({ body: { status: "FATAL", components: {} } })).toMatchObject({
      state: "unknown",
      reason: "body: FATAL",
      claims: [{ source: "code", state: "ready" }, { source: "body", state: "unknown", raw: "FATAL" }],
      contradictions: [],
    });
  });

  test("a word that points the way of the code refines it", () => {
    const report = heard({ status: 503, body: { status: "draining" } });
    expect(report).toMatchObject({ state: "draining", contradictions: [] });
  });

  test("where code and word point apart, the worse wins and both are named", () => {
    expect(heard({ status: 503, body: { status: "ready" } })).toMatchObject({
      state: "not_ready",
      contradictions: ["code 503 says not_ready, body says ready (ready)"],
    });
  });

  test("many refusing parts are one sentence", () => {
    const components = Object.fromEntries(
      ["a", "b", "c", "d", "e"].map((name) => [name, { status: "DOWN" }]),
    );
    expect(heard({ body: { status: "UP", components } }).contradictions).toEqual([
      "body says ready (UP) over a not_ready, b not_ready, c not_ready and 2 more",
    ]);
  });

  test("a part's layer and message are kept", () => {
    const components = { db: { status: "DOWN", details: { error: "refused" } }, diskSpace: { status: "UP" } };
    expect(heard({ status: 503, body: { status: "DOWN", components } }).subsystems).toEqual([
      { name: "db", state: "not_ready", layer: "dependency", required: true, message: "refused" },
      { name: "diskSpace", state: "ready", layer: "process", required: true },
    ]);
  });

  test.each([
    ["ping", "process"],
    ["shutdown", "process"],
    ["etcd-readiness", "dependency"],
    ["kms-providers", "dependency"],
    ["informer-sync", "state"],
    ["poststarthook/priority-and-fairness-config-producer", "state"],
    ["poststarthook/rbac/bootstrap-roles", "policy"],
  ])("the apiserver's %s is of the layer %s", (name, layer) => {
    expect(heard({ body: `[+]${name} ok\nreadyz check passed` }).subsystems).toMatchObject([{ name, layer }]);
  });

  test.each([
    ["system", "process"],
    ["datastore", "dependency"],
    ["component", "state"],
  ])("health+json's componentType %s puts a part into the layer %s", (componentType, layer) => {
    const checks = { "replication:lag": [{ componentType, status: "pass" }] };
    expect(heard({ body: { status: "pass", checks } }).subsystems).toMatchObject([{ layer }]);
  });
});

describe("time", () => {
  const at = Date.UTC(2026, 0, 1, 12);
  const ago = (ms: number) => new Date(at - ms).toISOString();
  const body = (...ages: number[]) => ({
    status: "pass",
    checks: { "a:b": ages.map((age) => ({ status: "pass", time: ago(age) })) },
  });

  test.each([[1_000, 60_000], [20_000, 60_000], [60_000, 180_000]])(
    "at a period of %i ms a claim is stale after %i ms",
    (period, stale) => expect(staleAfter(period)).toBe(stale),
  );

  test.each([
    ["as old as allowed", { body: body(60_000) }, "ready", undefined],
    ["older", { body: body(60_001) }, "unknown", "stale"],
    ["one of two checks is fresh", { body: body(60_001, 5) }, "ready", undefined],
    ["from the future", { body: body(-90_000) }, "ready", undefined],
    [
      "a time that is none",
      {
        body: { status: "pass", checks: { a: [{ status: "pass", time: "soon" }] } },
      },
      "ready",
      undefined,
    ],
    ["from a cache, fresh", { body: "ok", headers: { age: "60" } }, "ready", undefined],
    ["from a cache, old", { body: "ok", headers: { age: "61" } }, "unknown", "stale"],
    ["old and failing", { status: 503, body: { ...body(60_001), status: "fail" } }, "unknown", "stale"],
  ])("a claim %s", (_, parts, state, reason) => {
    const report = heard(parts, { ...AUTO, at, staleAfterMs: 60_000 });
    expect({ state: report.state, reason: report.reason }).toEqual({ state, reason });
  });

  test.each([
    ["30", 30_000],
    ["9999", 300_000],
    ["Thu, 01 Jan 2026 12:00:20 GMT", 20_000],
    ["Thu, 01 Jan 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
  ])("Retry-After: %s", (value, ms) => {
    expect(heard({ status: 503, headers: { "retry-after": value } }, { ...AUTO, at }).retryAfterMs).toBe(ms);
  });
});

describe("hostile bodies", () => {
  const deep = (levels: number) =>
    '{"status":"UP","components":{"a":'.repeat(levels) + '{"status":"UP"}' + "}}".repeat(levels);
  const wide = (count: number, word: string) => ({
    status: "UP",
    components: Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, { status: word }])),
  });

  test.each([
    ["100,000 lists", "[".repeat(100_000) + "]".repeat(100_000)],
    ["100,000 objects", '{"status":'.repeat(100_000) + '"UP"' + "}".repeat(100_000)],
    ["Spring parts past the depth", deep(50)],
  ])("%s deep are unreadable", (_, body) => {
    expect(heard({ body })).toMatchObject({ state: "unreadable", reason: "body: broken or too deep JSON" });
    expect(heard({ body }, { dialect: "spring" }).state).toBe("unreadable");
  });

  test("parts within the depth are read", () => {
    expect(heard({ body: deep(10) })).toMatchObject({ state: "ready", dialect: "spring" });
  });

  test("more parts than are kept make the rest unreadable, never ready", () => {
    const report = heard({ body: wide(201, "UP") });
    expect(report).toMatchObject({ state: "unreadable", reason: "body: more than 200 subsystems" });
    expect(report.subsystems).toHaveLength(200);
    expect(heard({ body: wide(200, "UP") }).state).toBe("ready");
  });

  test("parts that are not kept still count", () => {
    expect(heard({ body: wide(5_000, "DOWN") }).state).toBe("not_ready");
  });

  test("long texts are cut", () => {
    const status = "X".repeat(50_000);
    const report = heard({ body: { status, components: { ["n".repeat(9_000)]: { status } } } });
    expect(JSON.stringify(report).length).toBeLessThan(1_500);
  });

  test.each([["constructor"], ["__proto__"], ["toString"]])("the word %s is only a word", (status) => {
    expect(heard({ body: { status } }).state).toBe("unknown");
  });
});
