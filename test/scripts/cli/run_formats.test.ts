import { describe, expect, test } from "vitest";
import { KINDS } from "../../../functions/deno/kinds.ts";
import {
  githubAnnotations,
  githubSummary,
  junit,
  type ReportedResult,
} from "../../../scripts/cli/run_formats.ts";
import { load } from "../../../src/config/mod.ts";
import type { Verdict } from "../../../src/judgement/verdict.ts";

const TEXT = `version: 1
targets:
  - id: shop
    url: https://shop.example
    checks:
      - id: read
        journey: [{ expect: body.ok == true }]
      - id: write
        journey:
          - { name: place, expect: body.ok == true }
          - { name: read back, expect: body.ok == true }
`;

async function results(
  file?: string,
): Promise<{ results: ReportedResult[]; loaded: Awaited<ReturnType<typeof load>> }> {
  const loaded = await load({ kind: "files", files: [{ text: TEXT, file }] }, { kinds: KINDS });
  const [read, write] = loaded.config.checks;
  const result = (
    check: ReportedResult["check"],
    word: Verdict,
    exit: number,
    detail?: string,
  ): ReportedResult => ({
    check,
    exit,
    verdict: { word },
    text: `${check.key}: ${word}\n  does  it, "so" & <so>, 100%`,
    walked: {
      before: null,
      observation: {
        outcome: detail ? "fail" : "pass",
        transport: false,
        steps: [],
        totalMs: 1234.5,
        ...detail && { failure: { step: "read back", reason: "expectation", detail } },
      },
    },
  });
  return {
    loaded,
    results: [
      result(read!, "ready", 0),
      result(write!, "drift", 1, "body.ok is <false>\u0007 | no"),
      result(read!, "inconclusive", 2),
    ],
  };
}

describe("junit", () => {
  test("has one suite a target, and tells failures from what nobody knows", async () => {
    const text = junit((await results()).results);
    expect(text).toContain('<testsuite name="shop" tests="3" failures="1" errors="1">');
    expect(text).toContain(
      '<testcase classname="shop" name="read" time="1.234"/>'.replace("1.234", (1.2345).toFixed(3)),
    );
    expect(text).toContain(
      '<failure type="drift" message="shop/write: drift: read back: body.ok is &lt;false&gt;\ufffd | no">',
    );
    expect(text).toContain("it, &quot;so&quot; &amp; &lt;so&gt;, 100%</failure>");
    expect(text).toContain('<error type="inconclusive"');
  });
});

describe("github", () => {
  test("annotates the line of the step that failed, or of the check, in its own file", async () => {
    const { results: all, loaded } = await results("conf.d/a,b.yaml");
    const [drift, inconclusive, summary] = githubAnnotations("conf.d", all, loaded);
    expect(drift).toBe(
      '::error file=conf.d/a%2Cb.yaml,line=11,col=13,title=shop/write%3A drift::shop/write: drift%0A  does  it, "so" & <so>, 100%25',
    );
    expect(inconclusive).toMatch(/^::warning file=conf\.d\/a%2Cb\.yaml,line=6,/);
    expect(summary).toBe("1 of 3 checks are ready");
  });

  test("writes a table that no value breaks", async () => {
    const table = githubSummary((await results()).results).trim().split("\n");
    expect(table).toHaveLength(5);
    for (const row of table) expect(row.replaceAll("\\|", "").match(/\|/g)).toHaveLength(5);
  });
});
