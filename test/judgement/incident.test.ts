import { describe, expect, test } from "vitest";
import { type Incident, resolve } from "../../src/judgement/incident.ts";
import { type ScopeResult, step } from "../../src/judgement/incident_rules.ts";

const START = 1_700_000_000_000;
const MINUTE_MS = 60_000;

/** One slot: minutes since the first, what was found, and what is told (`family kind change #episode`). */
type Row = [minute: number, found: Partial<ScopeResult>, told: string[]];

/** Steps the incidents of one scope through the rows; ids are `i0`, `i1` ... */
function walk(rows: Row[], flapWindowMs = 10 * MINUTE_MS) {
  let ids = 0;
  let incidents: Incident[] = [];
  const subject = {
    target: "shop",
    check: "write",
    scope: "global",
    flapWindowMs,
    newId: () => `i${ids++}`,
  };
  const told = rows.map(([minute, found]) => {
    const finding: ScopeResult = {
      at: START + minute * MINUTE_MS,
      outcome: "ready",
      failing: true,
      readyAgain: false,
      blind: undefined,
      contradicted: "pending",
      ...found,
    };
    const stepped = step(incidents, finding, subject);
    incidents = stepped.incidents;
    return stepped.transitions.map(({ incident: { id, family, kind, episode }, change }) =>
      `${id} ${family} ${kind} ${change} #${episode}`
    );
  });
  return { told, incidents };
}

/** The resolve rule has held for an hour. */
const recovered = { resolvableSince: START - 60 * MINUTE_MS };
const good = { outcome: "ready", readyAgain: true, ...recovered } as const;
const pending = { outcome: "pending" } as const;

describe("step", () => {
  test.each<[name: string, rows: Row[]]>([
    ["nothing to tell", [[0, good, []], [1, pending, []], [2, { outcome: "split" }, []]]],
    ["drift, held while it lasts, then recovered", [
      [0, { outcome: "drift" }, ["i0 service drift opened #1"]],
      [1, { outcome: "drift" }, []],
      [2, good, ["i0 service drift resolved #1"]],
      [3, good, []],
    ]],
    ["an outage by each of its words is one kind", [
      [0, { outcome: "down" }, ["i0 service outage opened #1"]],
      [1, { outcome: "failing" }, []],
      [2, { outcome: "not_ready" }, []],
    ]],
    ["a change of kind is an update", [
      [0, { outcome: "down" }, ["i0 service outage opened #1"]],
      [1, { outcome: "drift" }, ["i0 service drift updated #1"]],
      [2, { outcome: "failing" }, ["i0 service outage updated #1"]],
    ]],
    ["split, pending or ready without recovery hold a service incident open", [
      [0, { outcome: "drift" }, ["i0 service drift opened #1"]],
      [1, { outcome: "split" }, []],
      [2, pending, []],
      [3, { outcome: "ready" }, []],
      [4, { outcome: "split", ...recovered }, ["i0 service drift resolved #1"]],
    ]],
    ["a failed word is never told as a recovery", [
      [0, { outcome: "drift" }, ["i0 service drift opened #1"]],
      [1, { outcome: "drift", ...recovered }, []],
      [2, { outcome: "down", ...recovered }, ["i0 service outage updated #1"]],
    ]],
    ["quality opens, changes and resolves on ready alone", [
      [0, { outcome: "degraded" }, ["i0 quality degraded opened #1"]],
      [1, { outcome: "underclaim" }, ["i0 quality underclaim updated #1"]],
      [2, { outcome: "unreported", ...recovered }, ["i0 quality unreported updated #1"]],
      [3, { outcome: "split", ...recovered }, []],
      [4, pending, []],
      [5, good, ["i0 quality unreported resolved #1"]],
    ]],
    ["quality neither opens nor changes while service is open", [
      [0, { outcome: "degraded" }, ["i0 quality degraded opened #1"]],
      [1, { outcome: "drift" }, ["i1 service drift opened #1"]],
      [2, { outcome: "underclaim" }, []],
      [3, { outcome: "underclaim", ...recovered }, [
        "i1 service drift resolved #1",
        "i0 quality underclaim updated #1",
      ]],
    ]],
    ["quality may open in the slot in which service resolves, not before", [
      [0, { outcome: "drift" }, ["i0 service drift opened #1"]],
      [1, { outcome: "degraded" }, []],
      [2, { outcome: "degraded", ...recovered }, [
        "i0 service drift resolved #1",
        "i1 quality degraded opened #1",
      ]],
    ]],
    ["blind opens once and ends when it is over, whatever the outcome", [
      [0, pending, []],
      [1, { ...pending, blind: "wanted" }, ["i0 evidence blind opened #1"]],
      [2, { ...pending, blind: "wanted" }, []],
      [3, { outcome: "split" }, []],
      [4, { ...pending, blind: "over" }, ["i0 evidence blind resolved #1"]],
    ]],
    ["blind leaves an open service incident as it is", [
      [0, { outcome: "down" }, ["i0 service outage opened #1"]],
      [1, { ...pending, blind: "wanted" }, ["i1 evidence blind opened #1"]],
      [2, { outcome: "down", blind: "over" }, ["i1 evidence blind resolved #1"]],
      [3, good, ["i0 service outage resolved #1"]],
    ]],
    ["a contradiction opens when won, ends when lost, and stands in between", [
      [0, { contradicted: "won" }, ["i0 claim contradiction opened #1"]],
      [1, { contradicted: "pending" }, []],
      [2, { contradicted: "won" }, []],
      [3, { contradicted: "lost" }, ["i0 claim contradiction resolved #1"]],
    ]],
    ["a contradiction stands beside an outage", [
      [0, { outcome: "drift", contradicted: "won" }, [
        "i0 service drift opened #1",
        "i1 claim contradiction opened #1",
      ]],
    ]],
  ])("%s", (_name, rows) => expect(walk(rows).told).toEqual(rows.map(([, , told]) => told)));
});

describe("the flap window", () => {
  const down = { outcome: "down" } as const;

  test.each<[name: string, windowMinutes: number, rows: Row[]]>([
    ["within it the id stays and the episode rises", 10, [
      [0, down, ["i0 service outage opened #1"]],
      [1, good, ["i0 service outage resolved #1"]],
      [2, { outcome: "drift" }, ["i0 service drift opened #2"]],
      [3, good, ["i0 service drift resolved #2"]],
      [4, good, []],
      [13, down, ["i0 service outage opened #3"]],
    ]],
    ["past it a new incident begins", 10, [
      [0, down, ["i0 service outage opened #1"]],
      [1, good, ["i0 service outage resolved #1"]],
      [5, good, []],
      [12, down, ["i1 service outage opened #1"]],
    ]],
    ["past it a new incident begins, though no slot was settled in between", 10, [
      [0, down, ["i0 service outage opened #1"]],
      [1, good, ["i0 service outage resolved #1"]],
      [60, down, ["i1 service outage opened #1"]],
    ]],
    ["of nothing every opening is new", 0, [
      [0, down, ["i0 service outage opened #1"]],
      [1, good, ["i0 service outage resolved #1"]],
      [2, down, ["i1 service outage opened #1"]],
    ]],
    ["counts for each family by itself", 10, [
      [0, down, ["i0 service outage opened #1"]],
      [1, good, ["i0 service outage resolved #1"]],
      [2, { outcome: "degraded" }, ["i1 quality degraded opened #1"]],
    ]],
  ])("%s", (_name, minutes, rows) => {
    expect(walk(rows, minutes * MINUTE_MS).told).toEqual(rows.map(([, , told]) => told));
  });

  test("a resolved incident is carried while it may flap, and no longer", () => {
    const resolved: Row[] = [[0, down, []], [1, good, []]];
    expect(walk([...resolved, [11, good, []]]).incidents).toHaveLength(1);
    expect(walk([...resolved, [12, good, []]]).incidents).toEqual([]);
  });
});

test.each<[found: Partial<ScopeResult>, kind: string, severity: string]>([
  [{ outcome: "drift" }, "drift", "critical"],
  [{ outcome: "down" }, "outage", "critical"],
  [{ outcome: "pending", blind: "wanted" }, "blind", "warning"],
  [{ advisory: { kind: "region", sign: "wanted" } }, "region", "warning"],
  [{ advisory: { kind: "partial", sign: "wanted" } }, "partial", "warning"],
  [{ certificate: "wanted" }, "certificate", "warning"],
  [{ outcome: "underclaim" }, "underclaim", "info"],
  [{ outcome: "unreported" }, "unreported", "info"],
  [{ outcome: "degraded" }, "degraded", "info"],
  [{ contradicted: "won" }, "contradiction", "info"],
])("%j opens %s as %s", (found, kind, severity) => {
  expect(walk([[0, found, []]]).incidents).toMatchObject([{ kind, severity }]);
});

test("an incident keeps who it is about, its times and what happened to it", () => {
  const { incidents } = walk([
    [0, { outcome: "down" }, []],
    [1, { outcome: "drift" }, []],
    [2, { outcome: "split", ...recovered }, []],
  ]);
  const at = (minute: number) => START + minute * MINUTE_MS;
  expect(incidents).toEqual([{
    id: "i0",
    target: "shop",
    check: "write",
    scope: "global",
    family: "service",
    kind: "drift",
    severity: "critical",
    state: "resolved",
    episode: 1,
    openedAt: at(0),
    updatedAt: at(2),
    resolvedAt: at(2),
    reason: "recovered",
    timeline: [
      { at: at(0), change: "opened", kind: "outage", outcome: "down" },
      { at: at(1), change: "updated", kind: "drift", outcome: "drift" },
      { at: at(2), change: "resolved", kind: "drift", outcome: "split", reason: "recovered" },
    ],
  }]);
});

test("a new episode is open, with no trace of how the last one ended but in the timeline", () => {
  const [incident] =
    walk([[0, { outcome: "down" }, []], [1, good, []], [2, { outcome: "drift" }, []]]).incidents;
  expect(incident).toMatchObject({ state: "open", episode: 2, openedAt: START + 2 * MINUTE_MS });
  expect(incident!.resolvedAt).toBeUndefined();
  expect(incident!.reason).toBeUndefined();
  expect(incident!.timeline.map(({ change }) => change)).toEqual(["opened", "resolved", "opened"]);
});

test("what leaves the config is resolved with the reason removed", () => {
  const [incident] = walk([[0, { outcome: "down" }, []]]).incidents;
  const slot = START + 5 * MINUTE_MS;
  const { change, incident: after } = resolve(incident!, slot, "pending", "removed");
  expect(change).toBe("resolved");
  expect(after).toMatchObject({ state: "resolved", reason: "removed", resolvedAt: slot, episode: 1 });
  expect(after.timeline.at(-1)).toMatchObject({ at: slot, change: "resolved", reason: "removed" });
});

test("the timeline keeps its latest 50 entries", () => {
  const rows = Array.from({ length: 60 }, (_, i): Row => [i, { outcome: i % 2 ? "down" : "drift" }, []]);
  const [incident] = walk(rows).incidents;
  expect(incident!.timeline.map(({ at }) => at)).toEqual(
    Array.from({ length: 50 }, (_, i) => START + (i + 10) * MINUTE_MS),
  );
});

describe("the severity of a check bounds that of its incidents", () => {
  const finding = (found: Partial<ScopeResult>): ScopeResult => ({
    ...{
      at: START,
      outcome: "ready",
      failing: true,
      readyAgain: false,
      blind: undefined,
      contradicted: "pending",
    },
    ...found,
  });
  test.each<[string, Partial<ScopeResult>, Record<string, string>]>([
    ["drift", { outcome: "drift" }, {
      none: "critical",
      critical: "critical",
      warning: "warning",
      info: "info",
    }],
    ["blind", { blind: "wanted" }, {
      none: "warning",
      critical: "warning",
      warning: "warning",
      info: "info",
    }],
    ["degraded", { outcome: "degraded" }, { none: "info", critical: "info", warning: "info", info: "info" }],
  ])("%s", (_, found, expected) => {
    const told = Object.keys(expected).map((word) => {
      const severity = word === "none" ? undefined : word as Incident["severity"];
      const subject = {
        ...{ target: "shop", check: "write", scope: "global", flapWindowMs: 0, severity },
        newId: () => "i",
      };
      const { incidents } = step([], finding(found), subject);
      // A change of kind keeps within it as well.
      const changed = step(
        incidents,
        finding({ ...found, ...(found.outcome === "drift" && { outcome: "down" }) }),
        subject,
      );
      expect(changed.incidents[0]!.severity).toBe(incidents[0]!.severity);
      return [word, incidents[0]!.severity];
    });
    expect(Object.fromEntries(told)).toEqual(expected);
  });
});
