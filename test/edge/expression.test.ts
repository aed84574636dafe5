/** What expressions ask of the language itself, in workerd. */
import { expect, test } from "vitest";
import { compileProgram, writeJson } from "../../src/config/expression/mod.ts";
import { HTTP_VARIABLES, HttpScope } from "../../src/evidence/probe/steps/http/answer.ts";

const RUN = { id: "r", slot: 0, prober: "weur", region: "eu", target: "shop", check: "orders" };
const scopeOf = (text: string) =>
  new HttpScope({ status: 200, headers: new Headers(), text, durationMs: 1 }, {
    captures: {},
    run: RUN,
    now: 0,
  });

test("a long integer keeps its digits from one JSON text to the next", () => {
  const id = compileProgram("body.id", [], HTTP_VARIABLES).run(scopeOf('{"id":1234567890123456789}'));
  expect(id).toEqual({ ok: true, value: 1234567890123456789n });
  expect(writeJson(id.ok && { id: id.value })).toBe('{"id":1234567890123456789}');
});
