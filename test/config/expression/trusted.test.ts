import { describe, expect, test } from "vitest";
import {
  compileExpectation,
  compileProgram,
  compileTemplate,
} from "../../../src/config/expression/compile.ts";
import { needsLibrary } from "../../../src/config/expression/evaluate.ts";
import { libraryOf } from "../../../src/config/expression/library.ts";
import {
  type Language,
  trustExpectation,
  trustProgram,
  trustTemplate,
} from "../../../src/config/expression/mod.ts";
import { type Node, packTree } from "../../../src/config/expression/tree.ts";
import { loadPatterns } from "../../../src/config/expression/pattern.ts";
import { answer, HTTP } from "./facts.ts";

/**
 * The languages in which a source that was checked is evaluated: from its text by the library, from its packed
 * trees, and from those without a library if it needs none.
 */
function languagesFor(language: Language, check: (language: Language) => unknown): Language[] {
  const parsed = new Map<string, Node>();
  check({ ...language, parsed });
  const trees = Object.fromEntries([...parsed].map(([text, tree]) => [text, packTree(tree)]));
  const withLibrary = { ...language, libraryOf };
  const needs = [...parsed.values()].some(needsLibrary);
  return [withLibrary, { ...withLibrary, trees }, ...(needs ? [] : [{ ...language, trees }])];
}

const CAPTURES = ["order", "before"];
const BODIES = [
  "",
  "<html>502</html>",
  "null",
  "[]",
  '{"n":5,"state":"accepted","id":"ord_1","items":[{"id":"a","ok":true}],"tags":["a",null],"ok":true}',
  '{"n":"5","state":null,"items":{},"ok":"yes","at":"2025-12-31T23:30:00Z","constructor":"x"}',
  '{"n":12345678901234567890,"items":[1,2],"error":"x","a":{"b":{}}}',
];

const EXPRESSIONS = [
  "status == 200",
  "status in [200, 204] && durationMs < 100",
  "status < 200 || status == 404 || body.ok",
  "body.state == 'accepted'",
  "body.id == captures.order",
  "2 * body.n / 4 == 2.5 && body.n % 2 == 1 && -body.n == -5",
  "size(body.items) - captures.before == -3",
  "body.items.all(i, i.ok) && !body.items.exists(i, !i.ok)",
  "body.items.exists_one(i, i == 1)",
  "body.items.filter(i, i > 1).map(i, i * 2) == [4]",
  "body == {'a': 1, 'b': ['x']}",
  "body.id.matches('^ord_[a-z0-9]+$')",
  "now - timestamp(body.at) < duration('1h')",
  "cel.bind(x, body.n, x > 1 && x < 9)",
  "has(body.error) ? body.error == '' : true",
  "has(body.a.b.c)",
  "null in body.tags",
  "body.constructor == 'x' && body.ok",
  "headers['x-cache'] == 'HIT' && 'content-type' in headers",
  "text.contains('502') || text.startsWith('<')",
  "run.id == 'r1' && run.slot == 60000",
  "string(now) == '2026-01-01T00:00:00Z'",
  "!(body.n > 3)",
  "body.n",
  "b'ab' == bytes('ab') && 5u == uint(body.n)",
  "type(body.n) == double && type(body.tags) == list",
  "body.n >= -1.5 && body.n > -9223372036854775808 && - body.n < 0",
  "text.contains('\\u00e9\\n') || text.endsWith(r'\\d')",
  "{'constructor': body.n, 'a': null}.constructor == 5 && null == {'a': null}.a",
  "[[1, 2.5, true, 'x'], []][0][1] == 2.5",
  "body.items.all(i, body.tags.exists(t, t == i.id)) || body.items.map(i, i.ok, i.id) == ['a']",
  "string(body.n).size() + size(body.state) == 9",
];

describe("what is trusted comes to the same as what is checked", () => {
  test.each(EXPRESSIONS)("as an expectation: %s", (source) => {
    const checked = compileExpectation(source, CAPTURES, HTTP);
    for (const language of languagesFor(HTTP, (language) => compileExpectation(source, CAPTURES, language))) {
      const trusted = trustExpectation(source, language);
      expect([...trusted.reads]).toEqual([...checked.reads]);
      for (const body of BODIES) expect(trusted.test(answer(body)), body).toEqual(checked.test(answer(body)));
    }
  });

  test.each(EXPRESSIONS)("as a capture: %s", (source) => {
    const checked = compileProgram(source, CAPTURES, HTTP);
    for (const language of languagesFor(HTTP, (language) => compileProgram(source, CAPTURES, language))) {
      const trusted = trustProgram(source, language);
      for (const body of BODIES) expect(trusted.run(answer(body)), body).toEqual(checked.run(answer(body)));
    }
  });

  test.each([
    "/orders",
    "",
    "/orders/{{ captures.order }}",
    "{{ captures.before }}",
    "{{ captures.before }}/x",
    "a {{ '}}' }} b {{ run.id + 'x' }}",
    "{{ now }}",
  ])("as a template: %s", (source) => {
    const checked = compileTemplate(source, CAPTURES);
    const languages = languagesFor({ variables: {} }, (plain) => compileTemplate(source, CAPTURES, plain));
    const seen = (template: typeof checked) => [
      ...[template.source, template.single, template.literal],
      ...[
        template.value(answer("")),
        template.render(answer(""), "url"),
        template.render(answer(""), "none"),
      ],
    ];
    for (const language of languages) expect(seen(trustTemplate(source, language))).toEqual(seen(checked));
  });
});

test("a long pattern that is written out is known where nothing was checked", async () => {
  const language = { ...HTTP, libraryOf, patterns: await loadPatterns() };
  expect(trustExpectation(`text.matches('^${"a?".repeat(200)}b$')`, language).test(answer("aab"))).toBeNull();
});

test("what a bundle lacks is its own fault, and no verdict", () => {
  const { run } = trustProgram("body.n + 1", { ...HTTP, trees: {} });
  expect(() => run(answer("{}"))).toThrow("this deployment was made without");
});

test("nothing is parsed before it is needed", () => {
  expect(trustExpectation("not (an expression", HTTP).source).toBe("not (an expression");
  expect(trustTemplate("{{ not ( }}", { variables: {} }).single).toBe(true);
});
