import { describe, expect, test } from "vitest";
import { compileExpectation, compileProgram } from "../../../src/config/expression/compile.ts";
import { answer, HTTP } from "./facts.ts";

const CAPTURES = ["order", "before"];
const judge = (source: string, text: string) => compileExpectation(source, CAPTURES, HTTP).test(answer(text));

describe("an expectation that holds", () => {
  test.each([
    ["status == 200", ""],
    ["status in [200, 204, 404]", ""],
    ["durationMs < 100", ""],
    ["text.contains('ready')", "all ready"],
    ["headers['x-cache'] == 'HIT' && 'content-type' in headers", ""],
    ["headerValues['x-cache'] == ['HIT']", ""],
    ["run.id == 'r1' && run.slot == 60000", ""],
    ["body.state == 'accepted'", '{"state":"accepted"}'],
    ["body.id == captures.order", '{"id":"ord_1"}'],
    ["body.n + 1 > 5", '{"n":5}'],
    ["2 * body.n / 4 == 2.5 && body.n % 2 == 1 && -body.n == -5", '{"n":5}'],
    ["body.count - captures.before == 1", '{"count":5}'],
    ["size(body.items) - captures.before == -3", '{"items":["x"]}'],
    ["body.items.map(i, i.id) == ['a', 'b']", '{"items":[{"id":"a"},{"id":"b"}]}'],
    ["body.items.all(i, i.ok) && !body.items.exists(i, !i.ok)", '{"items":[{"ok":true}]}'],
    ["body.items.exists_one(i, i == 1)", '{"items":[1,2]}'],
    ["body == {'a': 1, 'b': ['x']}", '{"a":1,"b":["x"]}'],
    ["body.id.matches('^ord_[a-z0-9]+$')", '{"id":"ord_1"}'],
    ["now - timestamp(body.at) < duration('1h')", '{"at":"2025-12-31T23:30:00Z"}'],
    ["cel.bind(x, body.n, x > 1 && x < 9)", '{"n":5}'],
    ["has(body.error) ? body.error == '' : true", "{}"],
    ["!has(body.error) || body.error == ''", "{}"],
    ["body.id == null", '{"id":null}'],
    ["body.id != null", '{"id":5}'],
    ["null in body.tags", '{"tags":["a",null]}'],
    ["body.constructor == 'x' && body.ok", '{"constructor":"x","ok":true}'],
  ])("%s over %s", (source, text) => expect(judge(source, text)).toBeNull());
});

describe("an expectation that does not hold says why", () => {
  test.each([
    ["body.state == 'accepted'", '{"state":"pending"}', "false", "body.state is 'pending'"],
    ["status == 201", "", "false", "status is 200"],
    ["status in [201, 204]", "", "false", "status is 200"],
    ["status == 200 && body.n > 6 && body.no", '{"n":5}', "false", "body.n is 5"],
    ["status == 201 || body.ok", '{"ok":false}', "false", "status is 200 and body.ok is false"],
    ["status < 200 || status == 404", "", "false", "status is 200"],
    ["!(body.state == 'failed')", '{"state":"failed"}', "false", "body.state is 'failed'"],
    ["status == 200 ? body.a : body.b", '{"a":false}', "false", "body.a is false"],
    ["size(body.items) > 3", '{"items":[1]}', "false", "size(body.items) is 1"],
    ["body.id.matches('^ord_')", '{"id":"x1"}', "false", "body.id is 'x1'"],
    ["'b' in body.tags", '{"tags":["a"]}', "false", "body.tags is ['a']"],
    ["has(body.a)", "{}", "false", "has(body.a) is false"],
    ["body.items.all(i, i.ok)", '{"items":[{"ok":false}]}', "false", "body.items is [{ok: false}]"],
    ["1 == 2", "", "false", "1 == 2 is false"],
    ["body.id != ''", "{}", "missing", "body.id is missing"],
    ["body.a.b.c == 1", "{}", "missing", "body.a is missing"],
    ["body.items[1] == 1", '{"items":[1]}', "missing", "body.items[1] is missing"],
    ["headers['x-none'] == 'a'", "", "missing", "headers['x-none'] is missing"],
    ["has(body.a.b)", "{}", "missing", "body.a is missing"],
    ["body.ok", '{"ok":null}', "null", "body.ok is null"],
    ["body.a.b == 1", '{"a":null}', "null", "body.a is null"],
    ["body.items.all(i, i.ok)", '{"items":null}', "null", "body.items is null"],
    ["body.ok", '{"ok":"yes"}', "type", "body.ok is 'yes': not a bool"],
    ["body.id != ''", '{"id":null}', "type", "body.id is null: cannot compare null with string"],
    ["body.n == '5'", '{"n":5}', "type", "body.n is 5: cannot compare number with string"],
    ["body.a.b == 1", '{"a":"x"}', "type", "body.a is 'x': not a map"],
    ["has(body.a)", '"str"', "type", "body is 'str': not a map"],
    ["body.n < 5", '{"n":1e999}', "type", "body.n is Infinity: not a finite number"],
    ["body.n / body.m > 0.5", '{"n":1,"m":0}', "type", "body.n is 1, body.m is 0: not a finite number"],
    ["body.a == 1", "<html>\n502", "parse", "body is not JSON: starts with '<html> 502'"],
    ["body.a == 1", " ", "parse", "body is not JSON: it is empty"],
    ["body.s.substring(5) == 'x'", '{"s":"a"}', "error", expect.stringContaining("body.s is 'a'")],
  ])("%s over %s: %s", (source, text, reason, detail) => {
    expect(judge(source, text)).toMatchObject({ expression: source, reason, detail });
  });

  test("with the value of each sub-expression", () => {
    const mismatch = judge(
      "body.state == 'accepted' && size(body.items) > captures.before",
      '{"state":"x","items":[]}',
    );
    expect(mismatch?.values).toEqual({
      "body.state": "'x'",
      "size(body.items)": "0",
      "captures.before": "4",
    });
  });

  test("in at most 300 characters, 100 for a value", () => {
    const long = JSON.stringify({ a: "x".repeat(5000), b: ["y".repeat(5000)], c: "z\n".repeat(99) });
    const mismatch = judge("body.a == body.c || body.b == [body.a] || body.c == body.a", long)!;
    expect(mismatch.detail.length).toBeLessThanOrEqual(300);
    expect(mismatch.detail).not.toContain("\n");
    const lengths = Object.values(mismatch.values).map((value) => value.length);
    expect(Math.max(...lengths)).toBe(100);
  });
});

describe("a program", () => {
  test.each([
    ["body.id", '{"id":"x"}', { ok: true, value: "x" }],
    ["size(body.id)", '{"id":"abc"}', { ok: true, value: 3 }],
    ["body.n + 1", '{"n":1}', { ok: true, value: 2 }],
    ["body.list", '{"list":[1,{"a":null}]}', { ok: true, value: [1, { a: null }] }],
    ["now", "", { ok: true, value: "2026-01-01T00:00:00.000Z" }],
    ["body.ok", '{"ok":false}', { ok: true, value: false }],
    ["body.id", '{"id":null}', { ok: false, reason: "null", detail: "body.id is null" }],
    ["body.id", "{}", { ok: false, reason: "missing", detail: "body.id is missing" }],
    ["body.id", "[", { ok: false, reason: "parse", detail: "body is not JSON: starts with '['" }],
    ["9007199254740993", "", { ok: true, value: 9007199254740993n }],
  ])("%s over %s", (source, text, value) => {
    expect(compileProgram(source, [], HTTP).run(answer(text))).toEqual(value);
  });
});
