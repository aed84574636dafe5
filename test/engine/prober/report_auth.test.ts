/** Reports behind a login, through the prober. */
import { describe, expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import { localProberOf } from "../../../functions/local_prober.ts";
import { furtherRequestsOf } from "../../../src/config/requests.ts";
import type { Reply, Route } from "../../world/network.ts";
import { START, testEnv } from "../../world/test_env.ts";

const ENV = { PASSWORD: "pass-w0rd-of-probe", KEY: "key-of-the-probe-1", SECRET: "secret-of-client-1" };
const BASIC = `Basic ${btoa(`probe:${ENV.PASSWORD}`)}`;
const OAUTH =
  `{ oauth2: { tokenUrl: "https://login.example/token", clientId: probe, clientSecret: "\${env:SECRET}" } }`;

const GROUP = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop/1";

const config = (report: string) => `
version: 1
store: { memory: {} }
targets:
  - id: shop
    url: https://shop.example
    checks:
      - retry: 0
        report: ${report}
        journey: [{ request: { path: /work }, expect: body.ok == true }]
`;
const source = (auth: string) => `{ path: /readyz, auth: ${auth} }`;

/** Says that it is ready to whoever is let in so, and what came. */
const ready = (...accepted: string[]): Route => ({ headers: { authorization: given = "" } }) =>
  accepted.includes(given) ? { json: { status: "UP" } } : { status: 401, json: { status: "DOWN", given } };
const token = (value: string): Reply => ({
  json: { access_token: value, token_type: "Bearer", expires_in: 600 },
});
const WORK: Record<string, Route> = { "GET /work": { json: { ok: true } } };

async function env(report: string, routes: Record<string, Route>) {
  const home = await testEnv(config(report), { routes: { ...WORK, ...routes }, env: ENV });
  const prober = localProberOf(home.ports, home.config, KINDS, { id: "home", region: "local" });
  let slot = START;
  return {
    ...home,
    async walk() {
      const { answers: [answer] } = await prober.ask({
        slot: slot += 60_000,
        checks: home.config.checks,
        deadlineMs: 50_000,
      });
      if (!answer || !("round" in answer)) throw new Error("not walked");
      return answer.round;
    },
  };
}

describe("a source of a report", () => {
  test.each<[string, string, string]>([
    ["basic", `{ basic: { user: probe, password: "\${env:PASSWORD}" } }`, BASIC],
    ["bearer", `{ bearer: "\${env:KEY}" }`, `Bearer ${ENV.KEY}`],
  ])("is let in by %s", async (_, auth, accepted) => {
    const { walk } = await env(source(auth), { "GET /readyz": ready(accepted) });
    expect(await walk()).toMatchObject({ before: { state: "ready" }, observation: { outcome: "pass" } });
  });

  test("is let in by a token that is kept over rounds, and renewed once it is turned away", async () => {
    let accepted = "Bearer token-number-1";
    const { walk, network } = await env(source(OAUTH), {
      "GET /readyz": (request) => (ready(accepted) as (request: unknown) => object)(request),
      "POST https://login.example/token": [token("token-number-1"), token("token-number-2")],
    });
    const tokens = () => network.requests.filter(({ url }) => url === "https://login.example/token").length;
    await walk();
    expect(await walk()).toMatchObject({ before: { state: "ready" } });
    expect(tokens()).toBe(1);
    accepted = "Bearer token-number-2";
    expect(await walk()).toMatchObject({ before: { state: "ready" } });
    expect(tokens()).toBe(2);
  });

  test("is not asked with a token that our settings do not get, and that is nobody's lie", async () => {
    const { walk, network } = await env(source(OAUTH), {
      "GET /readyz": ready(),
      "POST https://login.example/token": { status: 401, json: { error: "invalid_client" } },
    });
    const { before, observation } = await walk();
    expect(before).toMatchObject({ state: "unreadable" });
    expect(before!.reason).toMatch(/^config: no token from https:\/\/login\.example/);
    expect(observation).toMatchObject({ outcome: "error", failure: { reason: "config" } });
    expect(network.requests.some(({ url }) => url.endsWith("/readyz"))).toBe(false);
  });

  test("has not answered where the token's server is not to be had", async () => {
    const { walk } = await env(source(OAUTH), {
      "GET /readyz": ready(),
      "POST https://login.example/token": new Error("connection refused"),
    });
    expect(await walk()).toMatchObject({ before: { state: "unreachable" } });
  });

  test("shows nothing of what lets it in, though the service repeats it", async () => {
    const { walk } = await env(source(`{ basic: { user: probe, password: "\${env:PASSWORD}" } }`), {
      "GET /readyz": ({ headers }) => ({ json: { status: "DOWN", message: `for ${headers.authorization}` } }),
    });
    const round = JSON.stringify(await walk());
    expect(round).not.toContain(BASIC.slice(6));
    expect(round).not.toContain(ENV.PASSWORD);
  });

  test("is let in by its own auth alone: that of the target is for journeys", async () => {
    const text = config("{ path: /readyz }").replace(
      "    checks:",
      `    auth: { bearer: "\${env:KEY}" }\n    checks:`,
    );
    const home = await testEnv(text, { routes: { ...WORK, "GET /readyz": ready("") }, env: ENV });
    const prober = localProberOf(home.ports, home.config, KINDS, { id: "home", region: "local" });
    await prober.ask({ slot: START, checks: home.config.checks, deadlineMs: 50_000 });
    const sent = home.network.requests.map((
      { url, headers },
    ) => [new URL(url).pathname, headers.authorization]);
    expect(sent).toEqual([["/readyz", undefined], ["/work", `Bearer ${ENV.KEY}`]]);
  });

  test("counts what it may take to be let in", async () => {
    const { config: { checks } } = await env(source(OAUTH), {});
    expect(furtherRequestsOf(checks[0]!)).toBe(6 + 5);
  });

  test.each<[string, string, RegExp]>([
    ["push", `{ push: { ttl: 1m }, auth: { bearer: "\${env:KEY}" } }`, /auth has no effect with push/],
    [
      "aws",
      `{ aws: { targetGroup: "${GROUP}", accessKeyId: "\${env:KEY}", secretAccessKey: "\${env:KEY}" }, auth: { bearer: "\${env:KEY}" } }`,
      /auth, or the keys of aws/,
    ],
    ["none", "{ path: /readyz, auth: none }", /report\.auth/],
    ["a secret that stands there", "{ path: /readyz, auth: { bearer: abc } }", /report\.auth\.bearer/],
    [
      "a template",
      `{ path: /readyz, auth: { basic: { user: "{{ captures.x }}", password: "\${env:KEY}" } } }`,
      /captures/,
    ],
  ])("is refused beside or with %s", async (_, report, message) => {
    await expect(testEnv(config(report), { env: ENV })).rejects.toThrow(message);
  });
});
