import { describe, expect, test } from "vitest";
import { EMPTY_OWN, incidentsOf, type OwnState, stepOwn } from "../../src/judgement/own.ts";
import type { OwnKind, OwnSighting } from "../../src/judgement/own_causes.ts";
import { ownSubject } from "../../src/judgement/own_incident.ts";
import type { Ask } from "../../src/judgement/own_probers.ts";

const START = 1_700_000_040_000;
const MINUTE = 60_000;

/** Steps commit by commit, and says what was told: "3: i0 opened #1 3 min". */
function play(
  commits: { asks?: Ask[]; sightings?: OwnSighting[]; probers?: string[]; blind?: boolean; at: number }[],
): { told: string[]; state: OwnState } {
  let state = EMPTY_OWN;
  let ids = 0;
  /** As the states of the checks know it. */
  let walked: number | undefined;
  const told = commits.flatMap(({ asks = [], sightings = [], probers = ["sin"], blind = false, at }) => {
    const step = stepOwn(state, { asks, sightings }, {
      ...{ at, probers, blind, newId: () => `i${ids++}`, walkedAt: () => walked },
    });
    state = step.state;
    for (const { brought, at } of asks) if (brought) walked = Math.max(walked ?? 0, at);
    return step.transitions.map(({ change, incident: { id, episode, timeline } }) =>
      `${(at - START) / MINUTE}: ${id} ${change} #${episode} ${timeline.at(-1)!.reason}`
    );
  });
  return { told, state };
}

/**
 * What is told of prober `sin`, minute by minute: `R` it brought a round, `-` nothing, ` ` it was not asked, `b` nothing in a commit that
 * says blind, `x` it has left the config.
 */
const told = (minutes: string): string[] =>
  play([...minutes].map((said, i) => {
    const at = START + i * MINUTE;
    return {
      at,
      asks: said === " " ? [] : [{ prober: "sin", at, brought: said === "R" }],
      probers: said === "x" ? [] : ["sin"],
      blind: said === "b",
    };
  })).told;

describe("a prober that brings nothing", () => {
  test.each<[name: string, minutes: string, told: string[]]>([
    ["is told after three minutes", "R--" + "-", ["3: i0 opened #1 3 min"]],
    ["not before", "R--", []],
    ["not if it was asked only once", "R    -", []],
    ["at the second ask, where those are rare", "R    -    -", ["10: i0 opened #1 10 min"]],
    ["once", "R-------", ["3: i0 opened #1 3 min"]],
    ["until the first round", "R---R", ["3: i0 opened #1 3 min", "4: i0 resolved #1 recovered"]],
    ["again within ten minutes under the same id", "R---R---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "7: i0 opened #2 3 min",
    ]],
    ["after exactly ten minutes too", "R---RRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "14: i0 opened #2 3 min",
    ]],
    ["after more as a new one", "R---RRRRRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "17: i1 opened #1 3 min",
    ]],
    ["a minute later as a new one", "R---RRRRRRRRR---", [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
      "15: i1 opened #1 3 min",
    ]],
    ["that was never heard counts from the first ask", "----", ["3: i0 opened #1 3 min"]],
    ["in the commit that says blind, however soon", "R-b", ["2: i0 opened #1 2 min"]],
    ["but not for one ask", "Rb", []],
    ["be it the first of all", "b", []],
    ["until it leaves the config", "R---x", ["3: i0 opened #1 3 min", "4: i0 resolved #1 removed"]],
  ])("%s", (_name, minutes, expected) => expect(told(minutes)).toEqual(expected));
});

test("a resolved incident is kept for exactly the ten minutes in which it may flap", () => {
  const minutes = [0, 1, 2, 3, 4];
  const silent = minutes.map((minute) => {
    const at = START + minute * MINUTE;
    return { at, asks: [{ prober: "sin", at, brought: minute === 4 }] };
  });
  const later = (minute: number) => play([...silent, { at: START + minute * MINUTE }]).state.probers;
  expect(later(14).sin!.incident!.state).toBe("resolved");
  expect(later(14.001)).toEqual({});
});

/** Asks of prober `sin`, commit by commit: `0+` brought at minute 0, `3-` nothing of minute 3. */
const asked = (...commits: string[]) =>
  play(commits.map((text, i) => ({
    at: START + i * MINUTE,
    asks: text.split(" ").map((one): Ask => ({
      prober: "sin",
      at: START + Number(one.slice(0, -1)) * MINUTE,
      brought: one.endsWith("+"),
    })),
  })));

describe("asks over several commits", () => {
  test.each<[name: string, commits: string[], told: string[]]>([
    ["one walk that many checks miss is one ask", ["0+", "1-", "1-", "1-", "1-"], []],
    ["a round of one check counts for all of its walk", ["0+", "1- 1+", "2- 2+", "3- 3+", "4- 4+"], []],
    ["also in another commit", ["0+", "1+", "1-", "2+", "2-", "3+", "3-"], []],
    ["two walks of one commit are two", ["0+", "1+", "1+", "1+", "2- 3-"], ["4: i0 opened #1 3 min"]],
    ["in their order", ["0+", "3- 2- 1+", "3-", "3-", "3-"], ["4: i0 opened #1 3 min"]],
    ["a walk that brought a round is no silence in a later commit", ["0+", "0-", "1-", "1-"], []],
    ["nor is one before it", ["0+", "2+", "1-", "3-", "3-", "3-"], []],
    ["a late round ends the count", ["0+", "1-", "2-", "1+", "3-"], []],
    ["and the incident", ["0+", "1-", "2-", "3-", "2+"], [
      "3: i0 opened #1 3 min",
      "4: i0 resolved #1 recovered",
    ]],
  ])("%s", (_name, commits, expected) => expect(asked(...commits).told).toEqual(expected));

  test("nothing is remembered of a prober that brings rounds", () => {
    expect(asked("0+", "1-", "2+").state).toEqual(EMPTY_OWN);
  });

  test("a prober that another process has heard since is silent since then", () => {
    const asks = (at: number): Ask[] => [{ prober: "sin", at, brought: false }];
    const context = { probers: ["sin"], blind: false, newId: () => "i" };
    const [first, second, third] = [0, 1, 2].map((minute) => START + minute * MINUTE) as [
      number,
      number,
      number,
    ];
    const walkedAt = () => first - MINUTE;
    const one = stepOwn(EMPTY_OWN, { asks: asks(first), sightings: [] }, { ...context, at: first, walkedAt });
    const two = stepOwn(one.state, { asks: asks(second), sightings: [] }, {
      ...context,
      at: second,
      walkedAt,
    });
    const three = stepOwn(two.state, { asks: asks(third), sightings: [] }, {
      ...context,
      at: third,
      walkedAt,
    });
    expect([one, two, three].map(({ transitions }) => transitions.length)).toEqual([0, 0, 1]);
  });

  /** Minute by minute of our clock: asks of prober `sin` by their own minutes; the last commit says blind. */
  const blindAfter = (commits: [minute: number, asked: number][]) =>
    play(commits.map(([minute, asked], i) => ({
      at: START + minute * MINUTE,
      asks: [{ prober: "sin", at: START + asked * MINUTE, brought: i === 0 && minute === 0 }],
      blind: i === commits.length - 1,
    }))).told;

  test.each<[name: string, commits: [number, number][], told: string[]]>([
    ["a walk in several commits of one instant is one ask", [[0, 0], [1, 1], [1, 1], [1, 1]], []],
    ["two walks are two", [[0, 0], [1, 1], [2, 2]], ["2: i0 opened #1 2 min"]],
    ["a walk is overtaken by one five minutes ahead", [[6, 6], [1, 1]], []],
    ["not by one further ahead: the clock stepped back", [[7, 7], [1, 1]], ["1: i0 opened #1 0 s"]],
  ])("%s", (_name, commits, told) => expect(blindAfter(commits)).toEqual(told));

  test.each([[8, 8], [9, 3]])(
    "an incident that opened at minute %s and ends at minute 3 ends at %s: its story only goes back with the clock",
    (opened, ended) => {
      const kind = "delivery";
      const at = (minute: number) => START + minute * MINUTE;
      const { state } = play([{ at: at(opened), sightings: [{ kind, at: at(0), cause: "x" }] }]);
      const { transitions } = stepOwn(state, {
        asks: [],
        sightings: [1, 2, 3].map((i) => ({ kind, at: at(i) })),
      }, {
        ...{ at: at(3), probers: [], blind: false, newId: () => "i", walkedAt: () => undefined },
      });
      expect(transitions.map(({ incident }) => incident.resolvedAt)).toEqual([at(ended)]);
    },
  );

  test("after the clock stepped back it is asked anew", () => {
    const commits = [24 * 60, 24 * 60 + 1, 2, 3, 4, 5].map((minute) => {
      const at = START + minute * MINUTE;
      return { at, asks: [{ prober: "sin", at, brought: false }] };
    });
    expect(play(commits).told).toEqual(["5: i0 opened #1 3 min"]);
  });
});

test("all own incidents that are known, of probers and of Assay itself", () => {
  const silent = [0, 1, 2, 3].map((minute) => ({
    at: START + minute * MINUTE,
    asks: [{ prober: "sin", at: START + minute * MINUTE, brought: false }],
  }));
  const { state } = play(silent);
  expect(incidentsOf(EMPTY_OWN)).toEqual([]);
  expect(incidentsOf(state).map(({ id, check }) => `${id} ${check}`)).toEqual(["i0 prober-sin"]);
});

describe("what ails Assay itself", () => {
  /** Slot by slot: `!` the cause holds, `.` it does not, ` ` nothing is said. */
  const seen = (kind: OwnKind, slots: string) =>
    play([...slots].map((said, i) => {
      const at = START + i * MINUTE;
      const sighting = { kind, at, ...(said === "!" && { cause: "too slow" }) };
      return { at, sightings: said === " " ? [] : [sighting] };
    }));

  test.each<[name: string, kind: OwnKind, slots: string, told: string[]]>([
    ["delivery is told at once", "delivery", ".!", ["1: i0 opened #1 too slow"]],
    ["capacity after three slots", "capacity", "!!!", ["2: i0 opened #1 too slow"]],
    ["not after three with a good one between", "capacity", "!!.!", []],
    ["schedule after three slots", "schedule", "!!!!", ["2: i0 opened #1 too slow"]],
    ["slots of which nothing is said count for nothing", "schedule", "! ! !", ["4: i0 opened #1 too slow"]],
    ["it is over after three slots without its cause", "delivery", "!...", [
      "0: i0 opened #1 too slow",
      "3: i0 resolved #1 recovered",
    ]],
    ["not while it comes back", "delivery", "!..!..", ["0: i0 opened #1 too slow"]],
    ["it flaps under its id", "delivery", "!...!", [
      "0: i0 opened #1 too slow",
      "3: i0 resolved #1 recovered",
      "4: i0 opened #2 too slow",
    ]],
  ])("%s", (_name, kind, slots, expected) => expect(seen(kind, slots).told).toEqual(expected));

  test("of one slot the cause counts, whoever says something first", () => {
    const slot = (i: number, cause?: string): OwnSighting => (
      { kind: "capacity", at: START + i * MINUTE, ...(cause && { cause }) }
    );
    const commits = [0, 1, 2].flatMap((i) => [
      { at: START + i * MINUTE, sightings: [slot(i), slot(i, "too slow")] },
      { at: START + i * MINUTE, sightings: [slot(i)] },
    ]);
    expect(play(commits).told).toEqual(["2: i0 opened #1 too slow"]);
    const apart = [0, 1, 2].flatMap((i) => [
      { at: START + i * MINUTE, sightings: [slot(i)] },
      { at: START + i * MINUTE, sightings: [slot(i, "too slow")] },
    ]);
    expect(play(apart).told).toEqual(["2: i0 opened #1 too slow"]);
  });

  const sighting = (kind: OwnKind, slot: number, cause?: string): OwnSighting => (
    { kind, at: START + slot * MINUTE, ...(cause && { cause }) }
  );

  test("of one commit, too: what is over but for its cause is not over", () => {
    const slots = [["!"], ["."], ["."], [".", "!"], ["!", "."]];
    const commits = slots.map((said, i) => ({
      at: START + i * MINUTE,
      sightings: said.map((one) => sighting("delivery", i, one === "!" ? "too slow" : undefined)),
    }));
    expect(play(commits).told).toEqual(["0: i0 opened #1 too slow"]);
  });

  test.each<[name: string, commits: number[][], told: string[]]>([
    ["slots of one commit count in their order", [[2, 0, 1]], ["0: i0 opened #1 too slow"]],
    ["a slot that is told twice counts once", [[0], [0, 0], [0]], []],
    ["a slot before the latest is overtaken", [[1], [2], [0]], []],
  ])("%s", (_name, commits, told) => {
    const all = commits.map((slots, i) => ({
      at: START + i * MINUTE,
      sightings: slots.map((slot) => sighting("capacity", slot, "too slow")),
    }));
    expect(play(all).told).toEqual(told);
  });

  test.each([[6, []], [7, ["2: i0 opened #1 too slow"]]])(
    "slots go on after a clock that was %s min ahead: a minute later that is five, which may still be a late walk, or six",
    (minutes, told) => {
      const ahead = START + minutes * MINUTE;
      const commits = [
        { at: ahead, sightings: [{ kind: "capacity", at: ahead, cause: "too slow" } as const] },
        ...[1, 2, 3].map((i) => ({
          at: START + i * MINUTE,
          sightings: [sighting("capacity", i, "too slow")],
        })),
      ];
      expect(play(commits).told).toEqual(told);
    },
  );

  test("nothing is remembered of what is well", () => {
    expect(seen("capacity", "!.....").state).toEqual(EMPTY_OWN);
  });
});

test("its incident is Assay's own: a warning that is about no target", () => {
  const at = START + 3 * MINUTE;
  const asks = [0, 3].map((i) => ({ prober: "sin", at: START + i * MINUTE, brought: false }));
  const sightings: OwnSighting[] = [{
    kind: "delivery",
    at,
    cause: "webhook ops has taken nothing for 5 min",
  }];
  const { transitions, state } = stepOwn(EMPTY_OWN, { asks, sightings }, {
    ...{ probers: ["fra", "sin"], at, blind: false, newId: () => "i", walkedAt: () => undefined },
  });
  const own = { target: "_assay", scope: "global", severity: "warning" };
  expect(transitions.map(({ incident }) => incident)).toMatchObject([
    { ...own, check: "prober-sin", family: "advisory", kind: "prober" },
    { ...own, check: "delivery", family: "evidence", kind: "delivery" },
  ]);
  const other = { target: "shop", check: "prober-sin" };
  expect([...transitions.map(({ incident }) => incident), other].map(ownSubject)).toEqual([
    "prober sin",
    "Assay's delivery",
    undefined,
  ]);
  expect(Object.keys(state.probers)).toEqual(["sin"]);
});

test.each<[name: string, brought: boolean[], times: number]>([
  ["not at all while it brings all", [true, true, true], 0],
  ["once for all that it was asked for", [true, false, false], 1],
])("what a prober walked is looked for among all checks %s", (_, brought, times) => {
  let looked = 0;
  stepOwn(EMPTY_OWN, {
    asks: brought.map((one) => ({ prober: "sin", at: START, brought: one })),
    sightings: [],
  }, {
    ...{ probers: ["sin"], at: START, blind: false, newId: () => "i" },
    walkedAt: () => {
      looked++;
      return START - MINUTE;
    },
  });
  expect(looked).toBe(times);
});
