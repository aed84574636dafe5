/** That the simulation sees what it looks for: each invariant, broken on purpose. */
import { describe, expect, test } from "vitest";
import { checkCanResolve, checkChanges, checkDeliveries } from "../../../scripts/simulate/invariants.ts";
import { consultOracle, consultPrerequisite } from "../../../scripts/simulate/oracle.ts";
import { Record } from "../../../scripts/simulate/record.ts";
import { run, type RunResult, START_MS } from "../../../scripts/simulate/run.ts";
import { shrink } from "../../../scripts/simulate/shrink.ts";
import type { Event, Tape } from "../../../scripts/simulate/tape.ts";
import { episodesOf, hasCause } from "../../../scripts/simulate/truth.ts";
import { rowsOf, sampleOf } from "../../../scripts/simulate/figures.ts";

const MINUTE = 60_000;
const DRIFT: Event = { kind: "service", mood: "lies", from: 10 * MINUTE, until: 20 * MINUTE };
const tapeWith = (events: Event[], minutes = 30): Tape => (
  { world: "drift", topology: { regions: 3, probers: 1 }, everyMs: MINUTE, minutes, seed: 1, events }
);

/** A run in which a drift is told, to be spoilt. */
const told = (events: Event[] = [DRIFT], minutes?: number): Promise<RunResult> =>
  run(tapeWith(events, minutes));

const faultsOf = ({ config: { checks: [check], regions }, record }: RunResult, repeats = false) => [
  ...checkChanges(record),
  ...checkDeliveries(record, repeats),
  ...checkCanResolve(check!, regions, record),
  ...consultOracle(check!, regions, record).faults,
];

test("a run as it should be: told once and resolved once, to both webhooks", async () => {
  const result = await told();
  expect(result.record.changes.map(({ change, kind }) => `${change} ${kind}`)).toEqual([
    "opened drift",
    "resolved drift",
  ]);
  expect(result.record.receipts).toHaveLength(4);
  expect(faultsOf(result)).toEqual([]);
});

test("incidents that turn together are one message to a webhook whose route groups them", async () => {
  // By five regions two share a turn.
  const topology = { regions: 5, probers: 1 };
  const { record } = await run({ ...tapeWith([DRIFT]), world: "each region by itself", topology });
  const sizesOf = (id: string) =>
    record.receipts.filter(({ webhook }) => webhook === id).map(({ notices }) => notices.length);
  expect(Math.max(...sizesOf("ops"))).toBeGreaterThan(1);
  expect(sizesOf("pager")).toEqual(Array(10).fill(1));
  expect(checkDeliveries(record, false)).toEqual([]);
});

describe("seen: ", () => {
  test.each<[name: string, spoil: (record: Record) => void, fault: RegExp]>([
    ["a notice that is lost", ({ receipts }) => void receipts.pop(), /never came/],
    ["one that comes twice", ({ receipts }) => void receipts.push(receipts[0]!), /came twice/],
    [
      "one with two bodies",
      ({ receipts }) => void receipts.push({ ...receipts[0]!, body: "{}" }),
      /two bodies/,
    ],
    ["notices out of order", ({ receipts }) => void receipts.reverse(), /out of order/],
    [
      "a recovery without an opening",
      ({ changes }) => void changes.shift(),
      /resolved at \d+, and was not open/,
    ],
    ["an opening twice", ({ changes }) => void changes.unshift(changes[0]!), /opened at \d+, and was open/],
    ["an opening without a failed verdict", ({ judgements }) => {
      const opening = judgements.find(({ incidents }) => incidents.length > 0)!;
      for (const walk of opening.walks) walk.trace.word = "ready";
    }, /without a failed verdict/],
    [
      "another outcome than the oracle's",
      ({ judgements }) => void (judgements[5]!.state.outcome = "down"),
      /oracle/,
    ],
    ["another vote", ({ judgements }) => {
      judgements[5]!.state.probers.r0p0!.standing.vote = "degraded";
    }, /oracle/],
    ["a change that the oracle does not make", ({ judgements }) => {
      judgements[3]!.incidents = judgements.find(({ incidents }) => incidents.length > 0)!.incidents;
    }, /oracle/],
    ["a change that was not made", ({ judgements }) => {
      for (const judgement of judgements) judgement.incidents = [];
    }, /oracle/],
  ])("%s", async (_name, spoil, fault) => {
    const result = await told();
    spoil(result.record);
    expect(faultsOf(result).join("\n")).toMatch(fault);
  });

  test("a walk that does not wait for the check that comes first", async () => {
    const down: Event = { kind: "service", mood: "down", from: 10 * MINUTE, until: 15 * MINUTE };
    const { config: { checks: [check], regions }, record: first, second } = await told([
      down,
      { ...down, check: "payments" },
    ]);
    const faults = () => consultPrerequisite(check!, regions, { first, second: second! }).faults;
    expect(faults()).toEqual([]);
    for (const { trace } of second!.judgements.flatMap(({ walks }) => walks)) delete trace.reason;
    expect(faults().length).toBeGreaterThan(10);
  });

  test("an incident that cannot end", async () => {
    const result = await told([{ ...DRIFT, until: 30 * MINUTE }]);
    const { regions, checks: [check] } = result.config;
    const never = { ...check!, quorum: { ...check!.quorum, resolve: { atLeast: 4 } } };
    expect(checkCanResolve(check!, regions, result.record)).toEqual([]);
    expect(checkCanResolve(never, regions, result.record)).toHaveLength(1);
  });
});

test.each<[name: string, events: Event[]]>([
  ["a process that dies before its write", [{
    kind: "death",
    call: 3,
    isAfter: false,
    from: 11 * MINUTE,
    until: 12 * MINUTE,
  }]],
  ["one that dies after it", [{
    kind: "death",
    call: 3,
    isAfter: true,
    from: 11 * MINUTE,
    until: 12 * MINUTE,
  }]],
  ["replies of the store that are lost", [{
    kind: "store",
    how: "lost",
    share: 0.3,
    from: 0,
    until: 25 * MINUTE,
  }]],
  ["a store that refuses", [{ kind: "store", how: "refused", share: 0.3, from: 0, until: 25 * MINUTE }]],
  ["two processes", [{ kind: "second process", from: 5 * MINUTE, until: 25 * MINUTE }]],
  ["ticks that come twice", [{ kind: "ticks", how: "doubled", share: 1, from: 0, until: 30 * MINUTE }]],
  ["ticks that are late", [{ kind: "ticks", how: "late", share: 0.5, from: 0, until: 30 * MINUTE }]],
  ["ticks that are left out", [{ kind: "ticks", how: "skipped", share: 0.3, from: 0, until: 30 * MINUTE }]],
  ["a receiver that refuses", [{ kind: "receiver", how: "refuses", from: 10 * MINUTE, until: 25 * MINUTE }]],
  ["one that hangs", [{ kind: "receiver", how: "hangs", from: 10 * MINUTE, until: 25 * MINUTE }]],
  ["one whose answer is lost", [{ kind: "receiver", how: "forgets", from: 10 * MINUTE, until: 25 * MINUTE }]],
])("told all the same, with %s", async (_name, events) => {
  const result = await told([DRIFT, ...events]);
  const opened = result.record.changes.filter(({ change, kind }) => change === "opened" && kind === "drift");
  expect(opened).toHaveLength(1);
  expect(faultsOf(result, true)).toEqual([]);
});

test("the events do something: a death leaves a gap, a refused write a walk that is missing", async () => {
  const judged = async (events: Event[]) => (await told([DRIFT, ...events])).record.judgements.length;
  const all = await judged([]);
  expect(await judged([{ kind: "death", call: 0, isAfter: false, from: 11 * MINUTE, until: 15 * MINUTE }]))
    .toBeLessThan(all - 6);
  expect(await judged([{ kind: "store", how: "refused", share: 1, from: 5 * MINUTE, until: 9 * MINUTE }]))
    .toBeLessThan(all - 6);
});

test("a failing tape shrinks to what it takes", async () => {
  const noise = Array.from({ length: 20 }, (_, i): Event => (
    { kind: "loss", share: 0.1, from: i * MINUTE, until: (i + 1) * MINUTE }
  ));
  const tape = tapeWith([...noise, DRIFT, ...noise], 240);
  const smallest = await shrink(
    tape,
    ({ events, minutes }) => Promise.resolve(events.includes(DRIFT) && minutes >= 25),
  );
  expect(smallest).toEqual({ ...tape, minutes: 30, events: [DRIFT] });
});

describe("the truth of a tape", () => {
  test("failures of everybody that are close are one episode; shares and regions are none", () => {
    const at = (mood: "down" | "draining" | "lies", from: number, until: number, more = {}): Event => (
      { kind: "service", mood, from: from * MINUTE, until: until * MINUTE, ...more }
    );
    const tape = tapeWith([
      at("down", 10, 11),
      at("down", 13, 14),
      at("lies", 30, 40, { share: 0.2 }),
      at("lies", 50, 60, { region: 0 }),
      at("draining", 70, 72),
      at("draining", 80, 90),
    ]);
    expect(episodesOf(tape)).toEqual([
      { kind: "outage", from: 10 * MINUTE, until: 14 * MINUTE },
      { kind: "outage", from: 82.5 * MINUTE, until: 90 * MINUTE },
    ]);
    expect([5, 12, 35, 65].map((minute) => hasCause(tape, minute * MINUTE))).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  test("and what was told of it", () => {
    const tape = tapeWith([DRIFT, { ...DRIFT, from: 40 * MINUTE, until: 50 * MINUTE }], 60);
    const line = (minute: number, change: "opened" | "resolved", kind = "drift") => ({
      at: minute * MINUTE,
      change,
      kind,
    });
    const [row] = rowsOf([
      sampleOf(tape, [
        line(11, "opened"),
        line(15, "resolved"),
        line(16, "opened"),
        line(21, "resolved"),
        line(30, "opened", "outage"),
      ], {
        requests: 7,
        judgements: 5,
      }),
    ]);
    expect(row).toMatchObject({
      episodes: 2,
      missed: 1,
      detectionP50: 60,
      rightWord: 1,
      recoveryP50: 60,
      falseCritical: 1,
      falseAMonth: 720,
      wrongRecoveries: 1,
      noticesPerEpisode: 2.5,
    });
  });

  test.each<[name: string, told: string, tooEarly: number]>([
    ["both probers before blind", "prober prober blind", 0],
    ["one before blind, one after", "prober blind prober", 1],
    ["one of them is over by then", "prober prober -prober blind", 1],
    ["what is over is not counted again", "prober prober blind -blind", 0],
  ])("and which silent probers were told by then: %s", (_name, said, blindsTooEarly) => {
    const silent = (prober: number): Event => (
      { kind: prober === 0 ? "hung" : "partition", prober, from: 10 * MINUTE, until: 20 * MINUTE }
    );
    const tape = tapeWith([silent(0), silent(1), { ...silent(2), from: 14 * MINUTE } as Event]);
    const told = said.split(" ").map((word) => ({
      at: 15 * MINUTE,
      change: word.startsWith("-") ? "resolved" as const : "opened" as const,
      kind: word.replace("-", ""),
    }));
    expect(sampleOf(tape, told, { requests: 0, judgements: 0 })).toMatchObject({ blinds: 1, blindsTooEarly });
  });
});

test.each<[came: string[], faults: number]>([
  [["i_1_opened", "i_2_opened", "i_1_resolved"], 0],
  [["i_2_opened", "i_1_opened", "i_1_resolved"], 0],
  [["i_1_resolved", "i_1_opened", "i_2_opened"], 1],
])("the order of notices is kept within one episode: %j, so many faults: %d", (came, faults) => {
  const record = new Record("shop/orders");
  for (const id of ["i_1_opened", "i_1_resolved", "i_2_opened"]) record.notices.set(id, "ops");
  record.receipts.push(...came.map((id) => ({ webhook: "ops", id, body: "", notices: [id] })));
  expect(checkDeliveries(record, false)).toHaveLength(faults);
});

test("a run begins on a whole day", () => expect(START_MS % 86_400_000).toBe(0));
