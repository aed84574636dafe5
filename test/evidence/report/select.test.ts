import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DIALECTS, read, type ReadReport } from "../../../src/evidence/report/mod.ts";
import { fixtures } from "./fixtures.ts";

/** Reads one part of an answer; the body is text, or what becomes JSON. */
function part(
  body: unknown,
  select: string,
  { status = 200, url = "/health", headers = {} } = {},
): ReadReport {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = { url: new URL(url, "http://svc.example"), status, headers: new Headers(headers), text };
  return read(answer, { dialect: "auto", select }, DIALECTS);
}

const SPRING = {
  status: "UP",
  components: {
    db: { status: "DOWN", details: { error: "connection refused" } },
    broker: { status: "UP", components: { us1: { status: "UP" }, us2: { status: "OUT_OF_SERVICE" } } },
    disk: { status: "UP" },
    "mail.smtp": { status: "UP" },
  },
};
const HEALTH_JSON = {
  status: "pass",
  version: "7",
  checks: {
    "cassandra:connections": [{ componentId: "n1", status: "pass" }, { componentId: "n2", status: "fail" }],
    "memory:utilization": [{ status: "warn" }],
    uptime: [{ status: "pass" }],
  },
};
const K8S =
  "[+]ping ok\n[-]etcd failed: reason withheld\n[+]poststarthook/rbac/bootstrap-roles ok\nreadyz check failed\n";
const POMERIUM = {
  statuses: {
    "storage.backend": { status: "RUNNING", error: "connection refused" },
    "envoy.server": { status: "RUNNING" },
  },
  checks: ["storage.backend", "envoy.server"],
};

describe("a part is found by its name in the dialect's own words", () => {
  test.each<[name: string, body: unknown, select: string, state: string]>([
    ["Spring, as it is nested", SPRING, "components.db", "not_ready"],
    ["Spring, plainly", SPRING, "db", "not_ready"],
    ["Spring, a good one beside a bad one", SPRING, "components.disk", "ready"],
    ["Spring, one inside another", SPRING, "components.broker.components.us1", "ready"],
    ["Spring, as it is printed", SPRING, "broker/us1", "ready"],
    ["Spring, with dots alone", SPRING, "broker.us1", "ready"],
    ["Spring, a name that holds a dot", SPRING, "components.mail.smtp", "ready"],
    ["Spring, the same in brackets", SPRING, "components['mail.smtp']", "ready"],
    ["health+json, in brackets", HEALTH_JSON, 'checks["memory:utilization"]', "degraded"],
    ["health+json, after a dot", HEALTH_JSON, "checks.memory:utilization", "degraded"],
    ["health+json, plainly", HEALTH_JSON, "uptime", "ready"],
    ["health+json, one node of many", HEALTH_JSON, 'checks["cassandra:connections"]/n1', "ready"],
    ["health+json, all nodes: the worst", HEALTH_JSON, "cassandra:connections", "not_ready"],
    ["k8s", K8S, "ping", "ready"],
    ["k8s, a bad one", K8S, "etcd", "not_ready"],
    ["k8s, a name that holds slashes", K8S, "poststarthook/rbac/bootstrap-roles", "ready"],
    ["k8s, the hooks as a group", K8S, "poststarthook", "ready"],
    ["Pomerium, a name that holds a dot", POMERIUM, "storage.backend", "not_ready"],
    ["Pomerium, as it is nested", POMERIUM, 'statuses["envoy.server"]', "ready"],
  ])("%s: %s", (_, body, select, state) => {
    expect(part(body, select).state).toBe(state);
  });

  test("a group over a bad part is bad, and contradicts itself", () => {
    const { state, contradictions } = part(SPRING, "components.broker");
    expect(state).toBe("not_ready");
    expect(contradictions).toEqual([
      "body says ready (components.broker) over broker/us2 not_ready",
      "code 200 says ready over components.broker not_ready",
    ]);
  });

  test("of two parts with one name the worse counts", () => {
    const lines = "[+]etcd ok\n[-]etcd failed: reason withheld\nreadyz check failed\n";
    expect(part(lines, "etcd").state).toBe("not_ready");
  });
});

describe("what the whole says", () => {
  test("is a contradiction where it serves and the part that it needs refuses", () => {
    expect(part(SPRING, "db").contradictions).toEqual(["code 200 says ready over db not_ready"]);
  });

  test.each([
    ["the part is good", SPRING, "disk"],
    ["the part is not needed", HEALTH_JSON, "cassandra:connections"],
    ["the whole refuses as well", { ...SPRING, status: "DOWN" }, "disk"],
  ])("is none where %s", (_, body, select) => {
    expect(part(body, select, { status: 200 }).contradictions).toEqual([]);
  });

  test("does not pull down a part that is good", () => {
    expect(part({ ...SPRING, status: "DOWN" }, "disk", { status: 503 })).toMatchObject({
      state: "ready",
      httpStatus: 503,
      dialect: "spring",
    });
  });

  test("keeps version and code", () => {
    expect(part(HEALTH_JSON, "uptime")).toMatchObject({ version: "7", httpStatus: 200 });
  });
});

describe("no part is green by accident", () => {
  test.each<[name: string, body: unknown, select: string, more: object, state: string, reason: string]>([
    [
      "a name that is not there",
      SPRING,
      "components.cache",
      {},
      "unknown",
      "select: no components.cache; there is db, broker,",
    ],
    ["the beginning of a name", SPRING, "dis", {}, "unknown", "select: no dis; there is db"],
    ["another case", SPRING, "DB", {}, "unknown", "select: no DB; there is db"],
    [
      "an answer without parts",
      { status: "UP" },
      "db",
      {},
      "unknown",
      "select: no db: the answer names no parts",
    ],
    ["a bare 200", "", "db", {}, "unknown", "select: no db: the answer names no parts"],
    [
      "an excluded check",
      "[+]ping ok\n[+]etcd excluded: ok\nreadyz check passed\n",
      "etcd",
      {},
      "unknown",
      "body: etcd",
    ],
    ["a login wall", SPRING, "disk", { status: 401 }, "unreadable", "code: 401"],
    ["a page", "<html>Sign in</html>", "db", {}, "unreadable", "body: a page"],
    ["a wall without parts", "Sign in", "db", { status: 401 }, "unreadable", "code: 401"],
    ["an old answer", HEALTH_JSON, "uptime", { headers: { age: "900" } }, "unknown", "stale"],
  ])("%s", (_, body, select, more, state, reason) => {
    const { status = 200, headers = {} } = more as { status?: number; headers?: Record<string, string> };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = { url: new URL("http://svc.example/health"), status, headers: new Headers(headers), text };
    const heard = read(answer, { dialect: "auto", select, at: 1e12, staleAfterMs: 60_000 }, DIALECTS);
    expect(heard).toMatchObject({ state, reason: expect.stringContaining(reason) });
  });

  test("whatever is asked for, of any answer: green only if some part of it is", () => {
    const answers = fixtures().map(({ answer, dialect }) => ({
      answer,
      dialect,
      whole: read(answer, { dialect }, DIALECTS),
    }));
    const words = fc.constantFrom(
      "db",
      "components",
      "checks",
      "etcd",
      "a",
      "/",
      ".",
      '["',
      '"]',
      "[0]",
      "'",
      ":",
      "ping",
      "uptime",
    );
    const path = fc.oneof(
      fc.array(words, { minLength: 1, maxLength: 6 }).map((all) => all.join("")),
      fc.string(),
    );
    const SERVES = /^(ready|degraded)$/;
    fc.assert(
      fc.property(fc.constantFrom(...answers), path, fc.nat(), ({ answer, dialect, whole }, path, n) => {
        const names = whole.subsystems.map(({ name }) => name);
        const select = n % 3 === 0 && names.length > 0 ? names[n % names.length]! : path;
        const { state } = read(answer, { dialect, select }, DIALECTS);
        if (SERVES.test(state)) expect(whole.subsystems.some((part) => SERVES.test(part.state))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test("what there is instead is listed within bounds", () => {
    const components = Object.fromEntries(
      Array.from({ length: 150 }, (_, i) => [`part-${i}-${"x".repeat(300)}`, { status: "UP" }]),
    );
    const { state, reason } = part({ status: "UP", components }, `db${"y".repeat(180)}`);
    expect(state).toBe("unknown");
    expect(reason!.length).toBeLessThanOrEqual(300);
  });

  test("a part behind the 200 that are kept is found", () => {
    const components = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`c${i}`, { status: "UP" }]));
    expect(part({ status: "UP", components }, "components.c299").state).toBe("ready");
  });
});
