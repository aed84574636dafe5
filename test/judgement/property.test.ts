import * as fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { assess, type Assessment } from "../../src/judgement/assess.ts";
import type { Region } from "../../src/config/config.ts";
import { staleAt } from "../../src/config/schedule.ts";
import type { CheckState, ProberState } from "../../src/judgement/state.ts";
import {
  arrivalsOf,
  comparable,
  FAILED_WORDS,
  FAULT_WORDS,
  type GeneratedHistory,
  histories,
  PASSED_WORDS,
  play,
  withEnding,
} from "./generators.ts";
import type { SeenWord } from "./naive.ts";
import { type NaiveResult, replay } from "./naive_incidents.ts";

vi.setConfig({ testTimeout: 60_000 });

const isBad = (word: string) => FAILED_WORDS.includes(word as SeenWord);
const isGood = (word: string) => PASSED_WORDS.includes(word as SeenWord);
const speaks = ({ standing, aside }: ProberState) => standing.vote !== "none" && !aside;
const votesOf = (state: CheckState, region: Region) =>
  region.probers.map(({ id }) => state.probers[id]!).filter(speaks).map(({ standing }) => standing.vote);

/** The fresh votes behind each scope's outcome. */
function ballots(
  { check, regions }: GeneratedHistory,
  state: CheckState,
): [scope: string, votes: string[]][] {
  if (check.scope === "region") return regions.map((region) => [region.id, votesOf(state, region)]);
  const outcomes = regions.map(({ id }) => state.regions[id]!.outcome);
  return [["global", outcomes.filter((outcome) => outcome !== "pending")]];
}

const changed = ({ transitions }: Assessment, scope: string, family: string) =>
  transitions.filter(({ incident }) => incident.scope === scope && incident.family === family)
    .map(({ change }) => change);
const open = ({ state }: Assessment, family: string) =>
  state.incidents.filter((incident) => incident.family === family && incident.state === "open");
const told = (assessments: Assessment[]) => assessments.flatMap((assessment) => comparable(assessment).told);

const ordered = (slots: NaiveResult[]) =>
  slots.map(({ outcome, regions, votes, told, confirmations, held }) =>
    [outcome, ...Object.entries({ ...regions, ...votes }).flat(), ...told, ...confirmations, ...held].join(
      " ",
    )
  ).join("\n");

/** Holds `holds` against random stories; a failure prints its seed and the story. */
function forAll(
  stories: fc.Arbitrary<GeneratedHistory>,
  holds: (story: GeneratedHistory) => void,
  numRuns = 100,
) {
  fc.assert(fc.property(stories, (story) => void holds(story)), { numRuns });
}

test("assess and the naive judgement agree in every slot", () => {
  forAll(histories(), (story) => {
    const [ours, naive] = [play(story).map(comparable), replay(story)];
    // Comparing texts first: only a difference is worth a diff.
    if (ordered(ours) !== ordered(naive)) expect(ours).toEqual(naive);
  }, 250);
});

describe("majority", () => {
  test("a tie neither opens nor resolves", () => {
    let ties = 0;
    forAll(
      histories({ rule: "majority", regions: [1, 4] }, { words: fc.constantFrom("ready", "drift", "down") }),
      (story) => {
        for (const assessment of play(story)) {
          for (const [scope, votes] of ballots(story, assessment.state)) {
            if (votes.length === 0 || votes.filter(isBad).length * 2 !== votes.length) continue;
            ties++;
            expect(changed(assessment, scope, "service")).toEqual([]);
          }
        }
      },
    );
    expect(ties).toBeGreaterThan(10);
  });

  test("no drift without a majority of drift votes", () => {
    const words = fc.constantFrom<SeenWord>("drift", "drift", "down", "ready");
    let drifts = 0;
    forAll(histories({ rule: "majority" }, { words }), (story) => {
      for (const { state } of play(story)) {
        const outcomes = story.regions.map(({ id }) => state.regions[id]!.outcome);
        const tallies: [outcome: string, votes: string[]][] = [
          [state.outcome, outcomes.filter((outcome) => outcome !== "pending")],
          ...story.regions.map((region, r): [string, string[]] => [outcomes[r]!, votesOf(state, region)]),
        ];
        for (const [outcome, votes] of tallies) {
          if (outcome !== "drift") continue;
          drifts++;
          expect(votes.filter((vote) => vote === "drift").length * 2).toBeGreaterThan(votes.length);
        }
      }
    });
    expect(drifts).toBeGreaterThan(10);
  });
});

describe("a service incident is not resolved", () => {
  /** Every resolution of a service incident, with all states up to it. */
  function resolutions(
    story: GeneratedHistory,
    each: (scope: string, now: CheckState, past: CheckState[]) => void,
  ) {
    const past: CheckState[] = [];
    for (const now of play(story)) {
      for (const [scope] of ballots(story, now.state)) {
        if (changed(now, scope, "service").includes("resolved")) each(scope, now.state, past);
      }
      past.push(now.state);
    }
  }

  /** The state in which the resolve rule began to hold (from the second episode on it must hold for a while), and the one before. */
  function beginning(scope: string, now: CheckState, past: CheckState[]): [CheckState, CheckState] {
    const since = past.at(-1)!.scopes[scope]?.resolvableSince ?? now.judgedAt;
    const states = [...past, now];
    const index = states.findIndex(({ judgedAt }) => judgedAt === since);
    return [states[index]!, states[index - 1]!];
  }

  test("while most fresh votes are bad", () => {
    let resolved = 0;
    forAll(histories(), (story) =>
      resolutions(story, (scope, state) => {
        resolved++;
        const votes = new Map(ballots(story, state)).get(scope)!;
        expect(votes.filter(isBad).length * 2).toBeLessThanOrEqual(votes.length);
      }), 300);
    expect(resolved).toBeGreaterThan(10);
  });

  // A vote that was not bad may end: an undecided region that falls silent is no vote any more, and the others decide.
  test("by the silence of bad voters: in a slot in which no vote is new and none that was good ends", () => {
    const words = fc.constantFrom<SeenWord>(
      ...["ready", "ready", "down", "missing", "inconclusive", "suspect", "announced"] as const,
    );
    const freshVote = ({ probers }: CheckState, id: string) =>
      speaks(probers[id]!) ? probers[id]!.standing.vote : undefined;
    // What holds an incident open may be the latest verdicts alone: a pass after a failure ends that.
    const latest = ({ probers }: CheckState, id: string) => probers[id]!.standing.recent.at(-1) ?? "none";
    const isPass = (before: CheckState, now: CheckState, id: string) =>
      isBad(latest(before, id)) && isGood(latest(now, id));
    let resolved = 0;
    forAll(histories({}, { words }), (story) =>
      resolutions(story, (scope, now, past) => {
        resolved++;
        const [state, before] = beginning(scope, now, past);
        // After a long gap no vote is left, and each is new.
        const isBroken = state.judgedAt > staleAt(story.check, before.judgedAt);
        const voters = story.regions.filter(({ id }) => scope === "global" || id === scope)
          .flatMap(({ probers }) => probers);
        const moved = voters.filter(({ id }) => {
          const [was, is] = [freshVote(before, id), freshVote(state, id)];
          return isPass(before, state, id) || (is ? isBroken || is !== was : was && !isBad(was));
        });
        expect(moved).not.toEqual([]);
      }), 300);
    expect(resolved).toBeGreaterThan(10);
  });

  test.each<SeenWord[]>([["missing"], ["suspect"], ["inconclusive"], FAULT_WORDS])(
    "by 20 slots without evidence: %s",
    (...faults) => {
      const outage = histories().chain((story) => withEnding(story, FAILED_WORDS, 6));
      forAll(outage.chain((story) => withEnding(story, faults, 20)), (story) => {
        const scopes = ballots(story, play(story).at(-1)!.state).map(([scope]) => scope);
        expect(open(play(story).at(-1)!, "service").map(({ scope }) => scope)).toEqual(scopes);
      }, 30);
    },
  );
});

test("20 failed slots everywhere always open a service incident in every scope", () => {
  forAll(histories().chain((story) => withEnding(story, FAILED_WORDS, 20)), (story) => {
    const scopes = ballots(story, play(story).at(-1)!.state).map(([scope]) => scope);
    expect(open(play(story).at(-1)!, "service").map(({ scope }) => scope)).toEqual(scopes);
  });
});

// Half an hour is the longest hold, and one prober alone takes 90 slots for the passes that end an advisory.
test("130 good slots everywhere always resolve everything", () => {
  forAll(histories({}, { most: 3 }).chain((story) => withEnding(story, ["ready"], 130)), (story) => {
    const last = play(story).at(-1)!;
    expect(last.state.outcome).toBe("ready");
    expect(last.state.incidents.filter(({ state }) => state === "open")).toEqual([]);
  }, 50);
});

describe("no blind", () => {
  const blinds = (story: GeneratedHistory) => told(play(story)).filter((line) => line.includes("blind"));

  test("at start-up, while thresholds are not yet met", () => {
    const words = fc.constantFrom<SeenWord>(...FAILED_WORDS, ...PASSED_WORDS, "announced");
    forAll(histories({}, { words, gaps: false }), (story) => expect(blinds(story)).toEqual([]));
  });

  test("in an announced deploy, however long", () => {
    const words = fc.constantFrom<SeenWord>("ready", "drift");
    const deploy = histories({}, { words, gaps: false }).chain((story) =>
      withEnding(story, ["announced"], 20)
    );
    forAll(deploy, (story) => expect(blinds(story)).toEqual([]));
  });

  test("while every region is heard of, its quorum met or not, in the global scope", () => {
    const words = fc.constantFrom<SeenWord>("missing", "suspect");
    forAll(histories({ scope: "global" }, { words, gaps: false }), (story) => {
      for (const { seen } of story.lines) {
        for (const { probers } of story.regions) seen[probers[0]!.id] = "announced";
      }
      expect(blinds(story)).toEqual([]);
    });
  });
});

test("a prober's fault alone opens neither service nor quality incidents", () => {
  const words = fc.constantFrom<SeenWord>("ready", "announced", ...FAULT_WORDS);
  forAll(histories({}, { words }), (story) => {
    expect(told(play(story)).filter((line) => /service|quality/.test(line))).toEqual([]);
  });
});

describe("missing evidence", () => {
  test("alone never makes an outcome", () => {
    forAll(histories({}, { words: fc.constantFrom(...FAULT_WORDS) }), (story) => {
      expect(new Set(play(story).map(({ state }) => state.outcome))).toEqual(new Set(["pending"]));
    });
  });

  test("turns every outcome to pending within four periods", () => {
    forAll(histories().chain((story) => withEnding(story, FAULT_WORDS, 4)), (story) => {
      const { state } = play(story).at(-1)!;
      expect(state.outcome).toBe("pending");
      expect(Object.values(state.regions).map(({ outcome }) => outcome)).not.toContain("ready");
    });
  });

  test("never is ready by itself: some prober that counts passed, and not longer than maxAge ago", () => {
    const words = fc.constantFrom<SeenWord>("ready", "missing", "suspect", "misplaced");
    let ready = 0;
    forAll(histories({}, { words }), (story) => {
      const passedAt = new Map<string, number>();
      for (const { state, traces } of play(story)) {
        for (const { trace: { prober, word } } of traces) if (isGood(word)) passedAt.set(prober, state.slot);
        if (state.outcome !== "ready") continue;
        ready++;
        const witnesses = Object.entries(state.probers).filter(([id, prober]) => {
          const at = passedAt.get(id);
          return speaks(prober) && at !== undefined && state.slot <= staleAt(story.check, at);
        });
        expect(witnesses).not.toEqual([]);
      }
    });
    expect(ready).toBeGreaterThan(10);
  });
});

test("ids are unique, episodes rise by one, and a scope has at most one open incident of a family", () => {
  forAll(histories(), (story) => {
    const episodes = new Map<string, number>();
    const subjects = new Map<string, string>();
    for (const { state, transitions } of play(story)) {
      for (const { change, incident: { id, scope, family, episode } } of transitions) {
        const subject = `${scope}/${family}`;
        expect(subjects.get(id) ?? subject).toBe(subject);
        subjects.set(id, subject);
        expect(episode).toBe((episodes.get(id) ?? 0) + (change === "opened" ? 1 : 0));
        episodes.set(id, episode);
      }
      const open = state.incidents.filter(({ state }) => state === "open");
      const subjectsOpen = open.map(({ scope, family }) => `${scope}/${family}`);
      expect(subjectsOpen).toEqual([...new Set(subjectsOpen)]);
    }
  });
});

test("the same slot judged again comes to the same, and what was known before is left as it was", () => {
  forAll(histories(), (story) => {
    const { check, regions } = story;
    let state: CheckState | undefined;
    for (const line of story.lines) {
      const before = structuredClone(state);
      const judge = () => assess(check, regions, arrivalsOf(line), { before: state, newId: () => "i" });
      const first = judge();
      expect(JSON.stringify(judge())).toBe(JSON.stringify(first));
      expect(JSON.stringify(state)).toBe(JSON.stringify(before));
      state = first.state;
    }
  });
});

test("the order of regions, probers and answers changes nothing", () => {
  forAll(histories(), (story) => {
    const regions = story.regions.map((region) => ({ ...region, probers: region.probers.toReversed() }))
      .toReversed();
    const lines = story.lines.map(({ slot, seen }) => ({
      slot,
      seen: Object.fromEntries(Object.entries(seen).toReversed()),
    }));
    expect(play({ ...story, regions, lines }).map(comparable)).toEqual(play(story).map(comparable));
  });
});
