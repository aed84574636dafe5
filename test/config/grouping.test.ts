import { describe, expect, test } from "vitest";
import type { Grouping } from "../../src/config/grouping.ts";
import { loadText, problemsOf } from "./load_text.ts";

const text = (routes: string) =>
  `version: 1
targets:
  - { id: shop, url: https://shop.example, labels: { team: pay }, checks: [{ journey: [{ expect: status == 200 }] }] }
webhooks:
  - { id: chat, kind: slack, url: "\${env:URL}" }
routes:
${routes}`;

describe("groupBy, groupWait and groupInterval", () => {
  test.each<[string, string, Grouping | undefined, Grouping | undefined]>([
    ["of a route that says nothing are left to its sinks", "{ sinks: [chat] }", undefined, undefined],
    ["may be all of a route", "{ sinks: [chat], groupBy: [] }", { by: [] }, undefined],
    [
      "are those of the route above, but for what the one below says",
      "{ sinks: [chat], groupBy: [target, labels.team], groupWait: 10s, routes: [{ groupInterval: 5m }] }",
      { by: ["target", "labels.team"], waitMs: 10_000 },
      { by: ["target", "labels.team"], waitMs: 10_000, intervalMs: 300_000 },
    ],
    [
      "may be taken back below",
      '{ sinks: [chat], groupBy: [kind], routes: [{ groupBy: ["..."] }] }',
      { by: ["kind"] },
      { by: ["..."] },
    ],
  ])("%s", async (_name, route, own, below) => {
    const { routes } = await loadText(text(`  - ${route}\n`));
    expect([routes![0]!.grouping, routes![0]!.routes[0]?.grouping]).toEqual([own, below]);
  });

  test.each<[string, string, object]>([
    ["a word that is none", "groupBy: [targt]", {
      path: "routes[0].groupBy[0]",
      message: "nothing to group by",
      expected: "one of target, check, family, kind, severity, region, labels.NAME",
      found: "targt",
      suggestion: "target",
    }],
    ["a label that no target has", "groupBy: [target, labels.tem]", {
      path: "routes[0].groupBy[1]",
      message: "no target has this label",
      suggestion: "labels.team",
    }],
    ['"..." beside others', 'groupBy: [target, "..."]', {
      path: "routes[0].groupBy[1]",
      message: '"..." must be the only entry: it disables grouping',
    }],
    ["an interval of nothing", "groupInterval: 0s", { path: "routes[0].groupInterval" }],
    ["a wait of a day", "groupWait: 24h", { path: "routes[0].groupWait" }],
  ])("with %s are an error", async (_name, fields, problem) => {
    const problems = await problemsOf(text(`  - { sinks: [chat], ${fields} }\n`));
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining(problem),
    ]);
  });
});
