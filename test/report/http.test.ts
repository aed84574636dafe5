import { expect, test } from "vitest";
import { DIALECTS, read } from "../../src/report/mod.ts";

const answered = (json: unknown) => {
  const answer = {
    url: new URL("https://shop.example/health"),
    status: 200,
    headers: new Headers(),
    text: JSON.stringify(json),
  };
  return read(answer, { dialect: "http" }, DIALECTS).state;
};

test.each<[string, unknown, string]>([
  ["null", { status: null }, "unknown"],
  ["an object", { status: { code: 200 } }, "unknown"],
  ["a list", { state: [] }, "unknown"],
  ["a word", { status: "up" }, "ready"],
  ["no such key: the code decides", { uptime: 5 }, "ready"],
])("http under 200 with a status that is %s", (_name, json, state) => {
  expect(answered(json)).toBe(state);
});
