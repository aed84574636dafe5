import { describe, expect, test } from "vitest";
import {
  compileExpectation,
  compileProgram,
  compileTemplate,
  trustExpectation,
  trustProgram,
  trustTemplate,
} from "../../../src/config/expression/mod.ts";
import { answer, HTTP } from "./facts.ts";

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
];

describe("what is trusted comes to the same as what is checked", () => {
  test.each(EXPRESSIONS)("as an expectation: %s", (source) => {
    const [checked, trusted] = [compileExpectation(source, CAPTURES, HTTP), trustExpectation(source, HTTP)];
    expect([...trusted.reads]).toEqual([...checked.reads]);
    for (const body of BODIES) expect(trusted.test(answer(body)), body).toEqual(checked.test(answer(body)));
  });

  test.each(EXPRESSIONS)("as a capture: %s", (source) => {
    const [checked, trusted] = [compileProgram(source, CAPTURES, HTTP), trustProgram(source, HTTP)];
    for (const body of BODIES) expect(trusted.run(answer(body)), body).toEqual(checked.run(answer(body)));
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
    const [checked, trusted] = [compileTemplate(source, CAPTURES), trustTemplate(source, { variables: {} })];
    const seen = (template: typeof checked) => [
      ...[template.source, template.single, template.literal],
      ...[
        template.value(answer("")),
        template.render(answer(""), "url"),
        template.render(answer(""), "none"),
      ],
    ];
    expect(seen(trusted)).toEqual(seen(checked));
  });
});

test("nothing is parsed before it is needed", () => {
  expect(trustExpectation("not (an expression", HTTP).source).toBe("not (an expression");
  expect(trustTemplate("{{ not ( }}", { variables: {} }).single).toBe(true);
});
