import { describe, expect, test } from "vitest";
import { ROUTE_WORDS } from "../../../src/config/schema/routes.ts";
import { notices } from "../../../src/engine/notify/mod.ts";
import { routed, type RouteSubject } from "../../../src/engine/notify/route.ts";
import { INCIDENT_FAMILIES, INCIDENT_KINDS, SEVERITIES } from "../../../src/judgement/words.ts";
import { BASE, loadText, problemsOf } from "../../config/load_text.ts";
import { config, prober, SLOT, state, transition } from "./incident_fixture.ts";

const hook = (id: string) => `  - { id: ${id}, kind: slack, url: "\${env:URL}" }\n`;
const TARGETS = `targets:
${
  ["shop-eu", "shop-us", "billing", "search"].map((id) =>
    `  - { id: ${id}, url: https://${id}.example, checks: [{ id: read, journey: [{ expect: status == 200 }] }] }\n`
  ).join("")
}`;
const configOf = (routes: string, hooks = ["pager", "chat", "shop", "money", "asia", "log", "loose"]) =>
  `version: 1
regions:
  - { id: eu, probers: [{ id: fra, place: weur }] }
  - { id: ap, probers: [{ id: nrt, place: apac }] }
${TARGETS}webhooks:
${hooks.map(hook).join("")}${routes}`;

/** A tree with every part of the grammar in it. `loose` stands in none of its rules. */
const TREE = `routes:
  - { match: { severity: info }, sinks: [log], continue: true }
  - { match: { family: [quality, claim] }, sinks: [log] }
  - match: { target: "shop-*" }
    sinks: [shop]
    routes:
      - { match: { severity: critical, kind: drift }, sinks: [pager, shop] }
      - { match: { severity: critical }, sinks: [pager], continue: true }
      - { match: { region: ap }, sinks: [asia] }
      - { match: { check: write, severity: warning } }
  - { match: { labels: { team: [pay, "money-*"] } }, sinks: [money], continue: true }
  - { match: { labels: { tier: "1", team: pay } }, sinks: [pager] }
  - match: { family: advisory }
    sinks: [chat]
    routes: [{ match: { kind: prober }, sinks: [log] }]
  - { match: { target: _assay }, sinks: [chat, log] }
  - { match: { severity: [critical, warning] }, sinks: [chat] }
`;

const S: RouteSubject = {
  ...{ target: "search", check: "read", family: "service", kind: "outage", severity: "critical" },
  ...{ region: "global", labels: {} },
};
const info = { family: "quality", kind: "degraded", severity: "info" };
const blind = { family: "evidence", kind: "blind", severity: "warning" };
const partial = { family: "advisory", kind: "partial", severity: "warning" };
const silent = { family: "advisory", kind: "prober", severity: "warning" };
const claim = { family: "claim", kind: "contradiction", severity: "info" };
const ends = { family: "certificate", kind: "certificate", severity: "warning" };
const pay = { team: "pay" };

/** What differs from `S`, and who is told of it; `loose` always is. */
const ROWS: [Partial<RouteSubject>, string[]][] = [
  [{}, ["chat"]],
  [{ kind: "drift" }, ["chat"]],
  [{ severity: "warning" }, ["chat"]],
  [{ severity: "info" }, ["log"]],
  [info, ["log"]],
  [{ ...info, severity: "warning" }, ["log"]],
  [{ ...info, severity: "critical" }, ["log"]],
  [claim, ["log"]],
  [{ ...claim, severity: "warning" }, ["log"]],
  [blind, ["chat"]],
  [ends, ["chat"]],
  [partial, ["chat"]],
  [silent, ["log"]],
  [{ ...partial, kind: "region" }, ["chat"]],
  [{ ...partial, severity: "info" }, ["chat"]],
  [{ ...silent, severity: "critical" }, ["log"]],
  [{ target: "shop-eu" }, ["pager"]],
  [{ target: "shop-us" }, ["pager"]],
  [{ target: "shop" }, ["chat"]],
  [{ target: "my-shop-eu" }, ["chat"]],
  [{ target: "shop-eu", kind: "drift" }, ["pager", "shop"]],
  [{ target: "shop-eu", kind: "drift", severity: "warning" }, ["shop"]],
  [{ target: "shop-eu", severity: "warning" }, ["shop"]],
  [{ target: "shop-eu", severity: "info" }, ["shop", "log"]],
  [{ target: "shop-eu", region: "ap" }, ["pager", "asia"]],
  [{ target: "shop-eu", region: "ap", kind: "drift" }, ["pager", "shop"]],
  [{ target: "shop-eu", region: "ap", severity: "warning" }, ["asia"]],
  [{ target: "shop-eu", region: "eu" }, ["pager"]],
  [{ target: "shop-eu", region: "eu", severity: "warning" }, ["shop"]],
  [{ target: "shop-eu", check: "write", severity: "warning" }, ["shop"]],
  [{ target: "shop-eu", check: "write", severity: "warning", region: "ap" }, ["asia"]],
  [{ target: "shop-eu", ...info }, ["log"]],
  [{ target: "shop-eu", ...blind }, ["shop"]],
  [{ target: "shop-eu", ...ends }, ["shop"]],
  [{ target: "shop-eu", ...partial }, ["chat"]],
  [{ target: "shop-eu", ...silent }, ["log"]],
  [{ target: "shop-eu", ...partial, region: "ap" }, ["chat"]],
  [{ target: "shop-eu", labels: pay }, ["pager"]],
  [{ target: "billing", labels: pay }, ["money", "chat"]],
  [{ target: "billing", labels: pay, kind: "drift" }, ["money", "chat"]],
  [{ target: "billing", labels: pay, severity: "warning" }, ["money", "chat"]],
  [{ target: "billing", labels: pay, severity: "info" }, ["log", "money"]],
  [{ target: "billing", labels: pay, ...info }, ["log"]],
  [{ target: "billing", labels: pay, ...blind }, ["money", "chat"]],
  [{ target: "billing", labels: pay, ...partial }, ["chat"]],
  [{ target: "billing", labels: { team: "payments" } }, ["chat"]],
  [{ target: "billing", labels: { team: "money-eu" } }, ["money", "chat"]],
  [{ target: "billing", labels: { team: "money-" } }, ["money", "chat"]],
  [{ target: "billing", labels: { team: "money" } }, ["chat"]],
  [{ target: "billing", labels: { Team: "pay" } }, ["chat"]],
  [{ target: "billing", labels: { team: "pay", tier: "1" } }, ["money", "pager"]],
  [{ target: "billing", labels: { team: "money-eu", tier: "1" } }, ["money", "chat"]],
  [{ target: "billing", labels: { tier: "1" } }, ["chat"]],
  [{ target: "billing", labels: { team: "pay", tier: "1" }, ...partial }, ["chat"]],
  [{ target: "billing", labels: { team: "pay", tier: "2" }, severity: "info" }, ["log", "money"]],
  [{ target: "billing", labels: { ["constructor"]: "pay" } }, ["chat"]],
  [{ target: "_assay", check: "delivery", family: "evidence", kind: "delivery", severity: "warning" }, [
    "chat",
    "log",
  ]],
  [{ target: "_assay", check: "delivery", family: "evidence", kind: "delivery", severity: "info" }, [
    "log",
    "chat",
  ]],
  [{ target: "_assay", check: "prober-fra", ...silent }, ["log"]],
  [{ region: "ap" }, ["chat"]],
  [{ region: "ap", severity: "info" }, ["log"]],
  [{ check: "write" }, ["chat"]],
];

const tree = await loadText(configOf(TREE));

test("there are sixty rows and more", () => expect(ROWS.length).toBeGreaterThanOrEqual(60));

test.each(ROWS)("of %j these are told: %j", (change, expected) => {
  const told = routed(tree, { ...S, ...change }).map(({ webhook }) => webhook);
  expect(told.toSorted()).toEqual([...expected, "loose"].toSorted());
});

test("each is told by the rule that names it", () => {
  expect(routed(tree, { ...S, target: "shop-eu", kind: "drift" })).toEqual([
    { webhook: "pager", rule: "routes[2].routes[0]" },
    { webhook: "shop", rule: "routes[2].routes[0]" },
    { webhook: "loose" },
  ]);
});

test("without rules all are told of everything", async () => {
  const plain = await loadText(configOf("", ["pager", "chat"]));
  for (const change of [{}, info, partial]) {
    expect(routed(plain, { ...S, ...change })).toEqual([{ webhook: "pager" }, { webhook: "chat" }]);
  }
});

test("the words of the grammar are those of incidents", () => {
  expect(ROUTE_WORDS).toEqual({
    family: [...INCIDENT_FAMILIES],
    kind: [...INCIDENT_KINDS],
    severity: [...SEVERITIES],
  });
});

test.each<[string, string, object]>([
  ["a webhook that is none", "  - { sinks: [pagr] }", {
    path: "routes[0].sinks[0]",
    line: 19,
    message: "there is no webhook of this id",
    found: "pagr",
    suggestion: "pager",
  }],
  ["a rule that tells nobody", "  - { match: { severity: info } }", {
    path: "routes[0]",
    message: "the route notifies no sink",
    expected: "sinks, or nested routes",
  }],
  ["a target that none matches", '  - { match: { target: "shp-*" }, sinks: [chat] }', {
    path: "routes[0].match.target",
    message: "no target matches",
    found: "shp-*",
  }],
  ["a region that none matches", "  - { match: { region: us }, sinks: [chat] }", {
    path: "routes[0].match.region",
    message: "no region matches",
  }],
  ["a severity that is none", "  - { match: { severity: high }, sinks: [chat] }", {
    path: "routes[0].match.severity",
  }],
  ["a key that is none", "  - { match: {}, sinks: [chat], receiver: x }", { path: "routes[0].receiver" }],
  [
    "rules that are too deep",
    `  - { routes: [{ routes: [{ routes: [{ sinks: [chat], routes: [] }] }] }] }`,
    {
      path: "routes[0].routes[0].routes[0].routes[0].routes",
    },
  ],
])("of rules %s is an error", async (_name, rule, expected) => {
  const problems = (await problemsOf(configOf(`routes:\n${rule}\n`))).filter(({ severity }) =>
    severity === "error"
  );
  expect(problems).toEqual([expect.objectContaining(expected)]);
});

describe("notices", () => {
  const hooks = ["pager", "chat"].map((id) => ({ id, kind: "slack", settings: {}, events: ["incident.*"] }));
  const kinds = (kind: string, sinks: string[]) => ({
    match: { kind: [kind] },
    sinks,
    continue: false,
    escalate: [],
    routes: [],
  });
  const { config: whole, check } = config({ eu: ["home"] }, {
    webhooks: hooks,
    routes: [kinds("drift", ["pager"]), kinds("outage", ["chat"])],
  });
  const known = state({ home: prober("drift") }, { eu: "drift" });
  const told = (one: ReturnType<typeof transition>) =>
    notices(one, { check, state: known, config: whole, slot: SLOT }).map(({ webhook }) => webhook);

  test("go to those whom a rule names", () => {
    expect(told(transition("opened"))).toEqual(["pager"]);
    expect(told(transition("opened", { kind: "outage" }))).toEqual(["chat"]);
    expect(told(transition("opened", { kind: "blind", family: "evidence" }))).toEqual([]);
  });

  test("of an end go to whoever was told of the beginning, whatever it has become since", () => {
    const end = transition("resolved", { kind: "outage" });
    end.incident.timeline = [
      { at: SLOT - 3, change: "opened", kind: "blind", outcome: "pending" },
      { at: SLOT - 2, change: "opened", kind: "drift", outcome: "drift" },
      { at: SLOT - 1, change: "updated", kind: "outage", outcome: "failing" },
      { at: SLOT, change: "resolved", kind: "outage", outcome: "ready" },
    ];
    expect(told(end)).toEqual(["pager", "chat"]);
  });
});

describe("who is told later, and again", () => {
  const routesIn = async (text: string) => {
    const { webhooks, routes } = await loadText(configOf(`routes:\n${text}`));
    return (subject: Partial<RouteSubject>) =>
      routed({ webhooks, routes }, { ...S, ...subject }).filter(({ webhook }) => webhook !== "loose");
  };
  const TEXT = `  - match: { target: "shop-*" }
    sinks: [shop]
    repeatInterval: 4h
    escalate:
      - { after: 10m, unless: acknowledged, sinks: [pager] }
      - { after: 1h, sinks: [money] }
    routes:
      - { match: { severity: critical }, sinks: [pager], repeatInterval: 30m }
      - { match: { severity: info }, escalate: [] }
  - { match: { severity: warning }, sinks: [chat], continue: true, escalate: [{ after: 30m, sinks: [log] }] }
  - { match: { severity: warning }, sinks: [log] }
  - { match: { kind: region }, sinks: [asia, chat] }
`;
  test.each<[string, Partial<RouteSubject>, object[]]>([
    ["a rule hands on what its own routes do not say; who is told at once is not told later", {
      target: "shop-eu",
    }, [
      { webhook: "pager", rule: "routes[0].routes[0]", repeatMs: 1_800_000 },
      { webhook: "money", rule: "routes[0].routes[0]", after: 3_600_000, repeatMs: 1_800_000 },
    ]],
    ["by the rule itself", { target: "shop-eu", severity: "warning" }, [
      { webhook: "pager", rule: "routes[0]", after: 600_000, unless: "acknowledged", repeatMs: 14_400_000 },
      { webhook: "shop", rule: "routes[0]", repeatMs: 14_400_000 },
      { webhook: "money", rule: "routes[0]", after: 3_600_000, repeatMs: 14_400_000 },
    ]],
    ["none, where a rule says so", { target: "shop-eu", severity: "info" }, [
      { webhook: "shop", rule: "routes[0].routes[1]", repeatMs: 14_400_000 },
    ]],
    ["of two rules the one that tells first", { severity: "warning" }, [
      { webhook: "chat", rule: "routes[1]" },
      { webhook: "log", rule: "routes[2]" },
    ]],
  ])("%s", async (_name, subject, expected) => {
    const told = (await routesIn(TEXT))(subject);
    expect(told).toHaveLength(expected.length);
    expect(told).toEqual(expect.arrayContaining(expected));
  });

  test.each<[string, string, object]>([
    ["nobody", "{ after: 5m, sinks: [] }", { path: "routes[0].escalate[0].sinks" }],
    ["a webhook that is none", "{ after: 5m, sinks: [pagr] }", {
      path: "routes[0].escalate[0].sinks[0]",
      suggestion: "pager",
    }],
    ["no time", "{ sinks: [pager] }", { path: "routes[0].escalate[0].after" }],
    ["another condition", "{ after: 5m, unless: seen, sinks: [pager] }", {
      path: "routes[0].escalate[0].unless",
    }],
  ])("an escalation with %s is an error", async (_name, step, expected) => {
    const problems = await problemsOf(configOf(`routes:\n  - { sinks: [chat], escalate: [${step}] }\n`));
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([
      expect.objectContaining(expected),
    ]);
  });
});

test("a config with rules holds them filled in", async () => {
  const { routes } = await loadText(
    `${BASE}webhooks:\n${
      hook("chat")
    }routes:\n  - { match: { target: shop }, sinks: [chat], routes: [{ match: { severity: info } }] }\n`,
  );
  const child = { match: { severity: ["info"] }, sinks: ["chat"], continue: false, escalate: [], routes: [] };
  expect(routes).toEqual([{
    match: { target: ["shop"] },
    sinks: ["chat"],
    continue: false,
    escalate: [],
    routes: [child],
  }]);
});
