import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileExpectation } from "../../../src/config/expression/compile.ts";
import { loadPatterns } from "../../../src/config/expression/pattern.ts";
import { answer, HTTP } from "./facts.ts";

const patterns = await loadPatterns();
/** As an expression does: what it writes out is held against the syntax first. */
function found(source: string, text: string): boolean {
  expect(patterns.prepare(source)).toBeUndefined();
  return patterns.find(text, source);
}

/** By https://github.com/google/re2/wiki/Syntax. */
describe("a pattern means what RE2 says", () => {
  test.each<[source: string, text: string, found: boolean]>([
    ["b", "abc", true],
    ["^b", "abc", false],
    ["^b", "a\nb", false],
    ["(?m)^b$", "a\nb\nc", true],
    ["a$", "a\n", false],
    ["a\\z", "a", true],
    ["\\Aa", "ba", false],
    ["a.b", "a\nb", false],
    ["(?s)a.b", "a\nb", true],
    ["(?i)ready", "All READY", true],
    ["re(?i:AD)y", "readY", false],
    ["^.$", "😀", true],
    ["^\\x{1F600}$", "😀", true],
    ["^\\d$", "٣", false],
    ["^\\pN$", "٣", true],
    ["^\\p{Greek}+$", "αβγ", true],
    ["^\\P{Greek}+$", "αβγ", false],
    ["^\\w$", "é", false],
    ["\\s", "\v", false],
    ["^[[:alpha:]]+$", "abc", true],
    ["^[^a-c]$", "b", false],
    ["\\bcat\\b", "a cat!", true],
    ["\\Bcat", "a cat!", false],
    ["^(?P<year>\\d{4})-(?<month>\\d\\d)$", "2026-11", true],
    ["^\\Qa.b\\E$", "axb", false],
    ["^a{2,3}$", "aaaa", false],
    ["^a{,2}$", "a{,2}", true],
    ["^(a|ab)(c|bcd)(d*)$", "abcd", true],
    ["", "", true],
  ])("%j in %j: %s", (source, text, is) => expect(found(source, text)).toBe(is));

  test.each([
    ["(?=a)", "lookaround: `(?=`"],
    ["(?!a)b", "lookaround: `(?!`"],
    ["(?<=a)b", "lookaround: `(?<=a)b`"],
    ["(?<!a)b", "lookaround: `(?<!a)b`"],
    ["(a)\\1", "a backreference: `\\1`"],
    ["(?<n>a)\\k<n>", "a backreference: `\\k`"],
    ["(?>a)", "an atomic group: `(?>`"],
    ["a++", "a possessive repetition: `++`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["(", "missing closing ): `(`"],
    ["[z-a]", "invalid character class range: `z-a`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["a{1000}".repeat(6), "its repetitions come to 6002 instructions, more than 5000"],
  ])("%s is none", (source, fault) => expect(patterns.prepare(source)?.found).toBe(fault));

  /** Where both engines agree by definition: ASCII letters, groups, repetitions. */
  const PLAIN = fc.letrec<{ pattern: string; piece: string }>((tie) => ({
    piece: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("a", "b", "[ab]", "."),
      fc.tuple(tie("pattern"), fc.constantFrom("", "*", "+", "?", "{0,2}", "*?")).map(([one, more]) =>
        `(?:${one})${more}`
      ),
    ),
    pattern: fc.array(tie("piece"), { minLength: 1, maxLength: 3 }).map((pieces) =>
      pieces.join("|".repeat(pieces.length % 2))
    ),
  })).pattern;

  test("and what JavaScript says where both have the same words", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 6 });
    fc.assert(fc.property(PLAIN, text, (source, text) => {
      expect(found(`^(?:${source})$`, text)).toBe(new RegExp(`^(?:${source})$`).test(text));
    }));
  });

  test("and it ends on every text, however repetitions are nested", () => {
    fc.assert(
      fc.property(PLAIN, fc.constantFrom("a", "ab", "aab"), (source, unit) => {
        const nested = `^(?:(?:${source})+)+(?:(?:${source})*)*$`;
        // An engine that backtracks needs 2^n steps for the last character.
        found(nested, `${unit.repeat(1_000)}!`);
      }),
      { numRuns: 100 },
    );
  });
});

describe("matches", () => {
  const judge = (source: string, text: string) => compileExpectation(source, [], HTTP).test(answer(text));

  test.each([
    ["text.matches('^(a+)+$')", `${"a".repeat(28)}!`],
    ["text.matches('(x+x+)+y')", "x".repeat(100_000)],
    ["text.matches('^(.*)*(.*)*[yz]$')", "x".repeat(100_000)],
  ])("%s says no to a text that other engines never come back from", (source, text) => {
    expect(judge(source, text)?.reason).toBe("false");
    expect(judge(`!${source}`, text)).toBeNull();
  });

  test("takes a text of the longest body", () => {
    expect(judge("text.matches('(?i)READY[.!]$')", `${"a".repeat((1 << 20) - 6)}ready!`)).toBeNull();
  });

  test("takes no text whose steps would keep others waiting", () => {
    const [fits, tooLong] = ["a".repeat(20_000), "a".repeat(60_000)];
    expect(judge("text.matches('^(a?){500}')", fits)).toBeNull();
    expect(judge("text.matches('^(a?){500}')", tooLong)).toMatchObject({
      reason: "limit",
      detail: expect.stringMatching(/this pattern takes at most \d+ characters, not 60000/),
    });
  });

  test("takes a pattern of the answer, a short one", () => {
    const body = (pattern: string) => JSON.stringify({ pattern });
    const source = "'abc'.matches(body.pattern)";
    expect(judge(source, body("^A"))?.reason).toBe("false");
    expect(judge(source, body("(?i)^A"))).toBeNull();
    expect(judge(source, body("(?=a)"))).toMatchObject({
      reason: "error",
      detail: expect.stringContaining("lookaround"),
    });
    expect(judge(source, body("a".repeat(257)))).toMatchObject({
      reason: "error",
      detail: expect.stringContaining("256"),
    });
    expect(judge(source, '{"pattern":null}')?.reason).toBe("type");
  });

  test("is refused by a build without patterns", () => {
    const { variables } = HTTP;
    expect(() => compileExpectation("text.matches('a')", [], { variables })).toThrow(
      "this build has no patterns",
    );
  });
});
