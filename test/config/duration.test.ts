import { expect, test } from "vitest";
import { meantDuration } from "../../src/config/schema/duration.ts";
import { edit, problemsOf } from "./load_text.ts";

test.each<[value: unknown, least: string, most: string, meant: string | undefined]>([
  [60, "1s", "1d", "60s"],
  ["60", "1s", "1d", "60s"],
  [200, "50ms", "30s", "200ms"],
  [5_000, "50ms", "30s", "5000ms"],
  [60_000, "1s", "1d", "60000ms"],
  [1.5, "1s", "1d", "1500ms"],
  ["1.5h", "1s", "1d", "90m"],
  ["5 minutes", "1s", "1d", "5m"],
  ["1 hour 30 min", "1s", "1d", "1h30m"],
  ["250 milliseconds", "50ms", "30s", "250ms"],
  ["3S", "1s", "1d", "3s"],
  ["2 days", "1s", "30d", "2d"],
  ["2 hrs", "1s", "1d", "2h"],
  ["30sec", "1s", "1d", "30s"],
  [0, "1s", "1d", undefined],
  [-5, "1s", "1d", undefined],
  [NaN, "1s", "1d", undefined],
  ["2m", "100ms", "45s", undefined],
  ["soon", "1s", "1d", undefined],
  [true, "1s", "1d", undefined],
  [null, "1s", "1d", undefined],
])("%s from %s to %s means %s", (value, least, most, meant) => {
  expect(meantDuration(value, least, most)).toBe(meant);
});

const STEP = '- expect: ["status == 200", "body.ok == true"]';

test.each<[field: string, find: string, replacement: string]>([
  ["every", "- id: write", "- id: write\n        every: 20"],
  ["timeout", "- id: write", "- id: write\n        timeout: 20"],
  ["confirm", "- id: write", "- id: write\n        confirm: 20"],
  ["maxAge", "- id: write", '- id: write\n        maxAge: "20"'],
  ["drainWindow", "- id: write", "- id: write\n        drainWindow: 20"],
  ["within", STEP, "- { expect: body.ok == true, until: { every: 1s, within: 20 } }"],
  ["timeout", STEP, '- { expect: body.ok == true, timeout: "20" }'],
  ["releaseAfter", "version: 1\n", "version: 1\ndefaults: { releaseAfter: 20 }\n"],
])("a number for %s is answered with a duration: %#", async (field, find, replacement) => {
  const problems = await problemsOf(edit(find, replacement));
  expect(problems.filter(({ path }) => path.endsWith(field))).toMatchObject([
    { message: expect.stringContaining("not a duration from"), suggestion: "20s" },
  ]);
});
