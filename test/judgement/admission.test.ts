import { describe, expect, test } from "vitest";
import {
  type Admission,
  admissionFigures,
  admissionOf,
  noteAdmission,
} from "../../src/judgement/admission.ts";
import { type Incident, resolve } from "../../src/judgement/incident.ts";
import { type ScopeResult, step } from "../../src/judgement/incident_rules.ts";
import type { ProberState, ReportSummary } from "../../src/judgement/state.ts";

const START = 1_700_000_000_000;
const MINUTE = 60_000;

type Said = [
  state: ReportSummary["state"],
  over?: { question?: ReportSummary["question"]; vote?: "none"; aside?: "suspect" },
];

function prober([state, { question = "status_page", vote, aside } = {}]: Said): ProberState {
  const claim: ReportSummary = { state, question, dialect: "statuspage", at: START, durationMs: 1 };
  return {
    standing: { vote: vote ?? "drift", run: 0, failed: [] } as unknown as ProberState["standing"],
    phases: { everReady: true },
    contradictions: 0,
    ...(aside && { aside }),
    witness: { slot: START, word: "drift", before: claim, outcome: "fail", totalMs: 1 },
  };
}

describe("what the page says is what most of those read who can be believed", () => {
  test.each<[string, Said[], Admission | undefined]>([
    ["green", [["ready"], ["ready"]], "denies"],
    ["minor trouble is admitted", [["degraded"], ["degraded"]], "admits"],
    ["an outage, to two of three", [["not_ready"], ["not_ready"], ["ready"]], "admits"],
    ["maintenance", [["draining"]], "admits"],
    ["half of them is not most", [["degraded"], ["ready"]], "denies"],
    ["nobody could read it", [["unreachable"], ["unknown"], ["unreadable"]], undefined],
    ["one could", [["unreachable"], ["degraded"]], "admits"],
    ["stale evidence does not count", [["degraded", { vote: "none" }], ["ready"]], "denies"],
    ["nor what is set aside", [["degraded", { aside: "suspect" }], ["ready"]], "denies"],
    ["a health endpoint is no status page", [["not_ready", { question: "readiness" }]], undefined],
    ["no prober", [], undefined],
  ])("%s", (_, said, admission) => {
    expect(admissionOf(said.map(prober))).toBe(admission);
  });
});

/** Steps one scope minute by minute, and answers what is told and the incidents after it. */
function walk(rows: [minute: number, finding: Partial<ScopeResult>, told: string[]][]) {
  let incidents: Incident[] = [];
  for (const [minute, found, told] of rows) {
    const finding: ScopeResult = {
      ...{ at: START + minute * MINUTE, outcome: "drift", failing: true, readyAgain: false },
      ...{ blind: undefined, contradicted: "pending" },
      ...found,
    };
    const subject = {
      target: "shop",
      check: "api",
      scope: "global",
      flapWindowMs: 10 * MINUTE,
      newId: () => "i",
    };
    const next = step(incidents, finding, subject);
    incidents = next.incidents;
    const lines = next.transitions.map(({ change, incident: { timeline } }) =>
      `${change} ${timeline.at(-1)!.reason ?? ""}`.trim()
    );
    expect(lines, `minute ${minute}`).toEqual(told);
  }
  return incidents.find(({ family }) => family === "service")!;
}

const good = { outcome: "ready", resolvableSince: START - 60 * MINUTE } as const;
const lagOf = ({ openedAt, statusPage }: Incident) =>
  statusPage?.admittedAt === undefined ? statusPage : (statusPage.admittedAt - openedAt) / MINUTE;

describe("an incident of a status page", () => {
  test("knows when the page admitted it, and tells it once", () => {
    const incident = walk([
      [0, { admission: "denies" }, ["opened"]],
      [5, { admission: "denies" }, []],
      [12, { admission: "admits" }, ["updated its status page admits it"]],
      [13, { admission: "admits" }, []],
      [14, { admission: "denies" }, []],
      [15, { ...good, admission: "denies" }, ["resolved recovered"]],
    ]);
    expect(lagOf(incident)).toBe(12);
  });

  test.each<[string, Parameters<typeof walk>[0], unknown]>([
    ["the page was first", [[0, { admission: "admits" }, ["opened"]]], 0],
    ["it admits as the kind changes: one telling", [
      [0, { admission: "denies" }, ["opened"]],
      [7, { outcome: "not_ready", admission: "admits" }, ["updated"]],
    ], 7],
    ["never", [[0, { admission: "denies" }, ["opened"]], [9, good, ["resolved recovered"]]], {}],
    ["nobody could read it at first", [[0, {}, ["opened"]], [2, { admission: "denies" }, []], [3, good, [
      "resolved recovered",
    ]]], {}],
    ["no status page", [[0, {}, ["opened"]], [3, good, ["resolved recovered"]]], undefined],
    ["another episode begins anew", [
      [0, { admission: "admits" }, ["opened"]],
      [1, good, ["resolved recovered"]],
      [3, { admission: "denies" }, ["opened"]],
    ], {}],
  ])("%s", (_, rows, lag) => {
    expect(lagOf(walk(rows))).toEqual(lag);
  });
});

test.each<[name: string, incident: Parameters<typeof noteAdmission>[0]]>([
  ["of another family", { family: "quality", state: "open", openedAt: START }],
  ["that is over", { family: "service", state: "resolved", openedAt: START }],
  ["that the page denied before", { family: "service", state: "open", openedAt: START, statusPage: {} }],
  ["that it has admitted", {
    ...{ family: "service", state: "open", openedAt: START },
    statusPage: { admittedAt: START },
  }],
])("an incident %s is left as it is when the page denies it", (_name, incident) => {
  expect(noteAdmission(incident, { at: START + MINUTE, admission: "denies" })).toBe(incident);
});

test("the figure: admitted, never admitted, how late on average", () => {
  const opened = walk([[0, { admission: "denies" }, ["opened"]]]);
  const over = resolve(opened, START + 30 * MINUTE, "ready", "recovered").incident;
  const late = (minutes: number): Incident => ({
    ...over,
    statusPage: { admittedAt: START + minutes * MINUTE },
  });
  const { statusPage: _, ...plain } = over;
  expect(admissionFigures([plain])).toBeUndefined();
  expect(admissionFigures([opened, plain])).toEqual({ admitted: 0, neverAdmitted: 0, meanLagSeconds: null });
  expect(admissionFigures([late(10), late(20), over, opened, plain])).toEqual({
    admitted: 2,
    neverAdmitted: 1,
    meanLagSeconds: 900,
  });
});
