import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileProgram } from "../../../src/config/expression/compile.ts";
import { toJson } from "../../../src/config/expression/value.ts";
import { answer, HTTP } from "./facts.ts";

const BODY = {
  n: 5,
  half: 0.5,
  text: "ord_1",
  empty: "",
  ok: true,
  none: null,
  tags: ["a", "b", null],
  items: [{ id: "a", n: 1, ok: true }, { id: "b", n: 2, ok: false }],
  one: { a: 1, text: "x" },
};

const LEAVES = [
  ...Object.keys(BODY).map((name) => `body.${name}`),
  ...["status", "text", "body.items[1].id", "body.one['a']", "body.missing", "i", "i.n", "i.ok", "i.id"],
  ...["1", "200", "2.5", "-1", "'a'", "'ord_'", "''", "true", "false", "null", "[]", "[1, 2]", "{'a': 1}"],
];

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const leaf = fc.constantFrom(...LEAVES);
  const inner = fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie("expression"));
  const operators = fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "&&", "||", "in", "+", "-", "*");
  const macros = fc.constantFrom("all", "exists", "exists_one", "filter", "map");
  return {
    expression: fc.oneof(
      fc.tuple(inner, operators, inner).map((parts) => `(${parts.join(" ")})`),
      fc.tuple(inner, inner, inner).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      fc.tuple(fc.constantFrom("body.items", "body.tags", "body.one", "[1, 2]"), macros, inner)
        .map(([list, name, each]) => `${list}.${name}(i, ${each})`),
      fc.tuple(inner, fc.constantFrom("startsWith", "endsWith", "contains"), inner)
        .map(([text, name, part]) => `(${text}).${name}(${part})`),
      fc.tuple(inner, inner).map(([value, rest]) => `cel.bind(i, ${value}, ${rest})`),
      fc.tuple(inner, inner).map(([key, value]) => `[${key}, ${value}]`),
      inner.map((value) => `!(${value})`),
      inner.map((value) => `size(${value})`),
      fc.constantFrom("n", "missing", "one.a", "one.missing").map((path) => `has(body.${path})`),
    ),
  };
});

const standard = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
  .registerOperator("double + int: double", (a: number, b: bigint) => a + Number(b))
  .registerOperator("int + double: double", (a: bigint, b: number) => Number(a) + b)
  .registerOperator("double - int: double", (a: number, b: bigint) => a - Number(b))
  .registerOperator("int - double: double", (a: bigint, b: number) => Number(a) - b)
  .registerOperator("double * int: double", (a: number, b: bigint) => a * Number(b))
  .registerOperator("int * double: double", (a: bigint, b: number) => Number(a) * b);

test("an expression with a value has the one that CEL gives it", () => {
  const text = JSON.stringify(BODY);
  let valued = 0;
  fc.assert(
    fc.property(expression, (source) => {
      let program;
      try {
        program = compileProgram(source, [], HTTP);
      } catch {
        return fc.pre(false);
      }
      const got = program.run(answer(text));
      if (!got.ok) return;
      valued++;
      expect(got.value).toEqual(toJson(standard.evaluate(source, { body: BODY, status: 200n, text })));
    }),
    { numRuns: 2_000 },
  );
  expect(valued).toBeGreaterThan(200);
});
