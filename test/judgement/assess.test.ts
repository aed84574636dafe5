import { describe, expect, test } from "vitest";
import { assess, type Trace } from "../../src/judgement/assess.ts";
import type { Arrival, Brought, Walk } from "../../src/judgement/round.ts";
import type { Report } from "../../src/evidence/report/report.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { reportOf, roundOf } from "../world/scripted_probers.ts";
import { threeRegions } from "../world/settler_fixture.ts";
import { START, testEnv } from "../world/test_env.ts";

const MINUTE = 60_000;
const { config } = await testEnv(threeRegions());
const check = config.checks[0]!;
const PROBERS = ["fra", "iad", "sin"];

/** One prober's share of the slot so many minutes after the first. */
const arrival = (prober: string, minute: number, brought: Brought): Arrival => ({
  prober,
  walk: { slot: START + minute * MINUTE, at: START + minute * MINUTE, kind: "turn" },
  ...brought,
});

const WALKS = {
  /** A turn that begins so many minutes after the first slot, as a slot of its own. */
  turn: (minute: number) => (
    { slot: START + minute * MINUTE, at: START + minute * MINUTE, kind: "turn" } as const
  ),
};

/** Feeds slot after slot the same from every prober. */
function play(all: Brought[], before?: CheckState) {
  let ids = 0;
  return all.reduce((done: ReturnType<typeof assess>[], brought, i) => {
    const arrivals = PROBERS.map((id) => arrival(id, i, brought));
    const state = done.at(-1)?.state ?? before;
    return [...done, assess(check, config.regions, arrivals, { before: state, newId: () => `i${ids++}` })];
  }, []);
}

/** A ready round whose report has these fields. */
const reporting = (more: Partial<Report>): Brought => ({
  round: { ...roundOf("ready", START), before: reportOf("ready", START, more) },
});
const liar = reporting({ contradictions: ["code 200 says ready over db not_ready"] });
const honest = reporting({});
const only = ([assessment]: ReturnType<typeof play>) => assessment!;

test("traces stand in the order of walks: by instant, then by slot, then by prober", () => {
  const walk = (slot: number, at: number, kind: Walk["kind"]) => ({
    slot: START + slot,
    at: START + at,
    kind,
  });
  const confirmation = walk(40_000, 40_000, "confirmation");
  const turn = walk(0, 40_000, "turn");
  const brought: Brought = { round: roundOf("ready", START) };
  const arrivals: Arrival[] = [
    { prober: "sin", walk: turn, ...brought },
    { prober: "fra", walk: confirmation, ...brought },
    { prober: "iad", walk: turn, ...brought },
    { prober: "fra", walk: walk(0, 0, "turn"), ...brought },
  ];
  const { traces } = assess(check, config.regions, arrivals, { newId: () => "i" });
  expect(traces.map(({ walk: { at, kind }, trace }) => `${at - START} ${kind} ${trace.prober}`)).toEqual([
    "0 turn fra",
    "40000 turn iad",
    "40000 turn sin",
    "40000 confirmation fra",
  ]);
  // Where that is the slot, and a turn, it goes without saying.
  expect(traces.map(({ trace: { at, kind } }) => [at, kind])).toEqual([
    [undefined, undefined],
    [START + 40_000, undefined],
    [START + 40_000, undefined],
    [undefined, "confirmation"],
  ]);
});

test("an outcome stands since the judgement that came to it", () => {
  const drift: Brought = { round: roundOf("drift", START) };
  const ready: Brought = { round: roundOf("ready", START) };
  const since = play([ready, ready, drift, drift, drift, ready, ready, ready]).map(({ state }) =>
    `${state.outcome} ${(state.since - START) / MINUTE}`
  );
  expect(since).toEqual([
    ...["ready 0", "ready 0", "ready 0", "drift 3", "drift 3", "drift 3", "ready 6", "ready 6"],
  ]);
});

test.each<[name: string, brought: Brought, kept: Partial<Trace>]>([
  ["the claim before, where the last is another", {
    round: { ...roundOf("drift", START), after: reportOf("not_ready", START) },
  }, { word: "not_ready", reason: "moved", reported: "not_ready", claimed: "ready" }],
  ["what the journey came to, where the verdict does not say it", { round: roundOf("starting", START) }, {
    word: "announced",
    reported: "starting",
    outcome: "fail",
  }],
  ["that it got no HTTP answer", { round: roundOf("down", START) }, { word: "down", unanswered: true }],
  ["that it was walked again", {
    round: { ...roundOf("ready", START), first: { before: "unreachable", outcome: "fail" } },
  }, { word: "ready", again: true }],
  ["that a report contradicts itself", liar, { word: "ready", contradicts: true }],
  ["that a claim is about liveness", reporting({ question: "liveness" }), { question: "liveness" }],
  ["a phase that only history can tell", reporting({ state: "not_ready", phase: "unclear" }), {
    word: "announced",
    phase: "unclear",
  }],
])("a trace keeps what it takes to judge again: %s", (_name, brought, kept) => {
  expect(only(play([brought])).traces[0]!.trace).toMatchObject(kept);
});

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
    expect(traces.map(({ trace }) => trace)).toEqual(
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
    expect(traces[1]!.trace).toEqual({
      prober: "iad",
      word: "drift",
      reason: "expectation",
      reported: "ready",
      totalMs: 5,
    });
  });

  test("the later claim is the reported one", () => {
    const round = { ...roundOf("drift", START), after: reportOf("not_ready", START) };
    expect(only(play([{ round }])).traces[0]!.trace).toMatchObject({
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
    expect(missed!.traces[0]!.trace).toEqual({ prober: "fra", word: "missing", reason: "timeout" });
    expect(heard!.state.probers.fra).not.toHaveProperty("missed");
  });

  test("a prober that was not asked says nothing: no trace, nothing missing", () => {
    const { traces, state } = assess(check, config.regions, [arrival("fra", 0, honest)], {
      newId: () => "i",
    });
    expect(traces.map(({ trace: { prober, word } }) => [prober, word])).toEqual([["fra", "ready"]]);
    expect(state.probers.iad).not.toHaveProperty("missed");
  });

  test("an earlier walk that arrives after a later one, and a walk that arrives twice, only leave a trace", () => {
    const [first] = play([honest]);
    const late = { ...arrival("fra", 0, { round: roundOf("drift", START) }), walk: WALKS.turn(-1) };
    const again = arrival("fra", 0, { round: roundOf("drift", START) });
    const { state, traces } = assess(check, config.regions, [again, late], {
      before: first!.state,
      newId: () => "i",
    });
    expect(traces.map(({ walk, trace }) => [walk.at - START, trace.word])).toEqual([
      [-MINUTE, "drift"],
      [0, "drift"],
    ]);
    expect(state.probers).toEqual(first!.state.probers);
  });

  test("a judgement is never before the one before; ages count from the walk's own instant", () => {
    const [, second] = play([honest, honest]);
    const late = { ...arrival("fra", 0, honest), prober: "fra", walk: WALKS.turn(0.5) };
    const { fra: _fra, ...rest } = second!.state.probers;
    const { state } = assess(check, config.regions, [late], {
      before: { ...second!.state, probers: rest },
      newId: () => "i",
    });
    expect(state.judgedAt).toBe(START + MINUTE);
    expect(state.probers.fra!.standing.freshAt).toBe(START + MINUTE / 2);
  });

  test("a confirmation judges without being a slot; its turn is kept beside the slot", () => {
    const [first] = play([honest]);
    const at = START + 25_000;
    const { state } = assess(
      check,
      config.regions,
      [{ prober: "fra", walk: { slot: at, at, kind: "confirmation" }, ...honest }],
      { before: first!.state, newId: () => "i" },
    );
    expect([state.slot, state.judgedAt, state.probers.fra!.witness!.slot]).toEqual([START, at, at]);
    const walk = { slot: START, at: START + 20_000, kind: "turn" } as const;
    const turn = assess(check, config.regions, [{ prober: "iad", walk, ...honest }], { newId: () => "i" });
    expect(turn.state.probers.iad!.witness).toMatchObject({ slot: START, at: START + 20_000 });
    expect(turn.state).toMatchObject({ slot: START, judgedAt: START + 20_000 });
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
