import { expect, test } from "vitest";
import { answerOf } from "../../../src/base/http/answer.ts";
import { api } from "../../../src/web/app.ts";
import { deliver } from "../../../src/engine/notify/mod.ts";
import { SINKS } from "../../../src/engine/notify/sinks/mod.ts";
import { remoteProber } from "../../../src/engine/prober/remote.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { settler } from "../../../src/engine/settler/settler.ts";
import { memoryStore } from "../../../src/storage/memory.ts";
import type { SeenRequest } from "../../world/network.ts";
import { START, type TestEnv, testEnv } from "../../world/test_env.ts";

const MINUTE = 60_000;

const ENV = {
  ASSAY_TOKEN: "operator-key-1a2b3c4d",
  PROBER_TOKEN: "prober-key-5e6f7a8b",
  SHOP_URL: "https://shop-9c0d.example/tenant-77e8",
  SHOP_KEY: 'shop key "&/\u00fc 2c3d4e5f',
  REPORT_KEY: "report-key-6a7b8c9d",
  HOOK_URL: "https://hooks.example/T0A1B2C3/path-is-the-secret",
  HOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};

const TEXT = `
version: 1
api: { token: "\${env:ASSAY_TOKEN}" }
regions:
  - { id: eu, probers: [{ id: fra }] }
  - { id: us, probers: [{ id: iad, url: https://iad.example, token: "\${env:PROBER_TOKEN}" }] }
defaults: { failureThreshold: 1, quorum: { open: any, resolve: majority, minReporting: 1 } }
targets:
  - id: shop
    url: "\${env:SHOP_URL}"
    checks:
      - id: echo
        report: { path: /readyz, headers: { x-key: "\${env:REPORT_KEY}" } }
        journey:
          - name: log in
            request: { method: POST, path: /login, query: { key: "\${env:SHOP_KEY}" }, form: { key: "\${env:SHOP_KEY}" } }
            expect: [status == 200, "body.headers['x-key'] != '' && text == headers['x-echo'] && body.state == 'open'"]
        cleanup:
          - { name: log out, request: { method: POST, path: /logout, json: { key: "\${env:SHOP_KEY}" } }, expect: text == 'bye' }
      - id: capture
        journey:
          - { request: { headers: { x-key: "\${env:REPORT_KEY}" } }, expect: status == 200, capture: { key: body.key } }
          - { name: use, request: { path: "/{{ captures.key }}" }, expect: "text == captures.key" }
      - id: broken
        journey: [{ request: { path: "/broken?key=\${env:SHOP_KEY}" }, expect: status == 200 }]
webhooks: [{ id: ops, url: "\${env:HOOK_URL}", secret: "\${env:HOOK_SECRET}" }]
`;

/** All that was asked, thrown back in body and header: what an error page of a framework in debug mode shows. */
function echo({ method, url, headers, body }: SeenRequest) {
  const status = url.endsWith("/readyz") ? 503 : 200;
  const components = { [`db ${ENV.REPORT_KEY}`]: { status: "DOWN" } };
  const all = {
    status: "DOWN",
    components,
    state: "closed",
    key: ENV.SHOP_KEY,
    env: ENV,
    method,
    url,
    headers,
    body,
  };
  return { status, headers: { "x-echo": encodeURIComponent(JSON.stringify(headers) + body) }, json: all };
}

/** A local and a remote prober, a settler and the API, over a target that echoes. */
async function leaky() {
  const store = memoryStore();
  const own = await testEnv(TEXT, { env: ENV });
  const fetch: TestEnv["ports"]["fetch"] = async (url, outgoing) => {
    if (url.hostname === "iad.example") throw new Error(`no route for ${JSON.stringify(outgoing.headers)}`);
    if (url.pathname.endsWith("/broken")) throw new TypeError(`cannot ask ${url} with key ${ENV.SHOP_KEY}`);
    const body = String(outgoing.body ?? "");
    const seen = { method: outgoing.method, url: url.href, headers: outgoing.headers, body };
    if (url.hostname === "hooks.example") {
      return await Promise.resolve(answerOf(new Response(ENV.HOOK_URL, { status: 500 })));
    }
    const { json, ...init } = echo(seen);
    return answerOf(new Response(JSON.stringify(json), init));
  };
  const ports = { ...own.ports, fetch };
  const { config } = own;
  const options = { region: "eu", dialects: DIALECTS, steps: STEP_KINDS, concurrency: 5, controls: [] };
  const probers = [
    localProber(ports, { ...options, id: "fra" }),
    remoteProber(ports, { id: "iad", url: "https://iad.example", token: "${env:PROBER_TOKEN}" }),
  ];
  const { tick } = settler({ ports, store, config, probers, owner: "a" });
  for (let minute = 0; minute < 2; minute++) {
    const ticked = tick(START + minute * MINUTE);
    await own.clock.advance(MINUTE);
    await ticked;
  }
  await deliver(ports, store, config, { sinks: SINKS });
  return { ...own, ports, store, app: api({ ports, config, store }) };
}

/** What a value looks like in a text, in a URL, in a form and in JSON; and its ends, for texts that were cut or escaped twice. */
function traces(value: string): string[] {
  const form = new URLSearchParams([["", value]]).toString().slice(1);
  const whole = [
    value,
    encodeURIComponent(value),
    encodeURI(value),
    form,
    JSON.stringify(value).slice(1, -1),
  ];
  // Of a URL the origin may be shown.
  const start = value.startsWith("https:") ? value : value.slice(0, Math.ceil(value.length / 2));
  return [...whole, start, value.slice(-8)];
}

test("no secret is in the store, in any answer of the API, in a notice or in the log", async () => {
  const { store, app, log } = await leaky();
  const call = async (path: string, token: string | null) => {
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
    return await (await app.request(path, { headers })).text();
  };
  const { items: incidents } = await store.listIncidents({ limit: 200 });
  const { items: deliveries } = await store.listDeliveries({ limit: 200 });
  const paths = [
    "/v1/status",
    "/v1/targets/shop",
    "/v1/incidents",
    "/v1/deliveries",
    "/readyz",
    "/startupz",
    "/v1/none",
  ];
  const ids = incidents.map(({ id }) => `/v1/incidents/${id}`);
  const shown = {
    shards: JSON.stringify(await store.readShards("all")),
    samples: JSON.stringify(await store.readSamples({ shard: 0, from: 0, to: START + 60 * MINUTE })),
    incidents: JSON.stringify(incidents),
    outbox: JSON.stringify(deliveries),
    log: JSON.stringify(log),
    api: (await Promise.all(
      [...paths, ...ids].flatMap((
        path,
      ) => [call(path, ENV.ASSAY_TOKEN), call(path, null), call(path, "no")]),
    )).join("\n"),
  };
  // The evidence is there: each of these checks failed, and says of what.
  for (const found of ["db ***", "headers['x-key']", "text == captures.key", "cannot ask", "no route for"]) {
    expect(shown.shards).toContain(found);
  }
  expect([incidents.length, deliveries.length]).toEqual([3, 3]);
  expect(deliveries[0]).toMatchObject({ attempts: 1, lastStatus: 500 });
  for (const [place, text] of Object.entries(shown)) {
    for (const [name, value] of Object.entries(ENV)) {
      for (const trace of traces(value)) {
        expect(text.includes(trace), `${trace} of ${name} stands in the ${place}`).toBe(false);
      }
    }
  }
});
