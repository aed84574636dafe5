/** What expressions ask of the language itself, in workerd. */
import { expect, test } from "vitest";
import { compileExpectation, compileProgram } from "../../src/config/expression/compile.ts";
import { writeJson } from "../../src/config/expression/mod.ts";
import { loadPatterns } from "../../src/config/expression/pattern.ts";
import { HTTP_VARIABLES, HttpScope } from "../../src/evidence/probe/steps/http/answer.ts";

const HTTP = { variables: HTTP_VARIABLES, patterns: await loadPatterns() };
const RUN = { id: "r", slot: 0, prober: "weur", region: "eu", target: "shop", check: "orders" };
const scopeOf = (text: string) =>
  new HttpScope({
    status: 200,
    headers: new Headers(),
    text,
    durationMs: 1,
    url: "https://shop.example/",
    redirects: 0,
  }, {
    captures: {},
    run: RUN,
    now: 0,
  });

test("a long integer keeps its digits from one JSON text to the next", () => {
  const id = compileProgram("body.id", [], HTTP).run(scopeOf('{"id":1234567890123456789}'));
  expect(id).toEqual({ ok: true, value: 1234567890123456789n });
  expect(writeJson(id.ok && { id: id.value })).toBe('{"id":1234567890123456789}');
});

test("a pattern is one of RE2", () => {
  const expectation = compileExpectation(
    "text.matches('(?i)^ready\\\\z') && text.matches('^(.+)+y')",
    [],
    HTTP,
  );
  expect(expectation.test(scopeOf("Ready"))).toBeNull();
  expect(() => compileExpectation("text.matches('(?=a)')", [], HTTP)).toThrow("Invalid pattern");
});
