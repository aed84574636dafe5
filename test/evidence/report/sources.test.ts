import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AskedSource, ClaimRule, PushedSource, ReportConfig } from "../../../src/config/config.ts";
import {
  combineSources,
  combineWithPushed,
  type Report,
  type ReportState,
  unknownReport,
  withSource,
} from "../../../src/evidence/report/mod.ts";

const AT = 1_700_000_040_000;

function reportOf(state: ReportState, more: Partial<Report> = {}): Report {
  return { ...unknownReport("readiness", AT, ""), reason: undefined, state, durationMs: 5, ...more };
}

/** Reports named a, b, c ... as one. */
function whole(rule: ClaimRule, ...reports: Report[]): Report {
  const [first, ...rest] = reports.map((report, i) => withSource("abcdefghij"[i]!, report));
  return combineSources(rule, [first!, ...rest]);
}

const RULES = ["worst", "all", "any"] as const;
const STATES: ReportState[] = [
  "ready",
  "degraded",
  "starting",
  "draining",
  "not_ready",
  "unreachable",
  "unreadable",
  "unknown",
];
const SERVING = new Set<ReportState>(["ready", "degraded"]);
const SPEAKING = new Set<ReportState>(["ready", "degraded", "starting", "draining", "not_ready"]);

// By the rule that a source which does not answer or cannot be read is no verdict of the service.
test.each<[sources: string, worst: ReportState, all: ReportState, any: ReportState]>([
  ["ready", "ready", "ready", "ready"],
  ["ready ready", "ready", "ready", "ready"],
  ["ready degraded", "degraded", "degraded", "ready"],
  ["ready not_ready", "not_ready", "not_ready", "ready"],
  ["degraded starting", "starting", "starting", "degraded"],
  ["starting draining", "draining", "draining", "starting"],
  ["draining not_ready", "not_ready", "not_ready", "draining"],
  ["ready unreachable", "ready", "unknown", "ready"],
  ["ready unreadable", "ready", "unknown", "ready"],
  ["ready unknown", "ready", "unknown", "ready"],
  ["degraded ready unreachable", "degraded", "unknown", "ready"],
  ["not_ready unreachable", "not_ready", "not_ready", "not_ready"],
  ["ready starting unreadable", "starting", "starting", "ready"],
  ["draining unknown", "draining", "draining", "draining"],
  ["unreachable", "unreachable", "unreachable", "unreachable"],
  ["unreachable unreachable", "unreachable", "unreachable", "unreachable"],
  ["unreachable unreadable", "unreadable", "unreadable", "unreadable"],
  ["unreachable unknown", "unreachable", "unreachable", "unreachable"],
  ["unknown unknown", "unknown", "unknown", "unknown"],
])("%s: worst %s, all %s, any %s", (sources, ...expected) => {
  const reports = sources.split(" ").map((state) => reportOf(state as ReportState));
  expect(RULES.map((rule) => whole(rule, ...reports).state)).toEqual(expected);
  expect(RULES.map((rule) => whole(rule, ...reports.toReversed()).state)).toEqual(expected);
});

const anyReport = fc.record({
  state: fc.constantFrom(...STATES),
  question: fc.constantFrom("readiness", "push", "liveness"),
  isUnclear: fc.boolean(),
}).map(({ state, question, isUnclear }) =>
  reportOf(state, { question, ...(isUnclear && state === "not_ready" && { phase: "unclear" as const }) })
);
const several = fc.array(anyReport, { minLength: 1, maxLength: 6 });
const anyRule = fc.constantFrom(...RULES);

describe("for any sources and any rule", () => {
  test("nothing is green without a source that says so, and nothing refuses without one that does", () => {
    let green = 0;
    fc.assert(fc.property(several, anyRule, (reports, rule) => {
      const { state } = whole(rule, ...reports);
      if (SERVING.has(state)) green++;
      if (SPEAKING.has(state)) expect(reports.map((report) => report.state)).toContain(state);
      else if (rule !== "all") expect(reports.filter(isReadiness).some(speaks)).toBe(false);
    }));
    expect(green).toBeGreaterThan(5);
  });

  test("with all, green means that each one is", () => {
    fc.assert(fc.property(several, (reports) => {
      const counted = reports.some(isReadiness) ? reports.filter(isReadiness) : reports;
      expect(SERVING.has(whole("all", ...reports).state)).toBe(
        counted.every(({ state }) => SERVING.has(state)),
      );
    }));
  });

  test("it does not matter who combines what first", () => {
    fc.assert(fc.property(several, several, anyRule, (some, others, rule) => {
      const at = (list: Report[], prefix: string) =>
        list.map((report, i) => withSource(`${prefix}${i}`, report)) as [Report, ...Report[]];
      const [left, right] = [at(some, "a"), at(others, "b")];
      const inOne = combineSources(rule, [...left, ...right]);
      expect(combineSources(rule, [combineSources(rule, left), combineSources(rule, right)])).toEqual(inOne);
      expect(combineSources(rule, [combineSources(rule, left), ...right])).toEqual(inOne);
    }));
  });
});

const isReadiness = ({ question }: Report) => question !== "liveness";
const speaks = ({ state }: Report) => SPEAKING.has(state);

describe("the combined report", () => {
  test("keeps every claim, part and contradiction with its source", () => {
    const app = reportOf("ready", {
      dialect: "spring",
      httpStatus: 200,
      claims: [{ source: "body", state: "ready", raw: "UP" }],
      subsystems: [{ name: "db", state: "ready", layer: "dependency", required: true }],
    });
    const pool = reportOf("not_ready", {
      dialect: "elb",
      claims: [{ source: "body", state: "not_ready", raw: "0 of 2" }],
      contradictions: ["code 200 says ready over i-1 not_ready"],
    });
    expect(whole("worst", app, pool)).toMatchObject({
      state: "not_ready",
      dialect: "spring, elb",
      claims: [
        { source: "body", state: "ready", raw: "UP", from: "a" },
        { source: "body", state: "not_ready", raw: "0 of 2", from: "b" },
      ],
      contradictions: ["b: code 200 says ready over i-1 not_ready"],
      subsystems: [{ name: "a/db", state: "ready" }],
      sources: [
        { name: "a", state: "ready", dialect: "spring", httpStatus: 200 },
        { name: "b", state: "not_ready", dialect: "elb" },
      ],
    });
  });

  test("says who is silent where nobody speaks, or where all should", () => {
    const gone = reportOf("unreachable", { reason: "timeout: no complete answer within 2000 ms" });
    const says = "sources: b unreachable (timeout: no complete answer within 2000 ms)";
    expect(whole("all", reportOf("ready"), gone).reason).toBe(says);
    expect(whole("worst", reportOf("ready"), gone).reason).toBeUndefined();
    const stale = reportOf("unknown", { reason: "stale" });
    expect(whole("any", stale, stale, stale, stale).reason).toBe(
      "sources: a unknown (stale), b unknown (stale), c unknown (stale) and 1 more",
    );
  });

  test("spans the time from the first question to the last answer, and is as old as its oldest claim", () => {
    const first = reportOf("ready", { at: AT, durationMs: 10, reportedAt: AT - 500 });
    const last = reportOf("ready", { at: AT + 3, durationMs: 40, reportedAt: AT - 9_000 });
    expect(whole("all", first, last)).toMatchObject({ at: AT, durationMs: 43, reportedAt: AT - 9_000 });
  });

  const unclear = reportOf("not_ready", { phase: "unclear" });
  test.each<[name: string, reports: Report[], phase: string | undefined]>([
    ["is unclear if all that decide are", [reportOf("ready"), unclear, unclear], "unclear"],
    ["is clear if one of them is plainly not ready", [unclear, reportOf("not_ready")], undefined],
  ])("its phase %s", (_, reports, phase) => expect(whole("worst", ...reports).phase).toBe(phase));

  const alive = reportOf("ready", { question: "liveness" });
  test.each<[name: string, reports: Report[], state: ReportState, question: string]>([
    ["counts only with others of its kind", [alive, alive], "ready", "liveness"],
    ["does not stand for readiness", [alive, reportOf("not_ready")], "not_ready", "readiness"],
    [
      "is no green where readiness is not known",
      [alive, reportOf("unreachable")],
      "unreachable",
      "readiness",
    ],
  ])("a liveness source %s", (_, reports, state, question) => {
    for (const rule of RULES) expect(whole(rule, ...reports)).toMatchObject({ state, question });
  });

  test("holds no more parts than one report may", () => {
    const parts = Array.from({ length: 200 }, (_, i) => (
      { name: `p${i}`, state: "ready", layer: "process", required: true } as const
    ));
    const bad = { ...parts[0]!, name: "bad", state: "not_ready" } as const;
    const many = reportOf("ready", { subsystems: [...parts] });
    const { subsystems } = whole("worst", many, reportOf("not_ready", { subsystems: [bad] }));
    expect(subsystems).toHaveLength(200);
    expect(subsystems[0]).toMatchObject({ name: "b/bad" });
  });
});

describe("what is pushed joins what was asked", () => {
  const asked: AskedSource = {
    kind: "asked",
    name: "app",
    path: "/",
    headers: [],
    dialect: "auto",
    timeoutMs: 1,
  };
  const unit: PushedSource = { kind: "pushed", name: "unit", ttlMs: 90_000, question: "push" };
  const reporting = (...sources: ReportConfig["sources"]): ReportConfig => ({ sources, rule: "all" });
  const sent = (state: ReportState) => () => reportOf(state, { question: "push" });

  test("no pushed source: the report of the prober as it is", () => {
    const report = reportOf("ready");
    expect(combineWithPushed(reporting(asked), report, sent("not_ready"))).toBe(report);
  });

  test("a pushed source alone stands for itself", () => {
    expect(combineWithPushed(reporting(unit), null, sent("draining"))).toEqual(
      reportOf("draining", { question: "push" }),
    );
  });

  test.each<[askedState: ReportState, pushedState: ReportState, state: ReportState]>([
    ["ready", "ready", "ready"],
    ["ready", "not_ready", "not_ready"],
    ["ready", "unknown", "unknown"],
    ["unreachable", "ready", "unknown"],
  ])("asked %s, pushed %s: %s", (askedState, pushedState, state) => {
    const report = combineSources("all", [withSource("app", reportOf(askedState))]);
    const both = combineWithPushed(reporting(asked, unit), report, sent(pushedState));
    expect(both).toMatchObject({ state });
    expect(both!.sources!.map(({ name, state }) => [name, state]).toSorted()).toEqual([
      ["app", askedState],
      ["unit", pushedState],
    ]);
  });
});
