import { describe, expect, test } from "vitest";
import { answerOf } from "../../../../src/base/http/answer.ts";
import { FILES } from "../../../../functions/deno/files.ts";
import { api } from "../../../../src/web/app.ts";
import { publicFields } from "../../../../src/web/api/views/redact.ts";
import { deliver } from "../../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../../src/engine/notify/sinks/mod.ts";
import { remoteProber } from "../../../../src/engine/prober/remote.ts";
import { DIALECTS } from "../../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../../../src/engine/prober/local.ts";
import { settler } from "../../../../src/engine/settler/settler.ts";
import { memoryStore } from "../../../../src/storage/memory.ts";
import type { Store } from "../../../../src/storage/store.ts";
import { START, type TestEnv, testEnv } from "../../../world/test_env.ts";
import { hashOf } from "../token_fixture.ts";
import { PUBLIC } from "../public_requests.ts";

const MINUTE = 60_000;
/** Part of every text of config, environment and evidence that is none of the public's business. */
const MARK = "m4rk";

const ENV = {
  M4RK_TOKEN: "m4rk-operator-key",
  M4RK_PROBER: "m4rk-prober-key",
  M4RK_URL: "https://m4rk-host.example/m4rk-tenant",
  M4RK_KEY: "m4rk-shop-key",
  M4RK_HOOK: "https://m4rk-hooks.example/m4rk-path",
  M4RK_SECRET: `whsec_${btoa("m4rk m4rk m4rk m4rk m4rk m4rk")}`,
};

const TEXT = `
version: 1
# Where Assay itself is reached is no secret.
publicUrl: https://assay.example
api:
  token: "\${env:M4RK_TOKEN}"
  tokens: [{ id: m4rk-ci, hash: "${hashOf("assay_m4rk")}", scopes: [read], targets: ["shop*"] }]
controls: [https://m4rk-control.example/]
regions:
  - { id: m4rkeu, probers: [{ id: m4rk-fra }] }
  - { id: m4rkus, probers: [{ id: m4rk-iad, url: https://m4rk-iad.example, token: "\${env:M4RK_PROBER}" }] }
defaults: { failureThreshold: 1, quorum: { open: any, resolve: majority, minReporting: 1 } }
targets:
  - id: shop
    name: The shop
    url: "\${env:M4RK_URL}"
    labels: { m4rk-team: m4rk-owner }
    checks:
      - id: m4rk-orders
        contract: An m4rk order is kept.
        report: { path: /m4rk-readyz, headers: { x-m4rk: "\${env:M4RK_KEY}" } }
        journey:
          - name: m4rk place
            request: { method: POST, path: /m4rk-orders, query: { m4rk: "1" }, headers: { x-m4rk: m4rk }, json: { m4rk: m4rk } }
            expect: ["body.m4rk == 'm4rk'", status == 201]
            capture: { m4rk: body.id }
          - { name: m4rk read, request: { path: "/m4rk/{{ captures.m4rk }}" }, expect: status == 200 }
        cleanup:
          - { name: m4rk undo, request: { method: DELETE, path: /m4rk }, expect: status == 204 }
webhooks: [{ id: m4rk-ops, url: "\${env:M4RK_HOOK}", secret: "\${env:M4RK_SECRET}" }]
`;

/** A service that says it is ready, in many words, and then fails in as many. */
function service(url: URL): Response {
  if (!url.pathname.endsWith("readyz")) {
    return Response.json({ m4rk: "m4rk is broken", trace: "at m4rk.js:1" }, { status: 500 });
  }
  const components = { "m4rk-db": { status: "DOWN", details: { version: "m4rk-1.2.3" } } };
  return new Response(JSON.stringify({ status: "UP", components, version: "m4rk-1.2.3" }), {
    headers: { "content-type": "application/vnd.spring-boot.actuator.v3+json" },
  });
}

/** Two settled minutes of that, a notice that failed, and the API over it. */
async function marked() {
  const store = memoryStore();
  const own = await testEnv(TEXT, { env: ENV });
  const fetch: TestEnv["ports"]["fetch"] = (url) => {
    if (url.hostname === "m4rk-iad.example") return Promise.reject(new Error("m4rk refused"));
    if (url.hostname === "m4rk-control.example") return Promise.resolve(answerOf(new Response("fine")));
    if (url.hostname === "m4rk-hooks.example") {
      return Promise.resolve(answerOf(new Response("m4rk", { status: 500 })));
    }
    return Promise.resolve(answerOf(service(url)));
  };
  const ports = { ...own.ports, fetch };
  const { config } = own;
  const here = localProber(ports, {
    id: "m4rk-fra",
    region: "m4rkeu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  });
  const far = remoteProber(ports, {
    id: "m4rk-iad",
    url: "https://m4rk-iad.example",
    token: "${env:M4RK_PROBER}",
  });
  const { tick } = settler({ ports, store, config, probers: [here, far], owner: "m4rk-owner" });
  for (let minute = 0; minute < 2; minute++) {
    const ticked = tick(START + minute * MINUTE);
    await own.clock.advance(MINUTE);
    await ticked;
  }
  await deliver(ports, store, config, { sinks: SINKS });
  return { ...own, ports, store };
}

/** A store that fails at whatever it is asked, and says a lot. */
const broken = () =>
  new Proxy({}, {
    get: () => () => Promise.reject(new Error("m4rk: cannot reach m4rk-redis.example as m4rk-user")),
  }) as Store;

/** Status, headers and body as one text. A stream of events is heard until it is closed, which takes less than an hour. */
async function shown(answer: Response, { clock }: TestEnv): Promise<string> {
  const body = answer.text();
  if (answer.headers.get("content-type") === "text/event-stream") await clock.advance(60 * MINUTE);
  return [answer.status, ...[...answer.headers].map((pair) => pair.join(": ")), await body].join("\n");
}

describe.each<[string, (store: Store) => Store]>([
  ["what was settled", (store) => store],
  ["a store that fails", broken],
])("without a token, over %s,", (_, storeOf) => {
  test.each(PUBLIC.map((request) => [`${request.method ?? "GET"} ${request.path}`, request] as const))(
    "%s tells nothing internal",
    async (_, { path, ...init }) => {
      const own = await marked();
      const app = api({ ...own, files: FILES, store: storeOf(own.store) });
      const text = await shown(await app.request(path, init), own);
      expect(text.toLowerCase()).not.toContain(MARK);
      // Names of variables are capitals, and secrets may stand encoded.
      expect(text).not.toContain(btoa(MARK).slice(0, 5));
    },
  );
});

test("the marks are where they could leak from: whoever has the token sees them", async () => {
  const { ports, config, store } = await marked();
  const app = api({ ports, config, store });
  const headers = { authorization: `Bearer ${ENV.M4RK_TOKEN}` };
  const texts = await Promise.all(
    ["/v1/status", "/v1/incidents", "/v1/deliveries", "/v1/tokens"].map(async (path) =>
      await (await app.request(path, { headers })).text()
    ),
  );
  const kinds = [
    ["region", "m4rkeu"],
    ["prober", "m4rk-iad"],
    ["check", "m4rk-orders"],
    ["contract", "An m4rk order"],
    ["label", "m4rk-owner"],
    ["step", "m4rk place"],
    ["expression", "body.m4rk"],
    ["subsystem", "m4rk-db"],
    ["webhook", "m4rk-ops"],
    ["token", "m4rk-ci"],
    ["request", "/m4rk-orders?m4rk=1"],
    ["answer", "at m4rk.js:1"],
  ];
  const missing = kinds.filter(([, text]) => !texts.join("\n").includes(text!));
  expect(missing).toEqual([]);
});

test("a field that is not named is not told, at any depth", () => {
  const target = { id: "shop", name: "Shop", status: "ready", evidenceAgeMs: 1, url: "https://m4rk.example" };
  const whole = {
    at: "now",
    status: "ready",
    regions: ["eu"],
    targets: [{ ...target, checks: [{ id: "read" }] }],
  };
  expect(publicFields("status", whole)).toEqual({
    at: "now",
    status: "ready",
    targets: [{ id: "shop", name: "Shop", status: "ready", evidenceAgeMs: 1 }],
  });
});
