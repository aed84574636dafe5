import { describe, expect, test } from "vitest";
import {
  compileExpectation,
  compileProgram,
  compileTemplate,
} from "../../../src/config/expression/compile.ts";
import { ExpressionError } from "../../../src/config/expression/error.ts";
import { vacuousPasses } from "../../../src/config/expression/mod.ts";
import { HOSTILE_HTTP } from "../../../src/evidence/probe/steps/http/answer.ts";
import { HTTP } from "./facts.ts";

function mistake(compile: () => unknown): ExpressionError {
  try {
    compile();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error("Cannot find the mistake as it compiled");
}

describe("a mistake is found where it stands", () => {
  test.each([
    ["statos == 200", "statos", { found: "statos", suggestion: "status" }],
    ["status == 200 && boddy.a == 1", "boddy", { suggestion: "body" }],
    ["nonsense == 1", "nonsense", { suggestion: undefined }],
    ["run.idd == 'x'", "idd", { found: "idd", suggestion: "id" }],
    ["captures.ordr == 'x'", "captures.ordr", { found: "ordr", suggestion: "order" }],
    ["captures['ordr'] == 'x'", "captures['ordr']", { suggestion: "order" }],
    ["has(captures.later)", "captures.later", { expected: "one of order" }],
    ["sise(body.a) > 1", "sise(body.a)", { found: "sise", suggestion: "size" }],
    ["status == 'x'", "status == 'x'", {}],
    ["body.id.matches('(')", "'('", { message: "Invalid pattern", found: "missing closing ): `(`" }],
    ["status", "status", { expected: "a bool", found: "a number" }],
    ["size(body.a)", "size(body.a)", { expected: "a bool", found: "a number" }],
    ["status == ", "", {}],
    ["body.t == '${env:TOKEN}'", "${env:TOKEN}", { message: "secrets are not visible to expressions" }],
  ])("%s", (source, where, hints) => {
    const error = mistake(() => compileExpectation(source, ["order"], HTTP));
    expect(source.slice(error.start, error.end)).toBe(where);
    expect(error).toMatchObject(hints);
  });

  test.each([
    ["text longer than 4096 characters", `"${"x".repeat(5000)}" == text`],
    ["4,000 negations", "!".repeat(4000) + "true"],
    ["1,000 parentheses", "(".repeat(1000) + "true" + ")".repeat(1000)],
  ])("%s is refused", (_name, source) => {
    expect(mistake(() => compileExpectation(source, [], HTTP))).toBeInstanceOf(ExpressionError);
  });

  test("a program may have any type, but no unknown name", () => {
    expect(compileProgram("status", [], HTTP).source).toBe("status");
    expect(mistake(() => compileProgram("stats", [], HTTP)).suggestion).toBe("status");
  });

  test.each([
    ["a {{ captures.ordr }}", "captures.ordr", { suggestion: "order" }],
    ["a {{ status }}", "status", { expected: "one of captures, now, run" }],
    ["{{ body.id }}", "body", {}],
    ["a {{ run.id", "{{ run.id", { expected: "}}" }],
    ["{{ '${env:TOKEN}' }}", "${env:TOKEN}", {}],
  ])("in the template %s", (source, where, hints) => {
    const error = mistake(() => compileTemplate(source, ["order"]));
    expect(source.slice(error.start, error.end)).toBe(where);
    expect(error).toMatchObject(hints);
  });
});

describe("credulous names the hostile answers that a set would pass", () => {
  const ALL = ["200 with an empty body", "HTML error page", "{}", "null", "[]", "truncated JSON"];
  test.each([
    ["status alone", ["status == 200"], ALL],
    ["no expectation", [], ALL],
    ["a content type", ["headers['content-type'] == 'application/json'"], ALL.slice(2)],
    ["an absent error", ["status == 200", "!has(body.error)"], ["{}"]],
    ["an error that is null", ["body == null"], ["null"]],
    ["all of an empty list", ["body.all(i, i.ok)"], ["{}", "[]"]],
    ["a text", ["!text.contains('DOWN')"], ALL],
    ["a field", ["status == 200", "body.id != ''"], []],
    ["a captured value", ["captures.order != ''"], ALL],
    ["the echo of a captured value", ["body.id == captures.order"], []],
  ])("%s", (_name, sources, names) => {
    expect(
      vacuousPasses(sources.map((source) => compileExpectation(source, ["order"], HTTP)), HOSTILE_HTTP),
    ).toEqual(names);
  });
});
