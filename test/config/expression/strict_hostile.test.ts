import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpectation, compileProgram } from "../../../src/config/expression/compile.ts";
import { answer, HTTP } from "./facts.ts";

const SOURCES = [
  "body == []",
  "body.a == body.a",
  "has(body.a)",
  "size(body) > 0",
  "body.all(i, i == 1)",
  "body.a.b == 'x'",
  "body in [1]",
];

describe("a body nested 100,000 deep", () => {
  const lists = "[".repeat(100_000) + "]".repeat(100_000);
  const maps = '{"a":'.repeat(100_000) + "1" + "}".repeat(100_000);
  test.each(SOURCES)("fails %s", (source) => {
    for (const text of [lists, maps]) {
      expect(compileExpectation(source, [], HTTP).test(answer(text))?.reason).toBe("parse");
    }
  });

  test("does not matter where the body is not used", () => {
    expect(compileExpectation("status == 200", [], HTTP).test(answer(lists))).toBeNull();
    expect(compileProgram("body", [], HTTP).run(answer(maps)).ok).toBe(false);
  });

  test("is refused from the 101st level on", () => {
    const nested = (levels: number) => answer("[".repeat(levels) + "]".repeat(levels));
    const size = compileExpectation("size(body) == 1", [], HTTP);
    expect(size.test(nested(100))).toBeNull();
    expect(size.test(nested(101))?.reason).toBe("parse");
  });
});

describe("for any JSON body", () => {
  const anyText = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ a: fc.oneof(fc.jsonValue(), fc.record({ b: fc.oneof(fc.constant("x"), fc.jsonValue()) })) })
      .map((body) => JSON.stringify(body)),
  );

  test("body.a.b == 'x' holds only for the string x", () => {
    const expectation = compileExpectation("body.a.b == 'x'", [], HTTP);
    fc.assert(fc.property(anyText, (text) => {
      expect(expectation.test(answer(text)) === null).toBe(isX(text));
    }));
  });

  test.each([
    "body.a.b == 'x'",
    "body.a.b < 5",
    "!(body.a == body.b) || body.c",
    "body.a.all(i, i.b in [1, 2])",
  ])(
    "%s and its negation never both hold, and what fails says so briefly",
    (source) => {
      const [plain, negated] = [
        compileExpectation(source, [], HTTP),
        compileExpectation(`!(${source})`, [], HTTP),
      ];
      fc.assert(fc.property(anyText, (text) => {
        const facts = answer(text);
        const mismatches = [plain.test(facts), negated.test(facts)].filter((mismatch) => mismatch !== null);
        expect(mismatches.length).toBeGreaterThan(0);
        for (const { detail } of mismatches) {
          expect(detail.length).toBeGreaterThan(0);
          expect(detail.length).toBeLessThanOrEqual(300);
        }
      }));
    },
  );
});

/** What the expectation says, read by hand. */
function isX(text: string): boolean {
  try {
    return JSON.parse(text)?.a?.b === "x";
  } catch {
    return false;
  }
}
