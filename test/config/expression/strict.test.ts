import { describe, expect, test } from "vitest";
import { compileExpectation } from "../../../src/config/expression/compile.ts";
import { answer, HTTP } from "./facts.ts";

const KINDS = { string: "a", number: 1, bool: true, list: [1], map: { a: 1 }, null: null };
const names = Object.keys(KINDS) as (keyof typeof KINDS)[];
const pairs = names.flatMap((left) => names.map((right) => [left, right] as const));
const reason = (source: string, body: unknown) =>
  compileExpectation(source, [], HTTP).test(answer(JSON.stringify(body)))?.reason ?? "holds";

describe("two values are compared only if they are of one kind", () => {
  test.each(pairs)("%s and %s", (left, right) => {
    const body = { x: KINDS[left], y: KINDS[right] };
    const comparable = left === right && left !== "null";
    expect(reason("body.x == body.y", body)).toBe(comparable ? "holds" : "type");
    expect(reason("body.x != body.y", body)).toBe(comparable ? "false" : "type");
    expect(reason("body.x in [body.y]", body)).toBe(comparable ? "holds" : "type");
    expect(reason("!(body.x in [body.y])", body)).toBe(comparable ? "false" : "type");
  });

  test.each(names)("has() on a %s", (kind) => {
    expect(reason("has(body.x.a)", { x: KINDS[kind] })).toBe(kind === "map" ? "holds" : "type");
    expect(reason("!has(body.x.b)", { x: KINDS[kind] })).toBe(kind === "map" ? "holds" : "type");
  });

  test.each(names)("a literal null and a %s", (kind) => {
    expect(reason("body.x == null", { x: KINDS[kind] })).toBe(kind === "null" ? "holds" : "false");
    expect(reason("null != body.x", { x: KINDS[kind] })).toBe(kind === "null" ? "false" : "holds");
  });
});

describe("a comparison of two kinds is no pass wherever it stands", () => {
  test.each([
    "body.id != ''",
    "!(body.id == '')",
    "!!(body.id != '')",
    "body.id != '' || status == 200",
    "!(body.id == '' && status == 200)",
    "status == 201 || body.id != ''",
    "status == 200 ? body.id != '' : false",
    "body.id != '' ? true : true",
    "[1, 2].all(i, body.id != '')",
    "[1, 2].exists(i, i == 1 || body.id != '') && body.list.exists(i, i.ok == true)",
    "body.list.exists(i, i.ok == true)",
    "!body.list.all(i, i.ok == true)",
    "body.list.exists_one(i, i.ok == true)",
    "size(body.list.filter(i, i.ok != false)) > 0",
    "body.list.map(i, i.ok == true) != []",
    "(body.id != '') in [true, false]",
    "(body.id != '') == true",
    "[body.id != ''] == [true]",
    "{'a': body.id != ''}.a",
    "cel.bind(x, body.id, x != '')",
    "string(body.id != '') != ''",
    "dyn(body.id) != ''",
  ])("%s", (source) => {
    expect(reason(source, { id: null, list: [{ ok: true }, { ok: null }] })).toBe("type");
  });
});

describe("an error decides even where CEL would drop it", () => {
  test.each([
    ["body.ok || true", "missing"],
    ["!(body.ok && false)", "missing"],
    ["body.list.exists(i, i.ok)", "missing"],
    ["!body.list.all(i, i.no)", "missing"],
    ["!(body.none > 100)", "null"],
    ["!body.none", "null"],
    ["!body.none.startsWith('x')", "null"],
    ["size(body.none) == 0", "null"],
    ["!(body.text > 100)", "type"],
    ["!(body.list == 'a')", "type"],
    ["'x' in body.text", "type"],
    ["!(body.number in body.list[0])", "type"],
    ["!body.text.all(c, true)", "type"],
  ])("%s: %s", (source, why) => {
    expect(reason(source, { list: [{ ok: true }, {}], none: null, text: "abc", number: 1 })).toBe(why);
  });
});

describe("lag under 100 is never green without a number", () => {
  test.each([
    ['{"status":"ok"}', "missing"],
    ['{"lag":null}', "null"],
    ['{"lag":"unknown"}', "type"],
    ['{"lag":"5"}', "type"],
    ['{"lag":false}', "type"],
    ['{"lag":[]}', "type"],
    ['{"lag":{}}', "type"],
    ['{"lag":[[1]]}', "type"],
    ["<html>502", "parse"],
    ["", "parse"],
    ["false", "type"],
    ["null", "null"],
    ["0", "type"],
    ["[]", "type"],
    ['{"lag":500}', "false"],
    ['{"lag":5}', "holds"],
  ])("%s: %s", (text, why) => {
    expect(compileExpectation("body.lag < 100", [], HTTP).test(answer(text))?.reason ?? "holds")
      .toBe(why);
    const negated = compileExpectation("!(body.lag >= 100)", [], HTTP).test(answer(text))?.reason ??
      "holds";
    expect(negated).toBe(why);
  });
});
