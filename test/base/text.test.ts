import { expect, test } from "vitest";
import { ellipsize, oneLine } from "../../src/base/text.ts";

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
