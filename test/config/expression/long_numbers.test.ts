import { describe, expect, test } from "vitest";
import {
  compileExpectation,
  compileProgram,
  compileTemplate,
} from "../../../src/config/expression/compile.ts";
import { Scope, writeJson } from "../../../src/config/expression/mod.ts";
import { answer, FACTS, HTTP } from "./facts.ts";

const ID = 1234567890123456789n;
const judge = (source: string, text: string) =>
  compileExpectation(source, ["id"], HTTP).test(answer(text, {}));
const capture = (source: string, text: string) => compileProgram(source, [], HTTP).run(answer(text));

describe("an integer of JSON is compared by all its digits", () => {
  test.each([
    ["body.id == 1234567890123456789", '{"id":1234567890123456789}'],
    ["body.id != 1234567890123456788", '{"id":1234567890123456789}'],
    ["body.id > 1234567890123456788 && body.id < 1234567890123456790", '{"id":1234567890123456789}'],
    ["body.id == -1234567890123456789", '{"id":-1234567890123456789}'],
    ["body.id in [1, 1234567890123456789]", '{"id": 1234567890123456789 }'],
    ["body.id == 18446744073709551615u", '{"id":18446744073709551615}'],
    ["body.id == 100000000000000000000000000000000000001", '{"id":100000000000000000000000000000000000001}'],
    [
      "body.id == body.same && body.id != body.other",
      '{"id":9007199254740993,"same":9007199254740993,"other":9007199254740992}',
    ],
    ["string(body.id) == '1234567890123456789'", '{"id":1234567890123456789}'],
    ["body[0][0].id == 1234567890123456789", '[[{"id":1234567890123456789}]]'],
    ["body.constructor == 1234567890123456789", '{"constructor":1234567890123456789}'],
    ["body.id == '1234567890123456789'", '{"id":"1234567890123456789"}'],
    ["body.id == 1234567890123456.5", '{"id":1234567890123456.5}'],
    ["body.id == 1e20", '{"id":1e20,"long":1234567890123456789}'],
    ["body.id == 9007199254740991", '{"id":9007199254740991}'],
  ])("%s over %s", (source, text) => expect(judge(source, text)).toBeNull());

  test("and shown with them", () => {
    expect(judge("body.id == 1", `{"id":${ID}}`)?.detail).toBe(`body.id is ${ID}`);
  });
});

describe("what is reckoned with it", () => {
  test.each([
    [
      "to add, subtract and take a remainder is exact",
      "body.id + 1 == 1234567890123456790 && body.id % 10 == 9",
    ],
    [
      "a quotient keeps its fraction, as that of shorter numbers does",
      "body.id / 10000000000000000000 > 0.1",
    ],
    ["a product is a double", "body.id * 100 > 1e20"],
    ["and so is all beyond 64 bits", "body.wei + body.wei == 2e20 && body.wei - 1 > 0"],
    ["fractions mix with it", "body.id * 0.5 < body.id && body.id + 0.5 > 1e18"],
  ])("%s", (_name, source) => {
    expect(judge(source, `{"id":${ID},"wei":100000000000000000000}`)).toBeNull();
  });

  test("a number beyond every double is none", () => {
    const text = `{"id":${"9".repeat(400)}}`;
    expect(judge("body.id > 0", text)).toMatchObject({ reason: "type" });
  });
});

describe("it keeps its digits", () => {
  test.each([
    ["body.id", `{"id":${ID}}`, ID],
    ["body", `{"id":${ID},"n":5}`, { id: ID, n: 5 }],
    ["1234567890123456789", "", ID],
    ["18446744073709551615u", "", 18446744073709551615n],
    ["5u", "", 5],
    ["size(body.id)", '{"id":"abc"}', 3],
  ])("captured by %s of %s", (source, text, value) => {
    expect(capture(source, text)).toEqual({ ok: true, value });
  });

  const scope = new Scope({ ...FACTS, captures: { id: ID } });
  const template = (source: string) => compileTemplate(source, ["id"]);

  test("in a URL and in a text", () => {
    const source = "/orders/{{ captures.id }}";
    expect(template(source).render(scope, "url")).toEqual({ ok: true, text: `/orders/${ID}` });
    expect(template(source).render(scope, "none")).toEqual({ ok: true, text: `/orders/${ID}` });
  });

  test("in a JSON body", () => {
    const value = template("{{ captures.id }}").value(scope);
    expect(writeJson({ order: value.ok && value.value, list: [1, ID], text: `${ID}` }))
      .toBe(`{"order":${ID},"list":[1,${ID}],"text":"${ID}"}`);
  });
});
