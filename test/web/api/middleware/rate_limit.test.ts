import { describe, expect, test } from "vitest";
import { bucket } from "../../../../src/web/api/middleware/rate_limit.ts";
import { steppingClock } from "../../../world/clock.ts";
import { type AskOptions, bearer, KEYS, type TokenFixture, tokenFixture } from "../token_fixture.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOME = "192.0.2.7";

/** How many of `count` requests are answered otherwise than by 429. */
async function through({ ask }: TokenFixture, count: number, path: string, knock: AskOptions = {}) {
  let passed = 0;
  for (let i = 0; i < count; i++) if ((await ask(path, { client: HOME, ...knock })).status !== 429) passed++;
  return passed;
}

const limited = (perMinute: number, more = {}) =>
  tokenFixture({ more: { rateLimit: { perMinute }, ...more } });

describe("a client", () => {
  test("may ask a minute's worth at once, then at the pace of the limit", async () => {
    const own = await limited(20);
    expect(await through(own, 30, "/v1/status")).toBe(20);
    await own.clock.advance(3 * SECOND);
    expect(await through(own, 5, "/v1/status")).toBe(1);
    await own.clock.advance(15 * SECOND);
    expect(await through(own, 30, "/v1/status")).toBe(5);
    await own.clock.advance(60 * MINUTE);
    expect(await through(own, 30, "/v1/status")).toBe(20);
  });

  test("that asks too often is told when to come again, and then gets its answer", async () => {
    const own = await limited(20);
    await through(own, 20, "/v1/status");
    const { status, type, headers, body } = await own.ask("/v1/status", { client: HOME });
    expect([status, type, headers.get("retry-after")]).toEqual([429, "application/problem+json", "3"]);
    expect(body).toMatchObject({
      type: "urn:assay:problem:rate-limited",
      status: 429,
      instance: "/v1/status",
    });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    await own.clock.advance(3 * SECOND);
    expect((await own.ask("/v1/status", { client: HOME })).status).toBe(200);
  });

  test("does not use up what others have, and a wall clock that steps gives nothing", async () => {
    const own = await limited(20);
    await through(own, 30, "/v1/status");
    own.clock.step(60 * MINUTE);
    expect(await through(own, 5, "/v1/status")).toBe(0);
    expect(await through(own, 30, "/v1/status", { client: "192.0.2.8" })).toBe(20);
  });

  test.each([
    "/livez",
    "/readyz",
    "/startupz",
    "/v1/gates/shop-eu",
    `/v1/gates/shop-eu/k/${KEYS.read}`,
    "/v1/rounds",
  ])(
    "may ask %s ten times as often, whatever else it asks",
    async (path) => {
      const own = await limited(10);
      expect(await through(own, 20, "/v1/status")).toBe(10);
      // Unknown tokens have a limit of their own; here the route itself is asked.
      expect(await through(own, 120, path, { authorization: bearer(KEYS.admin) })).toBe(100);
    },
  );

  test("gets 600 a minute by default", async () => {
    expect(await through(await tokenFixture(), 610, "/v1/none")).toBe(600);
  });

  test("is nobody where the request comes from inside the deployment", async () => {
    const own = await limited(10);
    expect(await through(own, 50, "/v1/status", { client: undefined })).toBe(50);
  });
});

describe("wrong tokens", () => {
  const wrong = { authorization: bearer("assay_nobody") };

  test("are answered 401 only so often, then 429, and a right one still gets through", async () => {
    const own = await limited(200);
    // A twentieth of the limit.
    expect(await through(own, 20, "/v1/incidents", wrong)).toBe(10);
    const refused = await own.ask("/v1/incidents", { client: HOME, ...wrong });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "6"]);
    expect(refused.headers.get("www-authenticate")).toBeNull();
    expect(refused.text).not.toMatch(/token is unknown/);
    const right = { client: HOME, authorization: bearer(KEYS.read) };
    expect((await own.ask("/v1/incidents", right)).status).toBe(200);
    expect((await own.ask("/v1/status", { client: HOME })).status).toBe(200);
    await own.clock.advance(6 * SECOND);
    expect(await through(own, 5, "/v1/incidents", wrong)).toBe(1);
  });

  test("do not count where the token was right and only too small", async () => {
    const own = await limited(100);
    expect(await through(own, 50, "/v1/tokens", { authorization: bearer(KEYS.read) })).toBe(50);
  });
});

describe("whom a request counts for", () => {
  const forwarded = (chain: string) => ({ headers: { "x-forwarded-for": chain } });

  test.each<[client: string, trusted: string[] | undefined, believed: boolean]>([
    ["127.0.0.1", undefined, true],
    ["::1", undefined, true],
    ["::ffff:10.0.0.2", undefined, true],
    ["172.17.0.1", undefined, true],
    ["fd00::2", undefined, true],
    ["100.64.0.2", undefined, true],
    ["203.0.113.1", undefined, false],
    ["2001:db8::1", undefined, false],
    ["unknown", undefined, false],
    ["203.0.113.1", ["203.0.113.0/24", "2001:db8::/32"], true],
    ["2001:db8::1", ["203.0.113.0/24", "2001:db8::/32"], true],
    ["203.0.114.1", ["203.0.113.0/24", "2001:db8::/32"], false],
    ["10.0.0.2", ["203.0.113.0/24"], false],
  ])("of a request from %s, where %j are proxies, is what it says: %s", async (client, trusted, believed) => {
    const own = await limited(10, { proxies: 1, ...trusted && { trustedProxies: trusted } });
    let passed = 0;
    for (let i = 0; i < 30; i++) {
      passed += await through(own, 1, "/v1/status", { client, ...forwarded(`198.51.100.${i}`) });
    }
    expect(passed).toBe(believed ? 30 : 10);
  });

  test("is the other end, whatever X-Forwarded-For says", async () => {
    const own = await limited(10);
    let passed = 0;
    for (let i = 0; i < 30; i++) passed += await through(own, 1, "/v1/status", forwarded(`198.51.100.${i}`));
    expect(passed).toBe(10);
  });

  test.each<[string, number, (i: number) => string, boolean]>([
    ["behind a proxy the one that it saw", 1, (i) => `198.51.100.${i}`, true],
    ["with a port or in brackets too", 1, (i) => `[2001:db8:0:${i}::1]:4711`, true],
    ["not what the client wrote before it", 1, (i) => `198.51.100.${i}, 203.0.113.9`, false],
    ["behind two proxies the one before the last", 2, (i) => `198.51.100.${i}, 203.0.113.9`, true],
    ["not what the client wrote before those", 2, (i) => `198.51.100.${i}, 203.0.113.9, 203.0.113.10`, false],
    ["the other end where the chain is too short", 2, (i) => `198.51.100.${i}`, false],
  ])("is %s", async (_, proxies, chain, apart) => {
    const own = await limited(10, { proxies });
    let passed = 0;
    for (let i = 0; i < 30; i++) {
      passed += await through(own, 1, "/v1/status", { client: "10.0.0.2", ...forwarded(chain(i)) });
    }
    expect(passed).toBe(apart ? 30 : 10);
  });

  test.each<[string, (i: number) => string, number]>([
    ["an IPv4 address each", (i) => `192.0.2.${i}`, 30],
    ["one /64 of IPv6 as one", (i) => `2001:db8:1:2::${i.toString(16)}`, 10],
    ["two /64 as two", (i) => `2001:db8:1:${i % 2}::${i.toString(16)}`, 20],
    ["an IPv4 address inside IPv6 as itself", (i) => i % 2 ? "::ffff:192.0.2.1" : "192.0.2.1", 10],
  ])("counts %s", async (_, client, expected) => {
    const own = await limited(10);
    let passed = 0;
    for (let i = 0; i < 30; i++) passed += await through(own, 1, "/v1/status", { client: client(i) });
    expect(passed).toBe(expected);
  });
});

describe("a bucket", () => {
  test("remembers so many clients, and forgets the quietest", () => {
    const clock = steppingClock();
    const take = bucket(clock, 10, 3);
    const all = (client: string, times: number) =>
      Array.from({ length: times }, () => take(client)).filter((waitMs) => waitMs === 0).length;
    expect([all("a", 20), all("b", 20), all("c", 5), all("a", 1)]).toEqual([10, 10, 5, 0]);
    // "a" asked last but got nothing; of those that got something it is the oldest.
    expect(all("d", 1)).toBe(1);
    expect([all("b", 1), all("c", 20), all("d", 20)]).toEqual([0, 5, 9]);
    expect(all("a", 20)).toBe(10);
  });

  test.each([1, 7, 30, 600, 6_001, 10_000_000])(
    "of %i a minute lets no more through, and no fewer",
    async (limit) => {
      const clock = steppingClock();
      const take = bucket(clock, limit);
      const most = Math.min(limit, 20_000);
      let passed = 0;
      for (let i = 0; i < most + 10; i++) if (take("a") === 0) passed++;
      expect(passed).toBe(limit > 20_000 ? most + 10 : limit);
      await clock.advance(MINUTE);
      expect(take("a")).toBe(0);
    },
  );
});

describe("headers", () => {
  const SAFE = {
    "cache-control": "no-store",
    "content-security-policy":
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  };

  test.each([
    ["/v1/status", 200, "public, max-age=5"],
    ["/livez", 200, "no-store"],
    ["/readyz", 503, "no-store"],
    ["/nowhere", 404, "no-store"],
    ["/v1/incidents", 401, "no-store"],
  ])("%s (%i) is safe in a browser, and kept: %s", async (path, status, kept) => {
    const answer = await (await tokenFixture()).ask(path);
    expect(answer.status).toBe(status);
    const got = Object.keys(SAFE).map((name) => [name, answer.headers.get(name)]);
    expect(Object.fromEntries(got)).toEqual({ ...SAFE, "cache-control": kept });
    expect(answer.headers.get("server") ?? answer.headers.get("x-powered-by")).toBeNull();
  });
});

describe("pages of other origins", () => {
  const PAGE = "https://status.example";
  const cors = ({ headers }: { headers: Headers }) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));

  test.each<[string, string[] | undefined, string, string | null]>([
    ["none by default", undefined, PAGE, null],
    ["one of the list", [PAGE, "https://b.example"], "https://b.example", "https://b.example"],
    ["none besides it", [PAGE], "https://evil.example", null],
    ["not one that only begins alike", [PAGE], "https://status.example.evil.example", null],
    ["not a page without an origin of its own", [PAGE], "null", null],
    ["all of them", ["*"], "https://anyone.example", "*"],
  ])("may read: %s", async (_, origins, origin, allowed) => {
    const { ask } = await tokenFixture({ more: origins ? { cors: origins } : {} });
    for (const path of ["/v1/status", "/nowhere", "/v1/incidents"]) {
      const answer = await ask(path, { headers: { origin } });
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    }
  });

  test("may ask first whether they may send a token", async () => {
    const { ask } = await tokenFixture({ more: { cors: [PAGE] } });
    const headers = { origin: PAGE, "access-control-request-method": "POST" };
    const answer = await ask("/v1/incidents", { method: "OPTIONS", headers });
    expect(answer.status).toBe(204);
    expect(cors(answer)).toMatchObject({
      "access-control-allow-origin": PAGE,
      "access-control-allow-methods": expect.stringContaining("POST"),
      "access-control-allow-headers": expect.stringContaining("authorization"),
    });
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  test("learn that they asked too often", async () => {
    const own = await limited(10, { cors: [PAGE] });
    await through(own, 10, "/v1/status");
    for (const path of ["/v1/status", "/v1/incidents"]) {
      const answer = await own.ask(path, { client: HOME, headers: { origin: PAGE } });
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([429, PAGE]);
    }
  });
});
