import { expect, test } from "vitest";
import { edit, problemsOf } from "./load_text.ts";

const STEP = '- expect: ["status == 200", "body.ok == true"]';

test.each<[string, string, string]>([
  ["      - id: write\n", "      - id: write\n        intervall: 1m\n", "every"],
  ["      - id: write\n", "      - id: write\n        interval: 1m\n", "every"],
  [STEP, "- { expect: body.ok, extract: { a: body.a } }", "capture"],
  [STEP, "- { request: { body: a }, expect: body.ok }", "raw"],
  [STEP, "- { expect: status = 200 }", "status == 200"],
  [STEP, "- { expect: \"body.a = 'x=y' && status >= 200\" }", "body.a == 'x=y' && status >= 200"],
])("%s as %s means %s", async (find, replacement, suggestion) => {
  const problems = await problemsOf(edit(find, replacement));
  expect(problems.map(({ suggestion }) => suggestion)).toContain(suggestion);
});
