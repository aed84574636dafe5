import { describe, expect, test } from "vitest";
import { hashOf } from "../token_fixture.ts";
import { ORIGIN, type PageFixture, pageFixture, SAME_ORIGIN, TOKEN } from "../../page/page_fixture.ts";

const HOUR = 3_600_000;
const READER = "assay_reader";
const PUSHER = "assay_pusher";
const row = (id: string, token: string, more: Record<string, unknown> = {}) => ({
  id,
  hash: hashOf(token),
  scopes: ["read"],
  ...more,
});
const api = (...tokens: object[]) => ({ token: "${env:ASSAY_TOKEN}", tokens });

const isIn = async (house: PageFixture, cookie: string) =>
  (await house.get("/targets/shop", cookie)).status === 200;

test("a token in the form makes a cookie that opens the pages, and it says nothing of the token", async () => {
  const house = await pageFixture();
  await house.runMinutes(2);
  const { status, headers } = await house.get("/login", undefined, {
    form: { token: ` ${TOKEN} `, next: "/targets/shop" },
  });
  expect([status, headers.get("location")]).toEqual([303, "/targets/shop"]);
  const cookie = headers.get("set-cookie")!;
  expect(cookie).not.toContain(TOKEN);
  expect(cookie.split("; ").slice(1).sort()).toEqual([
    "HttpOnly",
    "Max-Age=43200",
    "Path=/",
    "SameSite=Strict",
  ]);
  expect(await isIn(house, cookie.split(";")[0]!)).toBe(true);
});

test.each<[string, string, object, Record<string, string>, boolean, string?]>([
  ["https", "https://assay.example", {}, {}, true],
  ["http", "http://assay.example", {}, {}, false],
  ["http behind a proxy that got https", "http://assay.example", { proxies: 1 }, {
    "x-forwarded-proto": "https",
  }, true],
  [
    "http past the proxy, and what the client wrote",
    "http://assay.example",
    { proxies: 1 },
    {
      "x-forwarded-proto": "https",
    },
    false,
    "192.0.2.7",
  ],
  [
    "http, and a header that no proxy wrote",
    "http://assay.example",
    {},
    { "x-forwarded-proto": "https" },
    false,
  ],
])("over %s the cookie is Secure: %#", async (_, origin, settings, headers, secure, client) => {
  const house = await pageFixture({ settings: { token: "${env:ASSAY_TOKEN}", ...settings } });
  const answer = await house.get(`${origin}/login`, undefined, {
    form: { token: TOKEN },
    headers: { ...headers, origin },
    client,
  });
  expect(answer.headers.get("set-cookie")!.includes("; Secure")).toBe(secure);
});

test.each([
  ["a wrong token", "wrong"],
  ["no token", ""],
  ["a token that may only push", PUSHER],
  ["a token that has expired", "assay_old"],
])("%s signs nobody in", async (_, token) => {
  const tokens = [
    row("pusher", PUSHER, { scopes: ["report"] }),
    row("old", "assay_old", { expires: "2020-01-01" }),
  ];
  const house = await pageFixture({ settings: api(...tokens) });
  const { status, headers, text } = await house.get("/login", undefined, { form: { token } });
  expect([status, headers.get("set-cookie")]).toEqual([401, null]);
  expect(text).toContain("unknown, has expired, or may not read");
});

test("without api.token nobody can sign in, and the page says so", async () => {
  const house = await pageFixture({ settings: { tokens: [row("reader", READER)] } });
  expect((await house.get("/login")).text).toContain("Sign-in is off: set api.token in the config");
  const { status, headers } = await house.get("/login", undefined, { form: { token: READER } });
  expect([status, headers.get("set-cookie")]).toEqual([401, null]);
});

describe("a session ends", () => {
  test("after twelve hours", async () => {
    const house = await pageFixture();
    const cookie = await house.signIn();
    house.clock.step(12 * HOUR - 1);
    expect(await isIn(house, cookie)).toBe(true);
    house.clock.step(1);
    expect(await isIn(house, cookie)).toBe(false);
  });

  test("when its token expires", async () => {
    // A minute after the stage's first one.
    const house = await pageFixture({
      settings: api(row("reader", READER, { expires: "2023-11-14T22:15:00Z" })),
    });
    const cookie = await house.signIn(READER);
    expect(await isIn(house, cookie)).toBe(true);
    house.clock.step(60_000);
    expect(await isIn(house, cookie)).toBe(false);
  });

  test.each<[string, Parameters<typeof pageFixture>[0]]>([
    ["api.token is another one", { settings: api(row("reader", READER)), secret: "another-token" }],
    ["its own token has left the config", { settings: api() }],
    ["its own token was changed", { settings: api(row("reader", "assay_other")) }],
  ])("when %s", async (_, after) => {
    const before = await pageFixture({ settings: api(row("reader", READER)) });
    const cookie = await before.signIn(READER);
    expect(await isIn(before, cookie)).toBe(true);
    // Over the same store, and so with the same signing key.
    expect(await isIn(await pageFixture({ ...after, from: before }), cookie)).toBe(false);
  });

  test("with the button: the browser is told to forget it", async () => {
    const house = await pageFixture();
    const { status, headers } = await house.get("/logout", await house.signIn(), { method: "POST" });
    expect([status, headers.get("location")]).toEqual([303, "/"]);
    expect(headers.get("set-cookie")).toMatch(/^assay_session=; Max-Age=0; Path=\//);
  });
});

test.each<[string, (cookie: string) => string]>([
  ["of another token", (cookie) => cookie.replace("reader~", "boss~")],
  ["that lasts longer", (cookie) => cookie.replace(/\.(\d)/, ".9$1")],
  ["without a signature", (cookie) => cookie.slice(0, cookie.lastIndexOf("."))],
  [
    "with a signature of zeros",
    (cookie) => cookie.replace(/[^.]*$/, encodeURIComponent(`${"A".repeat(43)}=`)),
  ],
  ["that is empty", () => "assay_session="],
  ["that is noise", () => "assay_session=%ff%00;;="],
])("a cookie %s is nobody's", async (_, forged) => {
  const house = await pageFixture({
    settings: api(row("reader", READER), row("boss", "assay_boss", { scopes: ["admin"] })),
  });
  const cookie = await house.signIn(READER);
  expect(await isIn(house, forged(cookie))).toBe(false);
});

describe("from another page", () => {
  /** Headers as a browser sends them, and whether they show a page of ours. */
  const SENDERS: [string, Record<string, string>, boolean][] = [
    ["our own page", SAME_ORIGIN, true],
    ["our own page in a browser without Sec-Fetch-Site", { origin: ORIGIN }, true],
    ["another site", { origin: "https://evil.example", "sec-fetch-site": "cross-site" }, false],
    ["a sister of our host", { origin: "http://evil.assay.example", "sec-fetch-site": "same-site" }, false],
    ["another site in an old browser", { origin: "https://evil.example" }, false],
    ["a page without an origin", { origin: "null" }, false],
    ["who knows where", {}, false],
  ];
  const bare = { origin: "", "sec-fetch-site": "" };
  const headersOf = (sender: Record<string, string>) =>
    Object.fromEntries(Object.entries({ ...bare, ...sender }).filter(([, value]) => value !== ""));

  test.each(SENDERS)(
    "%s: a cookie changes something through the API only from ours",
    async (_, sender, own) => {
      const house = await pageFixture();
      const cookie = await house.signIn();
      const { app } = await bareApp(house);
      const answer = await app.request(`${ORIGIN}/v1/silences`, {
        method: "POST",
        headers: { ...headersOf(sender), cookie, "content-type": "application/json" },
        body: JSON.stringify({ match: { target: "*" }, until: "1h", reason: "x" }),
      });
      expect(answer.status).toBe(own ? 201 : 401);
      expect(await house.store.listRecords({ kind: "silence", limit: 10 })).toHaveLength(own ? 1 : 0);
    },
  );

  test.each(SENDERS)("%s: a form does something only from ours", async (_, sender, own) => {
    const house = await pageFixture();
    const cookie = await house.signIn();
    const { app } = await bareApp(house);
    const post = (path: string, form: Record<string, string>) =>
      app.request(`${ORIGIN}${path}`, {
        method: "POST",
        headers: { ...headersOf(sender), cookie },
        body: new URLSearchParams(form),
      });
    const statuses = [
      (await post("/targets/shop/silence", { until: "1h", reason: "x" })).status,
      (await post("/login", { token: TOKEN })).status,
      (await post("/logout", {})).status,
    ];
    expect(statuses).toEqual(own ? [303, 303, 303] : [403, 403, 403]);
  });

  test("what only reads works from anywhere: the cookie is not sent there by itself", async () => {
    const house = await pageFixture();
    const cookie = await house.signIn();
    const { status } = await house.get("/v1/incidents", cookie, {
      headers: { "sec-fetch-site": "cross-site" },
    });
    expect(status).toBe(200);
  });
});

/** The same app without a browser's own headers. */
async function bareApp(house: PageFixture) {
  const { api } = await import("../../../../src/web/app.ts");
  return { app: api({ ...house, runCheck: (check) => house.settler.probeNow(check) }) };
}

test("a header that is shown counts alone, even if it is wrong", async () => {
  const house = await pageFixture();
  const cookie = await house.signIn();
  const { status } = await house.get("/v1/incidents", cookie, { headers: { authorization: "Bearer wrong" } });
  expect(status).toBe(401);
});

test.each([
  ["/targets/shop?q=1", "/targets/shop?q=1"],
  ["https://evil.example", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["/a\\b", "/"],
  ["/a\r\nset-cookie: x", "/"],
  ["javascript:alert(1)", "/"],
  ["", "/"],
])("after signing in with next=%j the browser goes to %s", async (next, to) => {
  const house = await pageFixture();
  const { headers } = await house.get("/login", undefined, { form: { token: TOKEN, next } });
  expect(headers.get("location")).toBe(to);
});
