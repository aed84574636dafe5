import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { KINDS } from "../../../../functions/deno/kinds.ts";
import { IMPORTERS } from "../../../../scripts/cli/import.ts";
import { words } from "../../../../scripts/cli/import/curl.ts";
import { SecretNames } from "../../../../scripts/cli/import/draft.ts";
import { writeConfig } from "../../../../scripts/cli/import/write.ts";
import { load } from "../../../../src/config/mod.ts";

/** What is written for a source, as a valid config and as text, with its remarks and secrets. */
async function imported(kind: string, ...texts: string[]) {
  const secrets = new SecretNames();
  const all = IMPORTERS[kind]!(texts, secrets);
  const text = writeConfig(all, kind);
  if (all.checks.length > 0) await load({ kind: "yaml", text }, { kinds: KINDS });
  const remarks = [...all.remarks, ...all.checks.flatMap(({ remarks }) => remarks)];
  const said = remarks.map(({ kind, at, text }) => `${kind} ${at}: ${text}`);
  for (const { at } of remarks) {
    if (all.checks.length > 0) expect(text).toContain(at.replace(/\s*\n\s*/g, " "));
  }
  return { text, targets: all.checks.length > 0 ? parse(text).targets : [], said, secrets: secrets.values };
}

describe("curl", () => {
  test("a command as a browser copies it", async () => {
    const { targets, said, secrets } = await imported(
      "curl",
      `curl 'https://shop.example/orders?a=b' \\
  -X POST -H 'Content-Type: application/json' -H 'Authorization: Bearer s3cr3t-token' \\
  --data-raw $'{"sku":"it\\'s"}' --compressed -sS -m 5 -k --proxy http://p:1`,
    );
    expect(targets).toMatchObject([{
      url: "https://shop.example",
      checks: [{
        journey: [{
          request: {
            method: "POST",
            path: "/orders?a=b",
            headers: {
              "Content-Type": "application/json",
              Authorization: "Bearer ${env:CURL_AUTHORIZATION}",
            },
            json: { sku: "it's" },
          },
          redirects: 0,
          timeout: "5000ms",
        }],
      }],
    }]);
    expect([...secrets]).toEqual([["CURL_AUTHORIZATION", "s3cr3t-token"]]);
    expect(said).toHaveLength(2);
  });

  test.each<[string, object]>([
    ["curl shop.example", { request: { path: "/" }, redirects: 0 }],
    ["curl -L https://a.example/x", { redirects: 5 }],
    ["curl -u me:pass https://a.example", {
      auth: { basic: { user: "me", password: "${env:CURL_PASSWORD}" } },
    }],
    ["curl -G -d a=1 --data-urlencode 'b=x y' https://a.example/s", { request: { path: "/s?a=1&b=x%20y" } }],
    ["curl -d a=1 -d b=2 https://a.example", { request: { method: "POST", raw: "a=1&b=2" } }],
    ["curl -F a=1 https://a.example", { request: { method: "POST", multipart: { a: "1" } } }],
    ["curl -I https://a.example", { request: { method: "HEAD" } }],
    ["curl -fsSL https://a.example", { redirects: 5, expect: ["status < 400"] }],
    ["curl --json '{\"a\":1}' https://a.example", { request: { json: { a: 1 } } }],
  ])("%s", async (command, step) => {
    expect((await imported("curl", command)).targets[0].checks[0].journey[0]).toMatchObject(step);
  });

  test("a health path becomes the report, and asks for a journey", async () => {
    const { targets, said } = await imported("curl", "curl https://a.example/healthz");
    expect(targets[0].checks[0].report).toEqual({ path: "/healthz" });
    expect(said).toEqual([expect.stringContaining("write a journey")]);
  });

  test.each<[string, string[]]>([
    [`a "b c" 'd"e' f\\ g`, ["a", "b c", `d"e`, "f g"]],
    [`a\\\n b`, ["a", "b"]],
    [`"a\\"b" $'c\\n\\u0041'`, [`a"b`, "c\nA"]],
    [`''`, [""]],
  ])("the words of %j", (text, expected) => expect(words(text)).toEqual(expected));
});

test("Gatus: endpoints, suites, secrets, and every key that is lost", async () => {
  const { targets, said, secrets } = await imported(
    "gatus",
    `
storage: { type: sqlite }
endpoints:
  - name: front-end
    group: core
    url: "https://shop.example/health"
    interval: 5m
    headers: { Authorization: "Bearer \${TOKEN}", X-Api-Key: abc123secret }
    client: { timeout: 5s, insecure: true, ignore-redirect: true }
    conditions: ["[STATUS] == 200", "[CERTIFICATE_EXPIRATION] > 48h"]
    alerts: [{ type: slack, failure-threshold: 5 }]
    ui: { hide-url: true }
  - { name: ping, url: "icmp://8.8.8.8", conditions: ["[CONNECTED] == true"] }
  - { name: off, enabled: false, url: https://off.example, conditions: [] }
suites:
  - name: buy
    endpoints:
      - { name: create, url: https://shop.example/cart, method: POST, body: "{}", conditions: ["[STATUS] == 201"], store: { cart: "[BODY].id" } }
      - { name: read, url: "https://shop.example/cart/[CONTEXT].cart", conditions: ["[BODY].id == [CONTEXT].cart"] }
      - { name: drop, url: "https://shop.example/cart/[CONTEXT].cart", method: DELETE, always-run: true, conditions: ["[STATUS] == 204"] }
`,
  );
  const checks = targets.flatMap(({ checks }: { checks: object[] }) => checks);
  expect(checks[0]).toMatchObject({
    every: "5m",
    failureThreshold: 5,
    report: { path: "/health" },
    journey: [{
      redirects: 0,
      timeout: "5s",
      request: {
        headers: { Authorization: "Bearer ${env:TOKEN}", "X-Api-Key": "${env:FRONT_END_X_API_KEY}" },
      },
      expect: ["status == 200", "certificate.daysLeft > 2"],
    }],
  });
  expect(checks[1]).toMatchObject({
    journey: [{ capture: { cart: "body.id" } }, { request: { path: "/cart/{{ captures.cart }}" } }],
    cleanup: [{ request: { method: "DELETE" } }],
  });
  expect([...secrets]).toEqual([["FRONT_END_X_API_KEY", "abc123secret"]]);
  for (
    const lost of ["config.storage", "endpoints[1] ping", "endpoints[2] off", "endpoints[0].client.insecure"]
  ) {
    expect(said.join("\n")).toContain(`lost ${lost}`);
  }
});

describe("connections that are no requests over HTTP", () => {
  test.each<[name: string, endpoint: object, url: string, step: object]>([
    [
      "tcp",
      { url: "tcp://db.example:5432", conditions: ["[CONNECTED] == true", "[RESPONSE_TIME] < 100"] },
      "https://db.example",
      { tcp: { host: "db.example", port: 5432 }, expect: ["connected", "durationMs < 100"] },
    ],
    [
      "tcp that says something",
      { url: "tcp://cache.example:6379", body: "PING\r\n", conditions: ["[BODY] == pat(+PONG*)"] },
      "https://cache.example",
      { tcp: { send: "PING\r\n" }, expect: ["size(text) > 0", "text.matches('(?s)^\\\\+PONG.*$')"] },
    ],
    [
      "tls",
      {
        url: "tls://mail.example:993",
        client: { timeout: "5s", insecure: true },
        conditions: ["[CERTIFICATE_EXPIRATION] > 48h"],
      },
      "https://mail.example",
      { tls: { port: 993, verify: false }, timeout: "5s", expect: ["daysLeft > 2.0"] },
    ],
    [
      "dns",
      {
        url: "8.8.8.8",
        dns: { "query-name": "shop.example.", "query-type": "MX" },
        conditions: ["[BODY] == mail.shop.example.", "[DNS_RCODE] == NOERROR"],
      },
      "https://8.8.8.8",
      {
        dns: { name: "shop.example", type: "MX", server: "8.8.8.8" },
        expect: ["records.exists(r, r.matches('(?s)^.* mail\\\\.shop\\\\.example$'))", "rcode == 'NOERROR'"],
      },
    ],
    [
      "grpc",
      {
        url: "grpcs://shop.example:443",
        client: { timeout: "5s" },
        conditions: ["[CONNECTED] == true", "[BODY].status == SERVING", "[RESPONSE_TIME] < 300"],
      },
      "https://shop.example",
      {
        grpc: {},
        timeout: "5s",
        expect: ["status == 'OK'", "message.status == 'SERVING'", "durationMs < 300"],
      },
    ],
    [
      "websocket",
      {
        url: "wss://shop.example/live",
        body: "hi",
        conditions: ["[CONNECTED] == true", "[BODY].ok == true"],
      },
      "https://shop.example",
      {
        websocket: { send: "hi" },
        request: { path: "/live" },
        expect: ["size(messages) > 0", "body.ok == true"],
      },
    ],
  ])("Gatus: %s", async (name, endpoint, url, step) => {
    const { targets, said } = await imported("gatus", JSON.stringify({ endpoints: [{ name, ...endpoint }] }));
    expect(targets).toMatchObject([{ url, checks: [{ journey: [step] }] }]);
    expect(said.filter((line) => line.startsWith("lost"))).toEqual([]);
  });

  test.each<[string, { timeout?: string }, string[]]>([
    ["5s", { timeout: "5s" }, []],
    ["10s", { timeout: undefined }, []],
    ["30s", { timeout: undefined }, [
      "approximated endpoints[0].client.timeout: times out after 10 s, not 30: the check's timeout can be up to 45s",
    ]],
  ])("Gatus: a timeout of %s", async (timeout, step, remarks) => {
    for (const url of ["https://shop.example/", "tcp://db.example:5432", "grpc://shop.example:50051"]) {
      const endpoints = [{ name: "shop", url, client: { timeout }, conditions: ["[CONNECTED] == true"] }];
      const { targets, said } = await imported("gatus", JSON.stringify({ endpoints }));
      expect(targets[0].checks[0].journey[0].timeout).toBe(step.timeout);
      expect(said.filter((line) => line.includes("timeout"))).toEqual(remarks);
    }
  });

  test.each<[string, object, string]>([
    ["STARTTLS", { url: "starttls://mail.example:587" }, "there is no STARTTLS"],
    [
      "a reverse query",
      { url: "8.8.8.8", dns: { "query-name": "192.0.2.1", "query-type": "PTR" } },
      "cannot ask for PTR",
    ],
    ["a tcp address without a port", { url: "tcp://db.example" }, "no port"],
    ["SSH", { url: "ssh://db.example:22" }, "there is no step for ssh"],
    ["JSON over tcp", { url: "tcp://db.example:1", conditions: ["[BODY].a == 1"] }, "of this kind has no"],
    [
      "the status of a tls handshake",
      { url: "tls://db.example:1", conditions: ["[STATUS] == 200"] },
      "of this kind has no",
    ],
  ])("Gatus: %s is lost, and said", async (name, endpoint, why) => {
    const { said } = await imported("gatus", JSON.stringify({ endpoints: [{ name, ...endpoint }] }));
    expect(said).toEqual([expect.stringMatching(new RegExp(`^lost .*${why}`))]);
  });

  test.each<[string, object, object]>([
    ["port", { hostname: "db.example", port: 5432 }, {
      tcp: { host: "db.example", port: 5432 },
      expect: ["connected"],
    }],
    [
      "dns",
      {
        hostname: "shop.example",
        port: 53,
        dns_resolve_server: "10.0.0.53",
        dns_resolve_type: "AAAA",
        conditions: "[]",
      },
      { dns: { name: "shop.example", type: "AAAA", server: "10.0.0.53:53" }, expect: ["size(records) > 0"] },
    ],
    ["websocket-upgrade", { url: "wss://shop.example/live", ws_subprotocol: "mqtt, soap" }, {
      websocket: { messages: 0, protocols: ["mqtt", "soap"] },
      request: { path: "/live" },
    }],
  ])("Uptime Kuma: %s", async (type, fields, step) => {
    const monitor = {
      id: 1,
      name: type,
      type,
      active: 1,
      interval: 30,
      maxretries: 0,
      method: "GET",
      ...fields,
    };
    const { targets, said } = await imported("uptime-kuma", JSON.stringify([monitor]));
    expect(targets).toMatchObject([{ checks: [{ every: "30s", journey: [step] }] }]);
    expect(said).toEqual([]);
  });

  test("Uptime Kuma: of several resolvers one is asked, and by UDP; both are said", async () => {
    const monitor = { id: 1, name: "dns", type: "dns", hostname: "shop.example", interval: 60 };
    const { targets, said } = await imported(
      "uptime-kuma",
      JSON.stringify([{ ...monitor, dns_resolve_server: "1.1.1.1,8.8.8.8", dns_transport: "TCP" }]),
    );
    expect(targets).toMatchObject([{ checks: [{ journey: [{ dns: { server: "1.1.1.1:53" } }] }] }]);
    expect(said).toEqual([
      expect.stringMatching(/^approximated .*dns_resolve_server.*asks only 1\.1\.1\.1/),
      expect.stringMatching(/^approximated .*dns_transport.*uses UDP, not TCP/),
    ]);
  });

  test.each<[string, object, string]>([
    ["dns", { hostname: "shop.example", dns_resolve_type: "SOA" }, "cannot ask for SOA records"],
    ["port", { hostname: "", port: 1 }, "no host and port"],
    ["mqtt", { hostname: "a.example" }, "there is no step for mqtt"],
    ["port", { hostname: "a.example", port: 1, upsideDown: true }, "never passes"],
    ["port", { hostname: "a.example", port: 1, conditions: '[{"a":1}]' }, "as expect"],
  ])("Uptime Kuma: %s of %j is lost, and said", async (type, fields, why) => {
    const { said } = await imported("uptime-kuma", JSON.stringify([{ id: 1, name: type, type, ...fields }]));
    expect(said).toEqual([expect.stringContaining(why)]);
  });
});

test("Uptime Kuma: status ranges, keywords, JSON queries, and kinds that are lost by name", async () => {
  const monitor = (more: object) => ({
    active: true,
    interval: 60,
    maxretries: 1,
    accepted_statuscodes: ["200-299"],
    ...more,
  });
  const { targets, said } = await imported(
    "uptime-kuma",
    JSON.stringify({
      version: "1.23.0",
      monitorList: [
        monitor({ id: 1, name: "Shop", type: "group" }),
        monitor({
          id: 2,
          name: "home",
          type: "keyword",
          url: "https://shop.example/",
          keyword: "Wel'come",
          parent: 1,
        }),
        monitor({
          id: 3,
          name: "api",
          type: "json-query",
          url: "https://shop.example/api",
          jsonPath: "data.items[0].id",
          expectedValue: "7",
          accepted_statuscodes: ["200-299", "304"],
        }),
        monitor({
          id: 4,
          name: "odd",
          type: "json-query",
          url: "https://shop.example/api",
          jsonPath: "$sum(items)",
          expectedValue: "7",
        }),
        monitor({ id: 5, name: "ping", type: "ping", hostname: "10.0.0.1" }),
        monitor({ id: 6, name: "paused", type: "http", url: "https://shop.example", active: false }),
      ],
    }),
  );
  const checks = targets.flatMap(({ checks }: { checks: object[] }) => checks);
  expect(targets[0].labels).toEqual({ group: "Shop" });
  expect(checks).toMatchObject([
    {
      every: "60s",
      failureThreshold: 2,
      journey: [{ expect: ["status >= 200 && status <= 299", "text.contains('Wel\\'come')"] }],
    },
    {
      journey: [{
        expect: ["(status >= 200 && status <= 299) || (status == 304)", "body.data.items[0].id == 7"],
      }],
    },
    {},
  ]);
  expect(said.join("\n")).toMatch(/lost monitor odd\.jsonPath.*[\s\S]*|lost monitor ping/);
  expect(said.filter((line) => /^lost monitor (ping|paused|odd\.jsonPath)/.test(line))).toHaveLength(3);
});

describe("Kubernetes", () => {
  const manifest = (readiness: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: prod }
spec:
  template:
    metadata: { labels: { app: shop } }
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: web
          readinessProbe: ${readiness}
          startupProbe: { httpGet: { path: /x }, periodSeconds: 5, failureThreshold: 30 }
          livenessProbe: { httpGet: { path: /livez } }
---
kind: Service
metadata: { name: shop-svc }
spec: { selector: { app: shop } }
---
kind: Ingress
metadata: { name: shop }
spec:
  tls: [{ hosts: [shop.example] }]
  rules: [{ host: shop.example, http: { paths: [{ path: /, backend: { service: { name: shop-svc } } }] } }]
`;

  test("a readiness probe is the report of what an Ingress makes public", async () => {
    const { targets, said } = await imported(
      "kubernetes",
      manifest(
        "{ httpGet: { path: /readyz, port: 8080, httpHeaders: [{ name: Cookie, value: s=abcdef }] }, timeoutSeconds: 3 }",
      ),
    );
    expect(targets).toMatchObject([{
      url: "https://shop.example",
      labels: { namespace: "prod" },
      checks: [{
        report: { path: "/readyz", headers: { Cookie: "${env:SHOP_COOKIE}" }, timeout: "3s" },
        startupBudget: "150s",
        drainWindow: "90s",
      }],
    }]);
    expect(said.join("\n")).toContain("livenessProbe");
  });

  test.each([
    [
      "{ grpc: { port: 1, service: shop.v1 } }",
      { report: { dialect: "grpc-health", service: "shop.v1" } },
      "Connect",
    ],
    ["{ exec: { command: [true] } }", { journey: [{}] }, "push the report instead"],
  ])("%s", async (probe, check, words) => {
    const { targets, said } = await imported("kubernetes", manifest(probe));
    expect(targets[0].checks[0]).toMatchObject(check);
    expect(said.join("\n")).toContain(words);
  });

  test("what nothing routes to is lost, and told to push", async () => {
    const { said, targets } = await imported(
      "kubernetes",
      manifest("{ httpGet: { path: / } }").split("---")[0]!,
    );
    expect(targets).toEqual([]);
    expect(said).toEqual([expect.stringContaining("push its report")]);
  });
});

test("Postman: folders, variables, captures, tests, and each line that is lost", async () => {
  const request = (name: string, raw: string, more: object, ...exec: string[]) => ({
    name,
    request: { method: "GET", url: { raw }, ...more },
    event: [{ listen: "test", script: { exec } }],
  });
  const { targets, said } = await imported(
    "postman",
    JSON.stringify({
      info: { name: "Shop" },
      auth: { type: "bearer", bearer: [{ key: "token", value: "{{apiToken}}" }] },
      item: [{
        name: "Orders",
        item: [
          request(
            "create",
            "{{base}}/orders",
            { method: "POST", body: { mode: "raw", raw: '{"id":"{{$guid}}"}' } },
            'pm.test("made", () => {',
            "  pm.response.to.have.status(201);",
            "});",
            "const json = pm.response.json();",
            "pm.environment.set('order', json.id);",
            "console.log('x');",
          ),
          request("read", "{{base}}/orders/{{order}}", {}, "pm.expect(json.state).to.eql('accepted');"),
        ],
      }],
    }),
    JSON.stringify({ values: [{ key: "base", value: "https://shop.example" }] }),
  );
  expect(targets[0].checks[0].journey).toMatchObject([
    {
      request: { method: "POST", path: "/orders", json: { id: "{{ run.id }}" } },
      auth: { bearer: "${env:APITOKEN}" },
      expect: ["status == 201"],
      capture: { order: "body.id" },
    },
    { request: { path: "/orders/{{ captures.order }}" }, expect: ["body.state == 'accepted'"] },
  ]);
  expect(said).toEqual(["lost create test: console.log('x');"]);
});

test("OpenAPI: reads without parameters, health as the report, and what may change something as lost", async () => {
  const { targets, said } = await imported(
    "openapi",
    `
openapi: 3.1.0
info: { title: Shop API, version: "1" }
servers: [{ url: "https://{host}/v1", variables: { host: { default: shop.example } } }]
security: [{ key: [] }]
components:
  securitySchemes: { key: { type: http, scheme: bearer } }
  schemas: { Orders: { type: object, required: [items, total], properties: {} } }
paths:
  /healthz: { get: { responses: { "200": {} } } }
  /orders:
    get: { responses: { "200": { content: { application/json: { schema: { $ref: "#/components/schemas/Orders" } } } } } }
    post: { responses: { "201": {} } }
  /orders/{id}:
    get: { parameters: [{ name: id, in: path, required: true }], responses: { "200": {} } }
  /search:
    get: { parameters: [{ name: q, in: query, required: true, example: "a b" }], responses: { "200": {}, "204": {} } }
`,
  );
  expect(targets[0]).toMatchObject({
    url: "https://shop.example",
    checks: [{
      report: { path: "/v1/healthz" },
      auth: { bearer: "${env:KEY}" },
      journey: [
        { request: { path: "/v1/orders" }, expect: ["status == 200", "has(body.items)", "has(body.total)"] },
        { request: { path: "/v1/search?q=a%20b" }, expect: ["status in [200, 204]"] },
      ],
    }],
  });
  expect(said.map((line) => line.split(":")[0])).toEqual(["lost POST /orders", "lost GET /orders/{id}"]);
});
