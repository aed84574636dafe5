import { expect, test } from "vitest";
import { KINDS } from "../../functions/deno/kinds.ts";
import { diffConfigs, formatDiff } from "../../src/config/diff.ts";
import { load } from "../../src/config/mod.ts";

const check = (id: string, more = "", expectation = "body.ok == true") =>
  `      - { id: ${id}, ${more} journey: [{ expect: ${expectation} }] }\n`;
const config = async (...checks: string[]) =>
  (await load({
    kind: "yaml",
    text: `version: 1\ntargets:\n  - id: shop\n    url: https://shop.example\n    checks:\n${
      checks.join("")
    }`,
  }, { kinds: KINDS })).config;

test("a config differs from itself in nothing, however it is written", async () => {
  const one = await config(check("a", "every: 60s,"), check("b"));
  const other = await config(check("a", "every: 1m,"), check("b"));
  expect(diffConfigs(one, other)).toEqual({ added: [], removed: [], changed: [], rejudged: [] });
});

test("checks that come, go, ask something else, or are judged otherwise", async () => {
  const before = await config(check("gone"), check("asked"), check("judged"), check("same"));
  const after = await config(
    check("asked", "", "body.well == true"),
    check("judged", "failureThreshold: 5,"),
    check("same"),
    check("new"),
  );
  expect(diffConfigs(before, after)).toEqual({
    added: ["shop/new"],
    removed: ["shop/gone"],
    changed: ["shop/asked"],
    rejudged: ["shop/judged"],
  });
});

test("in words it says what becomes of the incidents", async () => {
  const before = await config(check("gone"), check("same"));
  const after = await config(check("same"));
  expect(formatDiff(diffConfigs(before, after))).toEqual([
    "- shop/gone: removed: its open incidents are resolved, reason removed",
  ]);
  expect(formatDiff(diffConfigs(before, before))).toEqual(["no check differs"]);
});
