import { describe, expect, test } from "vitest";
import { compileTemplate } from "../../../src/config/expression/compile.ts";
import { Scope } from "../../../src/config/expression/mod.ts";
import { FACTS } from "./facts.ts";

const captures = {
  order: "a b/ü?",
  n: 4,
  yes: true,
  list: [1, { a: 2 }],
  none: null,
  up: "..",
  half: "\ud800",
};
const facts = new Scope({ ...FACTS, captures });
const compile = (source: string) => compileTemplate(source, [...Object.keys(captures), "absent"]);

describe("a template", () => {
  test.each([
    ["/orders/{{ captures.order }}", "/orders/a%20b%2F%C3%BC%3F", "/orders/a b/ü?"],
    ["{{run.id}}-{{ captures.n + 1 }}", "r1-5", "r1-5"],
    ["{{ captures.yes }}", "true", "true"],
    ["{{ '}}' + run.id }}", "%7D%7Dr1", "}}r1"],
    ["${env:TOKEN} {{ run.slot }}", "${env:TOKEN} 60000", "${env:TOKEN} 60000"],
    ['{"a":{"b":1}}', '{"a":{"b":1}}', '{"a":{"b":1}}'],
    ["", "", ""],
  ])("%s is text", (source, url, none) => {
    expect(compile(source).render(facts, "url")).toEqual({ ok: true, text: url });
    expect(compile(source).render(facts, "none")).toEqual({ ok: true, text: none });
  });

  test.each([
    ["plain", { literal: true, single: false }],
    ["{{ run.id }}", { literal: false, single: true }],
    ["{{ run.id }} ", { literal: false, single: false }],
    ["{{ run.id }}{{ run.id }}", { literal: false, single: false }],
  ])("%j knows its form", (source, form) => expect(compile(source)).toMatchObject(form));

  test.each([
    ["{{ captures.n }}", 4],
    ["{{ run.slot }}", 60_000],
    ["{{ captures.yes }}", true],
    ["{{ captures.list }}", [1, { a: 2 }]],
    ["n={{ captures.n }}", "n=4"],
    ["plain", "plain"],
  ])("%s as JSON keeps its type", (source, value) => {
    expect(compile(source).value(facts)).toEqual({ ok: true, value });
  });

  test.each([
    ["{{ captures.absent }}", "captures.absent is missing"],
    ["{{ captures.none }}", "captures.none is null"],
    ["{{ captures.list }}", "captures.list is a list, not text"],
    ["{{ run }}", "run is a map, not text"],
  ])("%s is not text", (source, detail) => {
    expect(compile(source).render(facts, "none")).toEqual({ ok: false, detail });
    expect(compile(`/${source}`).value(facts)).toMatchObject({ ok: false, detail });
  });

  test.each([
    ["{{ captures.none }}", "null"],
    ["{{ captures.absent }}", "missing"],
  ])("%s is no JSON value either", (source, reason) => {
    expect(compile(source).value(facts)).toMatchObject({ ok: false, reason });
  });

  test.each(["{{ captures.up }}", "{{ captures.half }}"])("%s has no place in a URL", (source) => {
    expect(compile(source).render(facts, "url").ok).toBe(false);
    expect(compile(source).render(facts, "none").ok).toBe(true);
  });
});
