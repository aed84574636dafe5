import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ellipsize, fit, oneLine, utf8Length } from "../../src/base/text.ts";

test.each([
  ["a short text as it is", "ready", 5, "…", "ready"],
  ["a longer one with an ellipsis as its last character", "not ready", 5, "…", "not …"],
  ["one without a mark", "not ready", 5, "", "not r"],
  ["no half of a pair", "abc😀def", 5, "…", "abc…"],
  ["a whole pair", "abc😀def", 6, "…", "abc😀…"],
])("ellipsize keeps %s", (_, text, most, mark, short) => {
  expect(ellipsize(text, most, mark)).toBe(short);
});

test.each([
  ["white space and control characters as one space", "a \r\n\tb\u0000\u0007c", 20, "…", "a b c"],
  ["what is at the margin", " a ", 20, "…", " a "],
  ["a longer line cut", "one\ntwo\nthree", 9, "…", "one two …"],
  ["no half of a pair", "ab😀", 3, "", "ab"],
  ["a bounded part, and says so", `a${" ".repeat(40)}b`, 10, "…", "a …"],
])("oneLine gives %s", (_, text, most, mark, line) => {
  expect(oneLine(text, most, mark)).toBe(line);
});

describe("fit", () => {
  const escape = (char: string) => char === "&" ? "&amp;" : char;

  test.each<[string, string, number, Parameters<typeof fit>[2], string]>([
    ["leaves what fits", "abc", 3, {}, "abc"],
    ["cuts what does not", "abcd", 3, {}, "ab…"],
    ["cuts between code points", "a🚀🚀", 4, {}, "a🚀…"],
    ["counts what is escaped", "a&b", 7, { escape }, "a&amp;b"],
    ["never cuts within an escape", "&&b", 8, { escape }, "&amp;…"],
    ["counts bytes", "üüü", 5, { measure: utf8Length }, "ü…"],
    ["mends half of a pair", "a\ud83d", 9, {}, "a\ufffd"],
  ])("%s", (_name, text, most, options, expected) => expect(fit(text, most, options)).toBe(expected));

  test("keeps every text within its bound, and all of one that fits", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 3, max: 40 }), (text, most) => {
      const got = fit(text, most, { measure: utf8Length });
      const whole = utf8Length(text.toWellFormed()) <= most;
      return utf8Length(got) <= most && got.isWellFormed() && (got === text.toWellFormed()) === whole;
    }));
  });
});
