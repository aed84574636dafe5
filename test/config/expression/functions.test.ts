import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpectation, compileProgram } from "../../../src/config/expression/compile.ts";
import { ExpressionError } from "../../../src/config/expression/error.ts";
import { functions, namesFunction } from "../../../src/config/expression/functions.ts";
import { answer, HTTP } from "./facts.ts";

const LANGUAGE = { ...HTTP, functions };
const valueOf = (source: string, text = "{}", more = {}) =>
  compileProgram(source, ["order"], LANGUAGE).run(answer(text, more));

describe("a function gives what its standard says", () => {
  test.each<[source: string, value: unknown]>([
    // RFC 4648 section 10
    ["base64('foobar')", "Zm9vYmFy"],
    ["base64('fooba')", "Zm9vYmE="],
    ["base64(b'\\xff\\xfe')", "//4="],
    ["base64Url(b'\\xff\\xfe')", "__4"],
    ["string(base64Decode('Zm9vYmE='))", "fooba"],
    ["hex(base64Decode('__4'))", "fffe"],
    ["hex('foobar')", "666f6f626172"],
    // FIPS 180-2 appendix B.1
    ["hex(sha256('abc'))", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    // RFC 4231 section 4.3 and RFC 2202 section 3, test case 2
    [
      "hex(hmac('sha256', 'Jefe', 'what do ya want for nothing?'))",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    [
      "hex(hmac('sha1', 'Jefe', b'what do ya want for nothing?'))",
      "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    ],
    ["urlDecode('a%20b%2Fc%C3%A9')", "a b/cé"],
    ["urlEncode('a b/cé')", "a%20b%2Fc%C3%A9"],
    [
      "htmlUnescape('&lt;a href=&quot;/x?a=1&amp;b=2&quot;&gt; &#39; &#x1F600; &unknown;')",
      `<a href="/x?a=1&b=2"> ' 😀 &unknown;`,
    ],
    ["regexCapture('order id=42;', 'id=(\\\\d+)')", "42"],
    ["regexCapture('order id=42;', 'id=\\\\d+')", "id=42"],
    ["string(now)", "2026-01-01T00:00:00Z"],
    ["int(now)", 1767225600],
    ["string(timestamp('2026-01-01T00:00:00.25Z'))", "2026-01-01T00:00:00.250Z"],
    ["int(timestamp('1969-12-31T23:59:59.5Z'))", -1],
  ])("%s", (source, value) => expect(valueOf(source)).toEqual({ ok: true, value }));
});

describe("what a function cannot take fails, with the reason", () => {
  test.each<[source: string, text: string, reason: string]>([
    ["base64(body.missing)", "{}", "missing"],
    ["sha256(body.a)", '{"a":null}', "null"],
    ["hex(body.a)", '{"a":3}', "type"],
    ["urlDecode(body.a)", '{"a":"%zz"}', "type"],
    ["string(base64Decode(body.a))", '{"a":"*"}', "type"],
    ["hex(hmac(body.a, 'k', 't'))", '{"a":"md5"}', "error"],
    ["regexCapture(text, 'id=(\\\\d+)')", "{}", "missing"],
    ["regexCapture(text, 'a(b)?')", "a", "missing"],
    ["random(body.n)", '{"n":0}', "type"],
    ["random(0)", "{}", "error"],
    ["sha256('abc')", "{}", "type"],
  ])("%s of %s: %s", (source, text, reason) => {
    expect(valueOf(source, text)).toMatchObject({ ok: false, reason });
  });

  test.each([
    ["sha256(1)", "sha256 cannot take a number"],
    ["regexCapture(text, '(')", "Invalid pattern"],
    ["uuid(1)", "uuid cannot take a number"],
    ["hmac('k', 't')", "hmac cannot take a string and a string"],
  ])("%s is an error of the config: %s", (source, message) => {
    expect(() => compileProgram(source, [], LANGUAGE)).toThrow(message);
  });

  test("a build without them says so", () => {
    expect(() => compileExpectation("sha256(text) == b'a'", [], HTTP)).toThrow(ExpressionError);
  });
});

describe("uuid and random", () => {
  const text = (source: string) => {
    const got = valueOf(source);
    return got.ok ? String(got.value) : got.detail;
  };

  test("are the same in all of a run, and others by another name", () => {
    expect(text("uuid()")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(text("uuid()")).toBe(text("uuid()"));
    expect(text("uuid('second')")).not.toBe(text("uuid()"));
    expect(text("random(1000000)")).toBe(text("random(1000000)"));
    expect(text("random(1000000, 'second')")).not.toBe(text("random(1000000)"));
  });

  test("random stays below its bound, whatever it is", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.string(), (below, name) => {
      const value = Number(text(`random(${below}, ${JSON.stringify(name.replace(/[^ -~]/g, ""))})`));
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(below);
    }));
  });
});

describe("headers and cookies", () => {
  test.each([
    "headers['X-Cache'] == 'HIT'",
    "headers['x-cache'] == 'HIT' && 'X-CACHE' in headers",
    "headers.exists(name, name == 'x-cache') && size(headers) == 2",
    "headerValues['Content-Type'] == ['application/json']",
    "cookies.session == 'abc'",
    "!('other' in cookies)",
  ])("%s", (source) => {
    const scope = answer("{}", { cookies: { session: "abc" } });
    expect(compileExpectation(source, [], HTTP).test(scope)).toBeNull();
  });

  test("a header that is not there is missing in any case", () => {
    expect(compileExpectation("headers['X-None'] == ''", [], HTTP).test(answer("{}"))?.reason).toBe(
      "missing",
    );
  });
});

test.each<[unknown, boolean]>([
  [{ expect: "hex(sha256(text)) == 'a'" }, true],
  [{ json: { id: "{{ uuid() }}" } }, true],
  [{ expect: "text.contains('uuid')", path: "/random" }, false],
])("%j names a function: %s", (config, is) => expect(namesFunction(config)).toBe(is));
