import { describe, expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { type ConfigError, load } from "../../src/config/mod.ts";
import { readPlainJson } from "../../src/config/plain_json.ts";

describe("readPlainJson", () => {
  test.each([
    ["keys in keys, lists and texts", `{"a": {"b": [1, {"c": "d"}]}, "e": null}`],
    ["a text that looks like a key", `{"a": "\\"b\\": 1", "c": ["d\\\\"]}`],
    ["an empty one", ` {} `],
  ])("reads %s", (_, text) => expect(readPlainJson(text)).toEqual(JSON.parse(text)));

  test.each([
    ["a key that is there twice", `{"a": 1, "b": {"c": 1, "c": 2}}`],
    ["a key that is there twice, escaped", `{"a": 1, "\\u0061": 2}`],
    ["a merge key", `{"a": {"<<": {"b": 1}}}`],
    ["YAML", "version: 1"],
    ["YAML in braces", "{version: 1}"],
    ["a list", "[1]"],
    ["half of it", `{"a": `],
    ["what is nested more deeply than the stack", `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
  ])("leaves %s to the reader of YAML", (_, text) => expect(readPlainJson(text)).toBeUndefined());
});

describe("a config of JSON", () => {
  const check = { report: { path: "/readyz" }, journey: [{ expect: ["body.ok == true"] }] };
  const config = { version: 1, targets: [{ id: "shop", url: "https://shop.example", checks: [check] }] };
  const read = (value: object, withoutPlaces: boolean) =>
    load({ kind: "yaml", text: JSON.stringify(value, null, 2) }, { kinds: KINDS, withoutPlaces });

  test("comes to the same with places and without", async () => {
    const [quick, whole] = await Promise.all([read(config, true), read(config, false)]);
    expect(JSON.stringify(quick.value)).toBe(JSON.stringify(whole.value));
    expect(quick.config.checks.map(({ digest }) => digest)).toEqual(
      whole.config.checks.map(({ digest }) => digest),
    );
    expect(whole.locate(["targets", 0, "id"], "value")).toMatchObject({ line: 5 });
  });

  test("has the places of what is wrong", async () => {
    const wrong = { ...config, retention: { raw: "soon" } };
    const problems = await read(wrong, true).catch((error: ConfigError) => error.problems);
    const line = JSON.stringify(wrong, null, 2).split("\n").findIndex((text) => text.includes('"raw"')) + 1;
    expect(problems).toMatchObject([{ path: "retention.raw", line }]);
  });

  test("has the places of what is doubtful", async () => {
    const doubtful = { ...check, timeout: "20s", every: "10s" };
    const targets = [{ ...config.targets[0]!, checks: [doubtful] }];
    const { warnings } = await read({ ...config, targets }, true);
    expect(warnings).not.toEqual([]);
    for (const { line } of warnings) expect(line).toBeGreaterThan(1);
  });
});
