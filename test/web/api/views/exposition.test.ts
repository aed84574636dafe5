import { describe, expect, test } from "vitest";
import { exposition, formatLabels } from "../../../../src/web/api/views/exposition.ts";
import { checkMetrics, testWithPrometheus } from "../promtool.ts";

describe("a text that is hostile to the format", () => {
  test.each([
    ["a quotation mark", 'a"} 1', 'x{a="a\\"} 1"} 1'],
    ["a backslash", "a\\", 'x{a="a\\\\"} 1'],
    ["a line feed", "a\nx 2", 'x{a="a\\nx 2"} 1'],
    ["braces and commas", 'a,b="c"{}', 'x{a="a,b=\\"c\\"{}"} 1'],
    ["half a surrogate pair", "a\ud800", 'x{a="a\ufffd"} 1'],
  ])("%s stays in its label value", (_, value, line) => {
    const text = exposition([{
      name: "x",
      help: "h",
      series: [{ labels: formatLabels({ a: value }), value: 1 }],
    }]);
    expect(text).toBe(`# HELP x h\n# TYPE x gauge\n${line}\n`);
  });

  test("a description stays on its line", () => {
    expect(exposition([{ name: "x", help: 'a\\\n"b"', series: [] }])).toBe(
      '# HELP x a\\\\\\n"b"\n# TYPE x gauge\n',
    );
  });

  test.each([[NaN, "NaN"], [Infinity, "+Inf"], [-Infinity, "-Inf"], [1e21, "1e+21"], [-0.5, "-0.5"]])(
    "%s is written %s",
    (value, written) => {
      expect(exposition([{ name: "x", help: "h", series: [{ labels: "", value }] }])).toMatch(
        `\nx ${written}\n`,
      );
    },
  );

  testWithPrometheus("promtool reads each of them", () => {
    const hostile = [
      '"',
      "\\",
      "\n",
      "\r\n",
      '\\"',
      '"} 1\nx{a="',
      "\u0000",
      "\u202e",
      "\ud800",
      "\u{1f600}",
      "",
    ];
    const series = hostile.map((value, at) => ({ labels: formatLabels({ at: `${at}`, value }), value: at }));
    expect(checkMetrics(exposition([{ name: "x", help: 'a\\\n"b"', series }]))).toBe("");
    expect(checkMetrics('x{a="b" 1\n')).not.toBe("");
  });
});
