import { describe, expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import type { Fetch, FetchOptions } from "../../../src/base/ports.ts";
import {
  ask,
  DIALECTS,
  read,
  type ReadOptions,
  type ReportAnswer,
} from "../../../src/evidence/report/mod.ts";
import { steppingClock } from "../../world/clock.ts";
import { fixtures } from "./fixtures.ts";

const AT = Date.UTC(2026, 10, 20, 22, 30);
const AUTO = { dialect: "auto" };

/** Dialects of platforms: proxies, orchestrators, stores and status pages. */
const PLATFORMS = new Set(
  ("consul prometheus grpc-web grpc-health pomerium envoy etcd patroni vault rabbitmq nats k8s-api docker elb statuspage " +
    "instatus incident.io better-stack google-cloud aws-events systemd haproxy istio").split(" "),
);
const own = fixtures().filter(({ dialect }) => PLATFORMS.has(dialect));

function heard(parts: Partial<ReportAnswer> & { body?: unknown }, options: ReadOptions = AUTO) {
  const { url = new URL("http://svc.example/status"), status = 200, headers = new Headers(), body } = parts;
  return read({ url, status, headers, text: parts.text ?? JSON.stringify(body) }, options, DIALECTS);
}

describe("the headers of a proxy count on any answer", () => {
  test.each(
    [
      ["degraded, by its presence", { "x-envoy-degraded": "" }, "degraded", 0],
      ["failing its health checks", { "x-envoy-immediate-health-check-fail": "true" }, "draining", 1],
      ["not failing them", { "x-envoy-immediate-health-check-fail": "false" }, "ready", 0],
      ["neither", { "x-envoy-upstream-service-time": "3" }, "ready", 0],
    ] as const,
  )("%s", (_, fields, state, contradictions) => {
    for (const text of ["ok", "orders", '{"status":"UP","groups":[]}']) {
      const report = heard({ headers: new Headers(fields), text });
      expect(report).toMatchObject({ state });
      expect(report.contradictions).toHaveLength(contradictions);
    }
  });

  test("a worse body stays worse", () => {
    const headers = new Headers({ "x-envoy-degraded": "1" });
    expect(heard({ headers, status: 503, text: "down" }).state).toBe("not_ready");
  });
});

describe("how a declared dialect asks", () => {
  async function sent(
    dialect: string,
    headers: Record<string, string> = {},
    service?: string,
    path = "/grpc.health.v1.Health/Check",
  ): Promise<FetchOptions> {
    const seen: FetchOptions[] = [];
    const fetch: Fetch = (_, outgoing) => {
      seen.push(outgoing);
      return Promise.resolve(answerOf(new Response('{"status":"SERVING"}')));
    };
    const url = new URL(path, "http://svc.example");
    const secrets = { reveal: (text: string) => text, redact: (text: string) => text };
    await ask(
      { clock: steppingClock(AT), fetch, secrets },
      { url, headers, dialect, timeoutMs: 1_000, service },
      DIALECTS,
    );
    const [first] = seen;
    if (!first) throw new Error("nothing was asked");
    return first;
  }

  test("Connect: POST of an empty JSON message", async () => {
    expect(await sent("grpc-health")).toMatchObject({
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json", accept: "application/json" },
    });
  });

  test("gRPC-Web: POST of one frame of length 0", async () => {
    expect(await sent("grpc-web")).toMatchObject({
      method: "POST",
      body: new Uint8Array([0, 0, 0, 0, 0]),
      headers: { "content-type": "application/grpc-web+proto", "x-grpc-web": "1" },
    });
  });

  // protobuf.dev, encoding: field 1 with wire type 2 is 0x0a, then the length as a varint.
  test.each<[name: string, service: string, message: number[]]>([
    ["of one service", "a.B", [0x0a, 3, 0x61, 0x2e, 0x42]],
    ["of a long name", "s".repeat(200), [0x0a, 0xc8, 0x01, ...Array.from({ length: 200 }, () => 0x73)]],
  ])("gRPC-Web: %s", async (_, service, message) => {
    const { body } = await sent("grpc-web", {}, service);
    expect([...body as Uint8Array]).toEqual([0, 0, 0, 0, message.length, ...message]);
  });

  test("Connect: of one service", async () => {
    expect((await sent("grpc-health", {}, "shop.v1.Orders")).body).toBe('{"service":"shop.v1.Orders"}');
  });

  test("the source's own headers win", async () => {
    expect((await sent("grpc-health", { Accept: "*/*" })).headers.accept).toBe("*/*");
  });

  test("auto: as Connect, at the path that only gRPC health has", async () => {
    expect(await sent("auto", {}, "shop.v1.Orders")).toMatchObject({
      method: "POST",
      body: '{"service":"shop.v1.Orders"}',
    });
  });

  test.each([["auto"], ["pomerium"]])("%s: a GET without a body", async (dialect) => {
    const { method, body } = await sent(dialect, {}, undefined, "/readyz");
    expect({ method, body }).toEqual({ method: "GET", body: undefined });
  });
});

describe("a gRPC service that the server does not know is unknown, and says so", () => {
  const url = new URL("http://svc.example/grpc.health.v1.Health/Check");
  const web = new Headers({ "content-type": "application/grpc-web+proto" });
  const trailer = "grpc-status: 5\r\ngrpc-message: unknown service\r\n";
  const frame = `\x80\0\0\0${String.fromCharCode(trailer.length)}${trailer}`;
  test.each<
    [name: string, dialect: string, answer: Partial<ReportAnswer> & { body?: unknown }, reason: string]
  >([
    [
      "Connect, not_found",
      "grpc-health",
      { status: 404, body: { code: "not_found", message: "x" } },
      "body: not_found",
    ],
    [
      "Connect, SERVICE_UNKNOWN",
      "grpc-health",
      { body: { status: "SERVICE_UNKNOWN" } },
      "body: SERVICE_UNKNOWN",
    ],
    ["gRPC-Web, status 5", "grpc-web", { headers: web, text: frame }, "frame: not_found"],
    [
      "gRPC-Web, enum 3",
      "grpc-web",
      { headers: web, text: "\0\0\0\0\x02\x08\x03" },
      "frame: SERVICE_UNKNOWN",
    ],
  ])("%s", (_, dialect, answer, reason) => {
    expect(heard({ url, ...answer }, { dialect })).toMatchObject({ state: "unknown", reason });
  });

  test("but under a code that refuses it is not ready", () => {
    const answer = { url, status: 503, body: { code: "not_found" } };
    expect(heard(answer, { dialect: "grpc-health" }).state).toBe("not_ready");
  });
});

describe("no code but 2xx goes with ready", () => {
  const answers = own.map((fixture) => ({ ...fixture, declared: fixture.dialect }));
  test.each([302, 401, 404, 429, 500, 503])("%i", (status) => {
    const ready = answers
      .filter(({ answer, declared }) =>
        read({ ...answer, status }, { dialect: declared }, DIALECTS).state === "ready"
      )
      .map(({ name }) => name);
    expect(ready).toEqual([]);
  });
});

/** `json` with one leaf or branch after the other replaced. */
function* broken(json: unknown): Generator<unknown> {
  for (const value of [null, 0, "odd", [], {}, [null], true]) yield value;
  if (typeof json !== "object" || json === null) return;
  for (const [key, child] of Object.entries(json)) {
    for (const other of broken(child)) {
      yield Array.isArray(json) ? json.with(Number(key), other) : { ...json, [key]: other };
    }
  }
}

test("no answer with a part of another type makes a dialect throw", () => {
  const json = own.filter(({ answer }) => /^\s*[{[]/.test(answer.text) && answer.text.length < 2_000);
  for (const { answer, dialect } of json) {
    for (const body of broken(JSON.parse(answer.text))) {
      const text = JSON.stringify(body);
      expect(() => read({ ...answer, text }, { dialect }, DIALECTS)).not.toThrow();
      expect(() => read({ ...answer, text }, AUTO, DIALECTS)).not.toThrow();
    }
  }
});

describe("an answer that is cut short", () => {
  test.each(own.filter(({ answer }) => /^\s*[{[]/.test(answer.text)))(
    "$name is never ready",
    ({ answer, dialect }) => {
      const text = answer.text.trimEnd().slice(0, -1);
      expect(read({ ...answer, text }, { dialect }, DIALECTS).state).not.toMatch(/^(ready|degraded)$/);
    },
  );
});

describe("large answers keep their word", () => {
  const many = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

  test("a status page of 400 components", () => {
    const components = many(
      400,
      (i) => ({ name: `c${i}`, status: i === 399 ? "major_outage" : "operational" }),
    );
    const report = heard({ body: { page: {}, status: { indicator: "none" }, components } });
    expect(report).toMatchObject({ state: "degraded", dialect: "statuspage" });
    expect(report.subsystems).toHaveLength(200);
    expect(report.subsystems[0]).toMatchObject({ name: "c399", state: "not_ready" });
  });

  test("a slice of 1,000 endpoints", () => {
    const endpoints = many(1_000, (i) => ({ addresses: [`10.0.0.${i}`] }));
    expect(heard({ body: { kind: "EndpointSlice", apiVersion: "v1", endpoints } }).state).toBe("ready");
  });
});

describe("time inside the payload", () => {
  const container = (end: string, status = "healthy") => ({
    State: {
      Status: "running",
      Running: true,
      Health: { Status: status, FailingStreak: 0, Log: [{ End: end }] },
    },
  });
  const patroni = (seconds: number) => ({
    state: "running",
    role: "primary",
    patroni: {},
    dcs_last_seen: seconds,
  });

  test.each([
    ["docker, a check of a minute ago", container("2026-11-20T22:29:00Z"), "ready"],
    ["docker, an older one", container("2026-11-20T22:28:59.5Z"), "unknown"],
    ["docker, never checked", container("0001-01-01T00:00:00Z"), "ready"],
    ["patroni, its store seen a minute ago", patroni(AT / 1000 - 60), "ready"],
    ["patroni, its store lost since", patroni(AT / 1000 - 61), "unknown"],
  ])("%s", (_, body, state) => {
    expect(heard({ body }, { ...AUTO, at: AT, staleAfterMs: 60_000 }).state).toBe(state);
  });

  test("a status page is not stale by its last edit", () => {
    const page = { updated_at: "2020-01-01T00:00:00Z" };
    const body = { page, status: { indicator: "none" } };
    expect(heard({ body }, { ...AUTO, at: AT, staleAfterMs: 60_000 }).state).toBe("ready");
  });
});

test("a failing streak under healthy is told, not judged", () => {
  const Health = { Status: "healthy", FailingStreak: 2, Log: [{ Output: "shards 3/12\n" }] };
  const report = heard({ body: { State: { Status: "running", Running: true, Health } } });
  expect(report).toMatchObject({
    state: "ready",
    subsystems: [{ message: "failing streak 2: shards 3/12" }],
  });
});

test("a load balancer with no healthy target says that it fails open", () => {
  const TargetHealthDescriptions = [{ Target: { Id: "a", Port: 80 }, TargetHealth: { State: "unhealthy" } }];
  expect(heard({ body: { TargetHealthDescriptions } }).claims[0]?.raw).toBe("0 of 1 healthy: fails open");
});

test.each([
  ["storage.backend", "dependency"],
  ["databroker.sync.initial", "state"],
  ["xds.cluster", "state"],
  ["envoy.server", "process"],
  ["proxy.service", "process"],
  ["config.databroker.build", "policy"],
  ["routes.reachable", "policy"],
])("Pomerium's %s is of the layer %s", (name, layer) => {
  expect(heard({ body: { [name]: { status: "RUNNING" } } }).subsystems).toMatchObject([{ name, layer }]);
});
