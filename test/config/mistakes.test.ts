/** Mistakes, doubts, and texts that are no config. */
import { describe, expect, test } from "vitest";
import { BASE, edit, problemsOf, takeMark } from "./load_text.ts";

test("five different mistakes come at once, in the order of the file", async () => {
  const text = `version: 1
lisen: 8080
targets:
  - id: Shop
    url: https://shop.example
    checks:
      - every: 7s
        timeout: 1s
        report: { path: /readyz, dialect: sprng }
        journey:
          - expect: ["status == 200", "bdy.ok == true"]
`;
  const problems = await problemsOf(text);
  expect(problems.map(({ line, column, path, suggestion }) => [line, column, path, suggestion])).toEqual([
    [2, 1, "lisen", "listen"],
    [4, 9, "targets[0].id", undefined],
    [7, 16, "targets[0].checks[0].every", undefined],
    [9, 43, "targets[0].checks[0].report.dialect", "spring"],
    [11, 40, "targets[0].checks[0].journey[0].expect[1]", "body"],
  ]);
  expect(problems.every(({ expected, found }) => expected && found)).toBe(true);
});

describe("a mistake in an expression points into its text", () => {
  const withStep = (line: string) => edit('expect: ["status == 200", "body.ok == true"]', line);
  test.each([
    ["plain", "expect: body.ok == ▸bdy", "expect"],
    ["double-quoted", 'expect: "body.ok == ▸bdy"', "expect"],
    ["double-quoted with escapes", 'expect: "body.a == \\"\\u0061\\" && ▸bdy.ok"', "expect"],
    ["single-quoted with quotes", "expect: 'body.a == ''x'' && ▸bdy.ok'", "expect"],
    ["in a list", 'expect: ["status == 200", "▸bdy.ok"]', "expect[1]"],
    ["a block: at its start", "expect: ▸|\n              status == 200 && bdy.ok", "expect"],
    ["a capture", "expect: body.ok == true\n            capture: { a: ▸bdy.id }", "capture.a"],
    [
      "a template",
      'request: { path: "/a/{{ ▸rn.id }}" }\n            expect: body.ok == true',
      "request.path",
    ],
    [
      "a template in a body",
      'request: { method: POST, json: { a: ["{{ ▸rn.id }}"] } }\n            expect: body.ok == true',
      "request.json.a[0]",
    ],
    ["a value nobody captured", "expect: body.ok == ▸captures.order", "expect"],
  ])("%s", async (_name, line, path) => {
    const { text, ...position } = takeMark(withStep(line));
    const [problem, ...others] = (await problemsOf(text)).filter(({ severity }) => severity === "error");
    expect(problem).toMatchObject({ ...position, path: `targets[0].checks[0].journey[0].${path}` });
    expect(others).toEqual([]);
  });
});

describe("warnings", () => {
  const warningsOf = async (text: string) =>
    (await problemsOf(text)).map(({ severity, path }) => [severity, path]);

  test("a set of expectations that a hostile answer would pass", async () => {
    const text = edit(', "body.ok == true"', "");
    const [warning, ...others] = await problemsOf(text);
    expect(warning).toMatchObject({
      severity: "warning",
      path: "targets[0].checks[0].journey[0].expect",
      line: 9,
    });
    expect(warning!.message).toContain("200 with an empty body");
    expect(others).toEqual([]);
  });

  test("a capture that no later step uses", async () => {
    const text = edit("- expect:", "- capture: { used: body.id, idle: body.id }\n            expect:");
    const later = `          - expect: ["body.id == captures.used"]\n`;
    expect(await warningsOf(text + later)).toEqual([
      ["warning", "targets[0].checks[0].journey[0].capture.idle"],
    ]);
  });

  test("a timeout above the period", async () => {
    expect(await warningsOf(edit("id: write", "id: write\n        every: 5s"))).toEqual([
      ["warning", "targets[0].checks[0].every"],
    ]);
  });
});

describe("texts that are no config", () => {
  const DEEP = "[".repeat(100_000);
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"];
  for (const [i, name] of [..."bcdefgh"].entries()) {
    const above = "abcdefgh"[i];
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${above}`).join(", ")}]`);
  }

  test.each([
    ["an empty file", "", 1, 1, "not a config"],
    ["only a comment", "# nothing yet\n", 1, 1, "not a config"],
    ["a list", "- version: 1\n", 1, 1, "not a config"],
    ["two documents", "version: 1\n---\nversion: 1\n", 2, 1, "more than one YAML document; a config has one"],
    ["a tab", "version: 1\napi:\n\ttoken: x\n", 3, 1, "a tab cannot indent YAML; use spaces"],
    [
      "an unquoted template",
      "version: 1\npublicUrl: {{ run.id }}\n",
      2,
      13,
      "a key must be a text; a value that starts with { needs quotes",
    ],
    ["an unknown alias", "version: *one\n", 1, 10, "no earlier anchor has this name"],
    [
      "an alias in its own anchor",
      "version: 1\ntargets: &t [*t]\n",
      2,
      14,
      "this alias is inside its own anchor",
    ],
    ["aliases that multiply", bomb.join("\n"), 1, 1, "its aliases multiply this document too often"],
    ["100,000 levels", DEEP, 1, 1, "this document is nested too deeply"],
  ])("%s", async (_name, text, line, column, message) => {
    const problems = await problemsOf(text);
    expect(problems[0]).toMatchObject({ severity: "error", line, column, message });
    expect(problems.length).toBeLessThanOrEqual(20);
  });

  test("more than 4 MiB, before it is parsed", async () => {
    const remark = `${"# nothing to see here".padEnd(1023)}\n`;
    const fits = BASE + remark.repeat(4 * 1024 - 1);
    expect(await problemsOf(fits)).toEqual([]);
    expect(await problemsOf(fits + remark.repeat(20 * 1024) + "\t: [not even YAML")).toEqual([{
      severity: "error",
      path: "config",
      line: 1,
      column: 1,
      message: "this document is too large",
      expected: "at most 4 MiB",
      found: "24.0 MiB",
    }]);
  });

  test("a key that stands twice does not hide other mistakes", async () => {
    const text = edit("id: write", "id: write\n        scope: globl\n        id: again");
    expect((await problemsOf(text)).map(({ line, column, path }) => [line, column, path])).toEqual([
      [7, 16, "targets[0].checks[0].scope"],
      [8, 9, "targets[0].checks[0].id"],
    ]);
  });

  test("aliases are read, and a mistake is shown where it is written", async () => {
    const shared = "journey: &walk\n          - expect: [body.ok == true, ▸bdy.ok]";
    const { text, line, column } = takeMark(
      edit('journey:\n          - expect: ["status == 200", "body.ok == true"]', shared),
    );
    const other = "      - { id: other, journey: *walk }\n";
    const problems = await problemsOf(text + other);
    expect(problems.map((problem) => [problem.line, problem.column])).toEqual([[line, column], [
      line,
      column,
    ]]);
  });

  test("of 3,000 mistakes 2,000 are listed", async () => {
    const labels = Array.from({ length: 3_000 }, (_, i) => `      l${i}: [1]`).join("\n");
    const text = edit("url: https://shop.example", `url: https://shop.example\n    labels:\n${labels}`);
    expect(await problemsOf(text)).toHaveLength(2_000);
  });
});
