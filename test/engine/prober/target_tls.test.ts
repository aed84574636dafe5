import { expect, test } from "vitest";
import type { Fetch, TlsSettings } from "../../../src/base/ports.ts";
import { localProber } from "../../../src/engine/prober/local.ts";
import { DIALECTS } from "../../../src/evidence/report/mod.ts";
import { STEP_KINDS } from "../../../src/evidence/probe/steps/mod.ts";
import { START, testEnv } from "../../world/test_env.ts";

const CONFIG = `
version: 1
targets:
  - id: shop
    url: https://shop.example
    tls: { cert: "\${env:CERT}", key: "\${env:KEY}", serverName: shop.internal }
    checks:
      - report: [{ name: own, path: /readyz }, { name: page, url: https://status.example/api }]
        journey:
          - { request: { path: /orders }, expect: status == 200 }
          - { request: { path: /moved }, expect: status == 200 }
          - { request: { path: "https://mail.example/inbox" }, expect: status == 200 }
        cleanup: [{ request: { path: /orders/1 }, expect: status == 200 }]
`;
const CERT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
const KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";

test("every request to the target's origin has its TLS settings, and no request to another has", async () => {
  const home = await testEnv(CONFIG, {
    env: { CERT, KEY },
    routes: {
      "GET https://shop.example/moved": { status: 302, headers: { location: "https://cdn.example/moved" } },
      "GET https://cdn.example/moved": {},
      "GET https://shop.example/orders": {},
      "GET https://shop.example/orders/1": {},
      "GET https://mail.example/inbox": {},
    },
  });
  const seen: Record<string, TlsSettings | undefined> = {};
  const fetch: Fetch = (url, outgoing) => {
    seen[url.href] = outgoing.tls;
    return home.ports.fetch(url, outgoing);
  };
  const options = {
    id: "home",
    region: "eu",
    dialects: DIALECTS,
    steps: STEP_KINDS,
    concurrency: 5,
    controls: [],
  };
  const { checks } = home.config;
  const reply = await localProber({ ...home.ports, fetch }, options).ask({
    slot: START,
    checks,
    deadlineMs: 50_000,
  });
  expect(reply.answers).toMatchObject([{ round: { observation: { outcome: "pass" } } }]);
  const own = { cert: CERT, key: KEY, serverName: "shop.internal" };
  expect(seen).toEqual({
    "https://shop.example/readyz": own,
    "https://shop.example/orders": own,
    "https://shop.example/moved": own,
    "https://shop.example/orders/1": own,
    "https://status.example/api": undefined,
    "https://cdn.example/moved": undefined,
    "https://mail.example/inbox": undefined,
  });
});
