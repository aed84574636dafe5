import { describe, expect, test } from "vitest";
import { CookieJar } from "../../../src/evidence/probe/cookies.ts";

const NOW = 1_700_000_000_000;

/** What goes to `later` after `lines` came from `from`. */
function carried(from: string, lines: string[], later: string, laterMs = NOW): string | undefined {
  let nowMs = NOW;
  const jar = new CookieJar({ now: () => nowMs });
  jar.store(new URL(from), new Headers(lines.map((line) => ["set-cookie", line])));
  nowMs = laterMs;
  return jar.header(new URL(later));
}

test("what is past Latin-1 comes back in the bytes it came in", () => {
  const jar = new CookieJar({ now: () => NOW });
  const lines = ["name=Zoë; Path=/", "city=Wien; Path=/", "word=добро; Path=/"];
  const headers = { get: () => null, has: () => true, getSetCookie: () => lines, *[Symbol.iterator]() {} };
  jar.store(new URL("https://shop.example/"), headers);
  const sent = jar.header(new URL("https://shop.example/"))!;
  expect(new Headers({ cookie: sent }).get("cookie")).toBe(sent);
  const bytes = Uint8Array.from(sent, (character) => character.charCodeAt(0));
  expect(new TextDecoder().decode(bytes)).toBe("name=Zoë; city=Wien; word=добро");
  expect(jar.byName(new URL("https://shop.example/"))).toEqual({ name: "Zoë", city: "Wien", word: "добро" });
});

const SHOP = "https://shop.example/a/b";

/** Each row: rule of RFC 6265, where the cookie came from, its line, where the next request goes, what is sent. */
const ROWS: [string, string, string, string, string | undefined][] = [
  ["a session cookie comes back", SHOP, "sid=1", "https://shop.example/a/c", "sid=1"],
  ["a value may hold =", SHOP, "sid=a=b==", SHOP, "sid=a=b=="],
  ["a line without a name is no cookie", SHOP, "=1", SHOP, undefined],
  ["another host gets nothing", SHOP, "sid=1", "https://other.example/a/", undefined],
  ["a subdomain gets no host-only cookie", SHOP, "sid=1", "https://api.shop.example/a/", undefined],
  [
    "a subdomain gets one with Domain",
    SHOP,
    "sid=1; Domain=shop.example",
    "https://api.shop.example/a/",
    "sid=1",
  ],
  [
    "a leading dot in Domain means nothing",
    SHOP,
    "sid=1; Domain=.SHOP.example",
    "https://api.shop.example/a/",
    "sid=1",
  ],
  [
    "a parent domain may be set",
    "https://api.shop.example/",
    "sid=1; Domain=shop.example",
    "https://shop.example/",
    "sid=1",
  ],
  ["another domain may not", SHOP, "sid=1; Domain=other.example", "https://other.example/a/", undefined],
  [
    "a suffix that is no parent may not",
    "https://myshop.example/",
    "sid=1; Domain=shop.example",
    "https://shop.example/",
    undefined,
  ],
  ["a top-level domain may not", SHOP, "sid=1; Domain=example", "https://other.example/a/", undefined],
  ["an address has no parents", "http://10.0.0.1/", "sid=1; Domain=0.0.1", "http://9.0.0.1/", undefined],
  [
    "another port is another origin",
    "http://shop.example:81/",
    "sid=1",
    "http://shop.example:82/",
    undefined,
  ],
  ["https may have what http set", "http://shop.example/", "sid=1", "https://shop.example/", "sid=1"],
  ["the default path is the folder", SHOP, "sid=1", "https://shop.example/ab", undefined],
  ["the folder of / is /", "https://shop.example/", "sid=1", "https://shop.example/x/y", "sid=1"],
  ["Path matches itself", SHOP, "sid=1; Path=/p", "https://shop.example/p", "sid=1"],
  ["Path matches below", SHOP, "sid=1; Path=/p", "https://shop.example/p/q", "sid=1"],
  ["Path does not match a longer word", SHOP, "sid=1; Path=/p", "https://shop.example/pq", undefined],
  ["a Path that is no path is the default", SHOP, "sid=1; Path=p", "https://shop.example/a/c", "sid=1"],
  ["what https set does not go to http", SHOP, "sid=1", "http://shop.example/a/c", undefined],
  ["Secure does not go to http", SHOP, "sid=1; Secure", "http://shop.example/a/c", undefined],
  [
    "Secure does not come from http",
    "http://shop.example/",
    "sid=1; Secure",
    "https://shop.example/",
    undefined,
  ],
  ["Max-Age of 0 is gone", SHOP, "sid=1; Max-Age=0", SHOP, undefined],
  ["a negative Max-Age is gone", SHOP, "sid=1; Max-Age=-1", SHOP, undefined],
  [
    "Max-Age wins over Expires",
    SHOP,
    "sid=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    SHOP,
    "sid=1",
  ],
  ["Expires in the past is gone", SHOP, "sid=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", SHOP, undefined],
  ["an unreadable Expires lasts", SHOP, "sid=1; Expires=tomorrow", SHOP, "sid=1"],
  ["more than 4096 characters are no cookie", SHOP, `sid=${"x".repeat(4096)}`, SHOP, undefined],
];

describe("the cookies of a run", () => {
  test.each(ROWS)("%s", (_rule, from, line, later, header) => {
    expect(carried(from, [line], later)).toBe(header);
  });

  test("last as long as they say", () => {
    expect(carried(SHOP, ["sid=1; Max-Age=60"], SHOP, NOW + 59_999)).toBe("sid=1");
    expect(carried(SHOP, ["sid=1; Max-Age=60"], SHOP, NOW + 60_000)).toBeUndefined();
  });

  test("of one name, domain and path replace each other", () => {
    expect(carried(SHOP, ["sid=1", "sid=2"], SHOP)).toBe("sid=2");
    expect(carried(SHOP, ["sid=1", "sid=; Max-Age=-1"], SHOP)).toBeUndefined();
  });

  test("go with the longest paths first (RFC 6265 section 5.4)", () => {
    expect(carried(SHOP, ["a=1; Path=/", "b=2; Path=/a", "c=3; Path=/"], SHOP)).toBe("b=2; a=1; c=3");
  });

  test("are 50 at most", () => {
    const lines = Array.from({ length: 60 }, (_, i) => `c${i}=1`);
    expect(carried(SHOP, lines, SHOP)!.split("; ")).toHaveLength(50);
  });
});
