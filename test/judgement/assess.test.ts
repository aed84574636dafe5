import { describe, expect, test } from "vitest";
import { type Arrival, assess } from "../../src/judgement/assess.ts";
import type { Report } from "../../src/evidence/report/report.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { reportOf, roundOf } from "../world/scripted_probers.ts";
import { threeRegions } from "../world/settler_fixture.ts";
import { START, testEnv } from "../world/test_env.ts";

const MINUTE = 60_000;
const { config } = await testEnv(threeRegions());
const check = config.checks[0]!;
const PROBERS = ["fra", "iad", "sin"];

/** Feeds slot after slot the same arrival from every prober. */
function play(arrivals: Arrival[], before?: CheckState) {
  let ids = 0;
  return arrivals.reduce((all: ReturnType<typeof assess>[], arrival, i) => {
    const heard = new Map(PROBERS.map((id) => [id, arrival]));
    const state = all.at(-1)?.state ?? before;
    return [
      ...all,
      assess(check, config.regions, heard, {
        before: state,
        slot: START + i * MINUTE,
        newId: () => `i${ids++}`,
      }),
    ];
  }, []);
}

/** A ready round whose report has these fields. */
const reporting = (more: Partial<Report>): Arrival => ({
  round: { ...roundOf("ready", START), before: reportOf("ready", START, more) },
});
const liar = reporting({ contradictions: ["code 200 says ready over db not_ready"] });
const honest = reporting({});
const only = ([assessment]: ReturnType<typeof play>) => assessment!;

describe("what is kept of a round", () => {
  test("passed: the word, the outcome, and of its steps only how long they took", () => {
    const { state, traces } = only(play([honest]));
    expect(state.probers.fra!.witness).toEqual({
      slot: START,
      word: "ready",
      before: { state: "ready", dialect: "http", question: "readiness", at: START, durationMs: 3 },
      outcome: "pass",
      totalMs: 5,
      stepMs: [5],
    });
    expect(traces).toEqual(
      PROBERS.map((prober) => ({ prober, word: "ready", reason: undefined, reported: "ready", totalMs: 5 })),
    );
  });

  test("failed: both claims, the failure and the steps; the trace says why", () => {
    const { state, traces } = only(play([{ round: roundOf("drift", START) }]));
    const round = roundOf("drift", START);
    expect(state.probers.iad!.witness).toMatchObject({
      word: "drift",
      reason: "expectation",
      before: { state: "ready" },
      after: { state: "ready" },
      failure: round.observation.failure,
      steps: round.observation.steps,
    });
    expect(traces[1]).toEqual({
      prober: "iad",
      word: "drift",
      reason: "expectation",
      reported: "ready",
      totalMs: 5,
    });
  });

  test("the later claim is the reported one", () => {
    const round = { ...roundOf("drift", START), after: reportOf("not_ready", START) };
    expect(only(play([{ round }])).traces[0]).toMatchObject({
      word: "not_ready",
      reason: "moved",
      reported: "not_ready",
    });
  });

  test("missed: the reason; the last witness stays, and goes with the next round", () => {
    const [, missed, heard] = play([honest, { missed: "timeout" }, honest]);
    expect(missed!.state.probers.fra).toMatchObject({
      missed: { slot: START + MINUTE, reason: "timeout" },
      witness: { slot: START },
    });
    expect(missed!.traces[0]).toEqual({ prober: "fra", word: "missing", reason: "timeout" });
    expect(heard!.state.probers.fra).not.toHaveProperty("missed");
  });

  test("a prober without an arrival is missing too", () => {
    const { traces } = assess(check, config.regions, new Map([["fra", honest]]), {
      slot: START,
      newId: () => "i",
    });
    expect(traces.map(({ word }) => word)).toEqual(["ready", "missing", "missing"]);
  });

  test("times are kept to a tenth of a ms", () => {
    const round = roundOf("ready", START);
    round.observation.totalMs = 12.3456;
    round.before!.durationMs = 0.04;
    const { witness } = only(play([{ round }])).state.probers.fra!;
    expect([witness!.totalMs, witness!.before!.durationMs]).toEqual([12.3, 0]);
  });

  test.each([
    ["that failed", { outcome: "fail" as const }, true],
    ["that passed", { outcome: "pass" as const }, false],
  ])("a cleanup %s", (_, cleanup, kept) => {
    const round = roundOf("ready", START);
    round.observation.cleanup = cleanup;
    const { witness } = only(play([{ round }])).state.probers.fra!;
    expect(witness!.cleanup).toEqual(kept ? cleanup : undefined);
  });

  test("of a report only the parts that are not ready, ten at most, and five contradictions", () => {
    const part = (i: number, state: Report["state"]) => ({
      name: `p${i}`,
      state,
      layer: "dependency" as const,
      required: true,
    });
    const parts = Array.from({ length: 20 }, (_, i) => part(i, i < 5 ? "ready" : "not_ready"));
    const contradictions = Array.from({ length: 7 }, (_, i) => `no. ${i}`);
    const { before } = only(play([reporting({ subsystems: parts, contradictions })])).state.probers.fra!
      .witness!;
    expect(before!.subsystems).toEqual(
      parts.slice(5, 15).map(({ name, state, layer }) => ({ name, state, layer })),
    );
    expect(before!.contradictions).toEqual(contradictions.slice(0, 5));
  });

  test("a round leaves the state before it was", () => {
    const before = only(play([honest])).state;
    const copy = structuredClone(before);
    play([{ round: roundOf("drift", START) }, liar], before);
    expect(before).toEqual(copy);
  });
});

describe("a report that contradicts itself", () => {
  const claims = (assessments: ReturnType<typeof play>) =>
    assessments.flatMap(({ transitions }, slot) =>
      transitions.map((
        { change, incident: { family, kind, severity } },
      ) => [slot, change, family, kind, severity])
    );

  test("opens an info incident after two such slots, though the journey passes, and resolves after two without", () => {
    expect(claims(play([honest, liar, liar, liar, honest, liar, honest, honest]))).toEqual([
      [2, "opened", "claim", "contradiction", "info"],
      [7, "resolved", "claim", "contradiction", "info"],
    ]);
  });

  test("the second look counts as well", () => {
    const round = roundOf("drift", START);
    round.after = reportOf("ready", START, { contradictions: ["UP over a DOWN component"] });
    const families = claims(play([{ round }, { round }])).map(([, change, family]) => [change, family]);
    expect(families).toContainEqual(["opened", "claim"]);
    expect(families).toContainEqual(["opened", "service"]);
  });
});
