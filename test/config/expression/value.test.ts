import { evaluate } from "@marcbachmann/cel-js";
import { expect, test } from "vitest";
import { equal, kindOf } from "../../../src/config/expression/value.ts";

test("the kind of a value does not hang on the name of a class, which minified code changes", () => {
  const [uint, duration] = [evaluate("uint(5)"), evaluate("duration('1s')")] as object[];
  for (const { constructor } of [uint!, duration!]) {
    Object.defineProperty(constructor, "name", { value: "n" });
  }
  expect([uint, duration].map(kindOf)).toEqual(["number", "duration"]);
  expect(equal(uint, duration)).toBe(false);
});

test.each<[string, string]>([
  ["null", "null"],
  ["'a'", "string"],
  ["1", "number"],
  ["1.5", "number"],
  ["1u", "number"],
  ["true", "bool"],
  ["[1]", "list"],
  ["{'a': 1}", "map"],
  ["b'a'", "bytes"],
  ["duration('1s')", "duration"],
  ["timestamp('2026-11-21T00:00:00Z')", "timestamp"],
  ["type(1)", "type"],
])("%s is a %s", (text, kind) => expect(kindOf(evaluate(text))).toBe(kind));
