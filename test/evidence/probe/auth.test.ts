import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { furtherRequestsOf, requestsOf } from "../../../src/config/requests.ts";
import { checkOf, prober } from "./walk_text.ts";
import { edit, problemsOf } from "../../config/load_text.ts";
import type { Route } from "../../world/network.ts";

const SECRETS = { PASSWORD: "päss:wörd-123", TOKEN: "a-long-bearer-token", KEY: "key-of-sixteen-bytes" };
const OK: Route = { json: { ok: true } };
const step = (auth: string, request = "{ path: /orders }", expectation = "status == 200") =>
  `          - { request: ${request}, auth: ${auth}, expect: "${expectation}" }\n`;

describe("auth of a step", () => {
  test("basic is name and password in base64 of UTF-8", async () => {
    const { walk, requests } = await prober({
      steps: step('{ basic: { user: "Ålice", password: "${env:PASSWORD}" } }'),
      env: SECRETS,
    }, { "GET /orders": OK });
    expect((await walk()).outcome).toBe("pass");
    const [scheme, credentials] = requests[0]!.headers.authorization!.split(" ");
    expect([scheme, Buffer.from(credentials!, "base64").toString()]).toEqual([
      "Basic",
      "Ålice:päss:wörd-123",
    ]);
  });

  test("bearer takes what an earlier step captured", async () => {
    const { walk, requests } = await prober({
      steps:
        "          - { request: { path: /login }, expect: status == 200, capture: { pass: body.pass } }\n" +
        step('{ bearer: "{{ captures.pass }}" }'),
    }, { "GET /login": { json: { pass: "abc123" } }, "GET /orders": OK });
    await walk();
    expect(requests.map(({ headers }) => headers.authorization)).toEqual([undefined, "Bearer abc123"]);
  });

  test("hmac signs what it is told to, with the time that it sends", async () => {
    const text = "string(int(now)) + '.' + method + ' ' + path + '\\n' + body";
    const { walk, requests, clock } = await prober({
      steps: step(
        `{ hmac: { secret: "\${env:KEY}", text: "${
          text.replace("\\n", "\\\\n")
        }", header: X-Sign, prefix: "v1=", timestampHeader: X-Time } }`,
        '{ method: POST, path: "/orders?a=b", json: { sku: "{{ run.id }}" } }',
      ),
      env: SECRETS,
    }, { "POST /orders?a=b": OK });
    expect((await walk()).outcome).toBe("pass");
    const { headers, body } = requests[0]!;
    const seconds = String(Math.floor(clock.now() / 1000));
    const signed = createHmac("sha256", SECRETS.KEY).update(`${seconds}.POST /orders?a=b\n${body}`);
    expect(headers).toMatchObject({ "x-sign": `v1=${signed.digest("hex")}`, "x-time": seconds });
  });

  test("hmac of the body alone, in base64, by another hash", async () => {
    const { walk, requests } = await prober({
      steps: step(
        '{ hmac: { secret: "${env:KEY}", algorithm: sha512, encoding: base64 } }',
        "{ method: POST, path: /orders, raw: hello }",
      ),
      env: SECRETS,
    }, { "POST /orders": OK });
    await walk();
    expect(requests[0]!.headers["x-signature"])
      .toBe(createHmac("sha512", SECRETS.KEY).update("hello").digest("base64"));
  });

  test("sigv4 names key, day, region and service, and covers the body", async () => {
    const auth =
      '{ sigv4: { region: eu-central-1, service: execute-api, accessKeyId: "${env:TOKEN}", secretAccessKey: "${env:KEY}" } }';
    const sent = async (raw: string) => {
      const { walk, requests } = await prober({
        steps: step(auth, `{ method: POST, path: /orders, raw: ${raw} }`),
        env: SECRETS,
      }, { "POST /orders": OK });
      expect((await walk()).outcome).toBe("pass");
      return requests[0]!.headers;
    };
    const [one, same, other] = [await sent("a"), await sent("a"), await sent("b")];
    const day = one["x-amz-date"]!.slice(0, 8);
    expect(one.authorization).toContain(
      `AWS4-HMAC-SHA256 Credential=${SECRETS.TOKEN}/${day}/eu-central-1/execute-api/aws4_request`,
    );
    expect(same.authorization).toBe(one.authorization);
    expect(other.authorization).not.toBe(one.authorization);
  });
});

describe("auth of a target", () => {
  const target = '    auth: { bearer: "${env:TOKEN}" }\n    hosts: [cdn.example]\n';
  const bearers = async (steps: string, routes: Record<string, Route>) => {
    const { walk, requests } = await prober({ steps, target, env: SECRETS }, routes);
    await walk();
    return requests.map(({ headers }) => headers.authorization);
  };
  const BEARER = `Bearer ${SECRETS.TOKEN}`;

  test("is for each of its steps that has none, and goes to no other origin", async () => {
    const routes = {
      "GET /a": OK,
      "GET /b": OK,
      "GET https://cdn.example/c": OK,
      "GET /d": { status: 302, headers: { location: "/a" } },
      "GET /e": { status: 302, headers: { location: "https://other.example/" } },
    };
    const paths = ["{ path: /a }", '{ url: "https://cdn.example/c" }', "{ path: /d }", "{ path: /e }"];
    const steps = paths.map((request) => `          - { request: ${request}, expect: status < 500 }\n`).join(
      "",
    );
    expect(await bearers(step("none", "{ path: /b }") + steps, routes))
      .toEqual([undefined, BEARER, undefined, BEARER, BEARER, BEARER, undefined]);
  });

  test("a step's own goes where the step leads", async () => {
    const own = step('{ bearer: "${env:KEY}" }', '{ url: "https://cdn.example/c" }');
    expect(await bearers(own, { "GET https://cdn.example/c": OK })).toEqual([`Bearer ${SECRETS.KEY}`]);
  });
});

describe("oauth2", () => {
  const target = `    auth:
      oauth2:
        tokenUrl: https://login.example/token
        clientId: assay probe
        clientSecret: "\${env:PASSWORD}"
        scope: orders.read
        params: { audience: shop }
`;
  const steps = '          - { request: { path: /orders }, expect: "status == 200" }\n';
  const token = (n: number, seconds = 3600): Route => ({
    json: { access_token: `token-number-${n}`, token_type: "Bearer", expires_in: seconds },
  });
  const world = (tokens: Route, orders: Route = OK) =>
    prober({ steps, target, env: SECRETS }, {
      "POST https://login.example/token": tokens,
      "GET https://shop.example/orders": orders,
    });

  test("asks for a token as RFC 6749 has it, and keeps it over rounds", async () => {
    const { walk, requests } = await world(token(1));
    for (let round = 0; round < 3; round++) expect((await walk()).outcome).toBe("pass");
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
      "/token",
      "/orders",
      "/orders",
      "/orders",
    ]);
    expect(Object.fromEntries(new URLSearchParams(requests[0]!.body))).toEqual({
      grant_type: "client_credentials",
      scope: "orders.read",
      audience: "shop",
    });
    const [, credentials] = requests[0]!.headers.authorization!.split(" ");
    expect(Buffer.from(credentials!, "base64").toString()).toBe("assay+probe:p%C3%A4ss%3Aw%C3%B6rd-123");
    expect(requests[1]!.headers.authorization).toBe("Bearer token-number-1");
  });

  test("renews it shortly before its end", async () => {
    const { walk, requests, clock } = await world([token(1, 100), token(2, 100)] as Route);
    await walk();
    await clock.advance(80_000);
    await walk();
    await clock.advance(15_000);
    await walk();
    expect(
      requests.map(({ headers }) => headers.authorization).filter((value) => value?.startsWith("Bearer")),
    )
      .toEqual(["Bearer token-number-1", "Bearer token-number-1", "Bearer token-number-2"]);
  });

  test("renews it after a 401, once", async () => {
    const { walk, requests } = await world([token(1), token(2)] as Route, [{ status: 401 }, OK] as Route);
    expect((await walk()).outcome).toBe("pass");
    expect(requests).toHaveLength(4);
    const stubborn = await world(token(1), { status: 401 });
    expect((await stubborn.walk()).failure?.detail).toBe("status is 401");
    expect(stubborn.requests).toHaveLength(4);
  });

  test.each<[string, Route, string, boolean]>([
    ["a wrong secret is ours", { status: 401, json: { error: "invalid_client" } }, "config", false],
    ["a server that fails is the target's", { status: 503 }, "capture", false],
    ["an answer without a token is the target's", { json: {} }, "capture", false],
    ["a token that no header can hold is the target's", { json: { access_token: "a\nb" } }, "capture", false],
    ["no answer is a transport failure", new Error("connection refused"), "network", true],
  ])("%s", async (_, answer, reason, transport) => {
    const seen = await (await world(answer)).walk();
    expect({ reason: seen.failure?.reason, transport: seen.transport }).toEqual({ reason, transport });
    expect(seen.failure?.detail).toMatch(/^no token from https:\/\/login\.example/);
  });

  test("no evidence shows the token, the secret or the credentials that are made of it", async () => {
    const echo: Route = ({ headers }) => ({ status: 500, body: JSON.stringify(headers) });
    const { walk } = await prober({
      steps: "          - { request: { path: /orders }, expect: \"text == ''\" }\n",
      target,
      env: SECRETS,
    }, { "POST https://login.example/token": token(1), "GET https://shop.example/orders": echo });
    const seen = JSON.stringify(await walk());
    expect(seen).toContain("Bearer ***");
    expect(seen).not.toContain("token-number-1");
  });

  test("its requests are counted at most", async () => {
    const check = await checkOf({ steps, target, env: SECRETS });
    // The report twice and the step; five redirects, a token, a 401, a token and the request again.
    expect([requestsOf(check), furtherRequestsOf(check)]).toEqual([3, 8]);
  });
});

describe("what is wrong with an auth", () => {
  const STEP = '- expect: ["status == 200", "body.ok == true"]';
  test.each([
    ["{ basic: { user: a, password: plain } }", "targets[0].checks[0].journey[0].auth.basic.password"],
    [
      '{ bearer: "${env:A}", basic: { user: a, password: "${env:A}" } }',
      "targets[0].checks[0].journey[0].auth",
    ],
    ["{}", "targets[0].checks[0].journey[0].auth"],
    ["{ digest: {} }", "targets[0].checks[0].journey[0].auth.digest"],
    ['{ hmac: { secret: "${env:A}", text: "bodi" } }', "targets[0].checks[0].journey[0].auth.hmac.text"],
    [
      '{ oauth2: { tokenUrl: "http://10.0.0.1/t", clientId: a, clientSecret: "${env:A}" } }',
      "targets[0].checks[0].journey[0].auth.oauth2.tokenUrl",
    ],
    ['{ bearer: "{{ captures.none }}" }', "targets[0].checks[0].journey[0].auth.bearer"],
  ])("%s", async (auth, path) => {
    const problems = await problemsOf(edit(STEP, `- { auth: ${auth}, expect: body.ok == true }`));
    expect(problems.map(({ path }) => path)).toContain(path);
    expect(JSON.stringify(problems)).not.toContain("plain");
  });
});
