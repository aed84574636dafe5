import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { testWith } from "../../world/tool.ts";
import { exitCodeOf, readEndpoint, type ReportOptions } from "../../../scripts/cli/report.ts";
import { waitForStatus } from "./servers/commands.ts";
import { start, testWithPackages } from "./servers/start.ts";

/** `code` is the HTTP status; `lies` is how many contradictions are named; `parts` are the subsystems. */
interface Reading {
  state: string;
  dialect: string;
  code?: number;
  confidence?: string;
  question?: string;
  parts?: Record<string, string>;
  lies?: number;
}

/** What `assay report` reads at an address, shortened to what a row names, and that its exit code fits. */
async function reading(url: string, want: Reading, options: ReportOptions = {}): Promise<Reading> {
  const said = await readEndpoint(new URL(url), { ...options, allowPrivate: true });
  const isSilent = ["unreachable", "unreadable", "unknown"].includes(said.state);
  expect([said.state, exitCodeOf(said)]).toEqual([said.state, isSilent ? 2 : 0]);
  const all: Required<Reading> = {
    state: said.state,
    dialect: said.dialect,
    code: said.httpStatus!,
    confidence: said.confidence,
    question: said.question,
    parts: Object.fromEntries(said.subsystems.map((part) => [part.name, part.state])),
    lies: said.contradictions.length,
  };
  return Object.fromEntries(Object.entries(all).filter(([key]) => key in want)) as unknown as Reading;
}

/** Where gRPC health is asked. */
const CHECK = "/grpc.health.v1.Health/Check";

type Row = [state: string, path: string, want: Reading, options?: ReportOptions];

/** The state that a real server is put into, where it is asked, and what the report must be. */
const SERVERS: Record<string, { script: string; rows: Row[] }> = {
  "@godaddy/terminus 4.12": {
    script: "terminus.ts",
    rows: [
      // The application's own answer; terminus has no word for it.
      ["starting", "/healthz", { state: "starting", dialect: "http", code: 503 }],
      ["ready", "/healthz", { state: "ready", dialect: "terminus", code: 200, parts: { db: "ready" } }],
      ["failing", "/healthz", {
        state: "not_ready",
        dialect: "terminus",
        code: 503,
        parts: { db: "not_ready" },
      }],
      // After SIGTERM it says what it says of a failure.
      ["draining", "/healthz", { state: "not_ready", dialect: "terminus", code: 503, parts: {} }],
    ],
  },
  "@nestjs/terminus 12 on NestJS 11": {
    script: "nestjs.ts",
    rows: [
      // No word for a start: an indicator is down.
      ["starting", "/health", {
        state: "not_ready",
        dialect: "nestjs",
        code: 503,
        parts: { db: "not_ready" },
      }],
      ["ready", "/health", { state: "ready", dialect: "nestjs", code: 200, parts: { db: "ready" } }],
      ["degraded", "/health", { state: "degraded", dialect: "nestjs", code: 200, parts: { db: "degraded" } }],
      ["failing", "/health", {
        state: "not_ready",
        dialect: "nestjs",
        code: 503,
        parts: { db: "not_ready" },
      }],
      ["draining", "/health", { state: "draining", dialect: "nestjs", code: 503, parts: { db: "ready" } }],
    ],
  },
  "lightship 9": {
    script: "lightship.ts",
    rows: [
      // The word for a start is the word for a failure.
      ["starting", "/health", { state: "not_ready", dialect: "lightship", code: 500 }],
      ["starting", "/live", { state: "ready", dialect: "lightship", question: "liveness" }],
      ["ready", "/health", { state: "ready", dialect: "lightship", code: 200, question: "readiness" }],
      ["failing", "/ready", { state: "not_ready", dialect: "lightship", code: 500 }],
      ["draining", "/health", { state: "draining", dialect: "lightship", code: 500 }],
      ["draining", "/live", { state: "draining", dialect: "lightship", question: "liveness" }],
    ],
  },
  "@fastify/under-pressure 9 on Fastify 5": {
    script: "under_pressure.ts",
    rows: [
      // Its status route answers 200 with the application's word, in everybody's shape.
      ["starting", "/status", { state: "starting", dialect: "http", code: 200, lies: 1 }],
      ["ready", "/status", { state: "ready", dialect: "http", code: 200, lies: 0 }],
      ["failing", "/status", { state: "not_ready", dialect: "under-pressure", code: 503 }],
      // Every route sheds load, not only the one about health.
      ["failing", "/orders", { state: "not_ready", dialect: "under-pressure", code: 503 }],
      ["draining", "/status", { state: "draining", dialect: "http", code: 200, lies: 1 }],
    ],
  },
  "@cloudnative/health-connect 2": {
    script: "cloudnative_health.ts",
    rows: [
      ["starting", "/health", {
        state: "starting",
        dialect: "microprofile",
        code: 503,
        parts: { migrations: "starting" },
      }],
      ["ready", "/health", { state: "ready", dialect: "microprofile", code: 200, parts: { db: "ready" } }],
      ["failing", "/health", {
        state: "not_ready",
        dialect: "microprofile",
        code: 503,
        parts: { db: "not_ready" },
      }],
      ["draining", "/health", {
        state: "draining",
        dialect: "microprofile",
        code: 503,
        parts: { orders: "draining" },
      }],
    ],
  },
  "express-healthcheck 0.1, beside express-actuator 1.8, whose UP is a constant": {
    script: "express.ts",
    rows: [
      ["starting", "/healthcheck", { state: "starting", dialect: "http", code: 500 }],
      ["ready", "/healthcheck", { state: "ready", dialect: "http", code: 200, confidence: "code" }],
      ["ready", "/actuator/health", { state: "ready", dialect: "spring", code: 200 }],
      ["failing", "/healthcheck", { state: "not_ready", dialect: "http", code: 500, confidence: "code" }],
      ["failing", "/actuator/health", { state: "ready", dialect: "spring", code: 200 }],
      ["draining", "/healthcheck", { state: "draining", dialect: "http", code: 500 }],
    ],
  },
  "@connectrpc/connect-node 2, gRPC health over Connect": {
    script: "connect.ts",
    rows: [
      ["starting", CHECK, {
        state: "not_ready",
        dialect: "grpc-health",
        code: 200,
        confidence: "recognised",
      }],
      ["ready", CHECK, { state: "ready", dialect: "grpc-health", code: 200, confidence: "recognised" }],
      ["partial", CHECK, { state: "ready", dialect: "grpc-health" }],
      ["partial", CHECK, { state: "not_ready", dialect: "grpc-health" }, { service: "shop.v1.Orders" }],
      ["ready", CHECK, { state: "unknown", dialect: "grpc-health", code: 404 }, { service: "shop.v1.Carts" }],
      ["failing", CHECK, { state: "not_ready", dialect: "grpc-health", code: 503 }],
      ["draining", CHECK, { state: "not_ready", dialect: "grpc-health", code: 200 }],
    ],
  },
  "@connectrpc/connect-node 2, gRPC health over gRPC-Web": {
    script: "connect.ts",
    rows: [
      ["starting", { state: "not_ready", dialect: "grpc-web", code: 200 }],
      ["ready", { state: "ready", dialect: "grpc-web", code: 200 }],
      // An error is 200 as well.
      ["failing", { state: "not_ready", dialect: "grpc-web", code: 200 }],
      ["draining", { state: "not_ready", dialect: "grpc-web", code: 200 }],
    ].map(([state, want]) => [state, CHECK, want, { dialect: "grpc-web" }] as Row),
  },
  "@grpc/grpc-js 1.14 with grpc-health-check 2, HTTP/2 alone, which fetch does not speak in clear": {
    script: "grpc_js.ts",
    rows: [
      ["ready", CHECK, { state: "unreachable", dialect: "grpc-health" }, { dialect: "grpc-health" }],
      ["failing", CHECK, { state: "unreachable", dialect: "grpc-health" }, { dialect: "grpc-health" }],
    ],
  },
};

const testReal = testWithPackages();

describe("a real server, put into each state and read by `assay report`", () => {
  for (const [name, { script, rows }] of Object.entries(SERVERS)) {
    testReal(name, async () => {
      const server = await start(script);
      try {
        for (const [state, path, want, options] of rows) {
          await server.become(state);
          expect([state, await reading(server.url + path, want, options)]).toEqual([state, want]);
        }
      } finally {
        await server.stop();
      }
    }, 120_000);
  }

  testWith("haproxy", "apt-get install haproxy")("HAProxy: statistics and monitor-uri", async () => {
    const proxy = await haproxy();
    try {
      for (const [command, state, code] of BALANCED) {
        for (const server of ["one", "two"]) await proxy.tell(`set server shop/${server} ${command}`);
        const lb = { state, dialect: "haproxy", question: "lb", parts: { shop: state } };
        for (const form of ["csv", "json"]) {
          expect([command, await reading(`${proxy.url}/stats;${form}`, lb)]).toEqual([command, lb]);
        }
        // A monitor says only yes or no: its yes is a page of HAProxy's own, its no the page of any request.
        const monitor = code === 200
          ? { state: "ready", dialect: "haproxy", code, confidence: "recognised" }
          : { state: "not_ready", dialect: "http", code, confidence: "code" };
        expect([command, await reading(`${proxy.url}/ready`, monitor)]).toEqual([command, monitor]);
      }
      await proxy.tell("set server shop/one health up");
      // One of two is enough: the backend still takes requests.
      const half = { state: "ready", dialect: "haproxy", parts: { shop: "ready" } };
      expect(await reading(`${proxy.url}/stats;csv`, half)).toEqual(half);
    } finally {
      await proxy.stop();
    }
  }, 120_000);
});

/** What both servers of the backend are told over the administration socket. */
const BALANCED: [command: string, state: string, monitor: number][] = [
  ["health up", "ready", 200],
  ["state drain", "draining", 503],
  ["state maint", "draining", 503],
  ["state ready", "ready", 200],
  ["health down", "not_ready", 503],
];

async function haproxy() {
  const folder = mkdtempSync(join(tmpdir(), "assay-"));
  const file = join(folder, "haproxy.cfg");
  const socket = join(folder, "admin.sock");
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  writeFileSync(
    file,
    `global
  stats socket ${socket} level admin
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:${port}
  stats enable
  stats uri /stats
  monitor-uri /ready
  monitor fail if { nbsrv(shop) lt 1 }
  default_backend shop
backend shop
  server one 127.0.0.1:9 check inter 1h
  server two 127.0.0.1:9 check inter 1h
`,
  );
  const child = new Deno.Command("haproxy", {
    args: ["-db", "-q", "-f", file],
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  const url = `http://127.0.0.1:${port}`;
  await waitForStatus(`${url}/stats`, 200);
  return {
    url,
    /** Sends one line to the administration socket and waits for its end. */
    tell: (line: string) =>
      new Promise<void>((resolve, reject) => {
        connect(socket).on("error", reject).on("close", () => resolve()).resume().end(`${line}\n`);
      }),
    async stop() {
      child.kill("SIGKILL");
      await child.status;
      rmSync(folder, { recursive: true });
    },
  };
}
