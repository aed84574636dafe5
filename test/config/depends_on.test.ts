import { expect, test } from "vitest";
import { loadText, problemsOf } from "./load_text.ts";

const config = (dependencies: Record<string, string>) =>
  `version: 1\ntargets:\n` + Object.entries(dependencies).map(([id, list]) =>
    `  - id: ${id}
    url: https://${id}.example
    dependsOn: ${list}
    checks: [{ journey: [{ expect: ["status == 200", "body.ok == true"] }] }]
`
  ).join("");

test("targets that depend on others", async () => {
  const { targets } = await loadText(
    config({ shop: "[api, db]", api: "[db]", db: "[other]", other: "[]" }).replace("dependsOn: []\n    ", ""),
  );
  expect(targets.map(({ dependsOn }) => dependsOn)).toEqual([["api", "db"], ["db"], ["other"], []]);
});

test.each<[string, Record<string, string>, object[]]>([
  ["none of the config", { shop: "[databse]", database: "[shop]" }, [
    {
      path: "targets[0].dependsOn[0]",
      message: "there is no target of this id",
      found: "databse",
      suggestion: "database",
    },
  ]],
  ["itself", { shop: "[shop]" }, [
    {
      path: "targets[0].dependsOn[0]",
      message: "it would depend on itself: shop -> shop",
      expected: "no circle",
    },
  ]],
  ["each other", { shop: "[api]", api: "[db]", db: "[shop]" }, [
    { path: "targets[0].dependsOn[0]", message: "it would depend on itself: shop -> api -> db -> shop" },
    { path: "targets[1].dependsOn[0]", message: "it would depend on itself: api -> db -> shop -> api" },
    { path: "targets[2].dependsOn[0]", message: "it would depend on itself: db -> shop -> api -> db" },
  ]],
])("on %s: an error", async (_name, dependencies, expected) => {
  const problems = await problemsOf(config(dependencies));
  expect(problems.filter(({ severity }) => severity === "error")).toMatchObject(expected);
});
