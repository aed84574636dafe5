import { describe, expect, test } from "vitest";
import type { Quorum, Rule } from "../../src/config/config.ts";
import {
  type Ballot,
  castVote,
  conclusiveAt,
  expire,
  isRecovered,
  NO_VOTE,
  tally,
  type VoteState,
  wins,
} from "../../src/judgement/quorum.ts";
import type { Verdict } from "../../src/judgement/verdict.ts";

const LETTERS: Record<string, Ballot> = {
  R: "ready",
  G: "degraded",
  U: "underclaim",
  P: "unreported",
  D: "drift",
  N: "not_ready",
  X: "down",
  F: "failing",
  S: "split",
};
/** `DDR`: two drift votes and a ready one. */
const ballots = (votes: string): Ballot[] => [...votes].map((letter) => LETTERS[letter]!);

describe("wins", () => {
  test.each<[rule: Rule, votes: string]>([
    [
      "majority",
      "0/1 no, 1/1 yes, 1/2 no, 2/2 yes, 1/3 no, 2/3 yes, 2/4 no, 3/4 yes, 2/5 no, 3/5 yes, 0/0 no",
    ],
    ["all", "0/1 no, 1/1 yes, 1/2 no, 2/3 no, 3/3 yes, 0/0 no"],
    ["any", "0/1 no, 1/1 yes, 1/5 yes, 0/5 no, 0/0 no"],
    [{ atLeast: 2 }, "1/1 no, 1/5 no, 2/2 yes, 2/5 yes, 3/5 yes"],
    [{ fraction: 0.5 }, "0/2 no, 1/2 yes, 1/3 no, 2/3 yes, 2/4 yes, 2/5 no, 3/5 yes"],
    [{ fraction: 0.1 }, "0/1 no, 1/10 yes, 1/11 no, 2/11 yes, 2/30 no, 3/30 yes"],
    [{ fraction: 1 }, "1/2 no, 2/2 yes, 0/0 no"],
  ])("%j: %s", (rule, votes) => {
    const answered = votes.split(", ").map((vote) => {
      const [yes, fresh] = vote.split(" ")[0]!.split("/").map(Number) as [number, number];
      return `${yes}/${fresh} ${wins(rule, yes, fresh) ? "yes" : "no"}`;
    });
    expect(answered.join(", ")).toBe(votes);
  });
});

describe("tally", () => {
  const quorum = (open: Rule, resolve: Rule, minReporting = 1): Quorum => ({ open, resolve, minReporting });

  test.each<[name: string, quorum: Quorum, outcomes: string]>([
    [
      "majority of probers",
      quorum("majority", "majority"),
      `
      -> pending | R -> ready | D -> drift | X -> down | G -> degraded
      RRR -> ready | RRD -> ready | RDD -> drift | RD -> split | RRDD -> split
      XX -> down | XF -> failing | XN -> failing | NNR -> not_ready | DDXXR -> failing | DXR -> failing
      DDDXX -> drift | DXF -> failing | DDXX -> failing
      UUR -> underclaim | PPR -> unreported | UPR -> unreported | UUP -> underclaim | UPP -> unreported
      GGR -> degraded | GUR -> degraded | GPR -> degraded | GDR -> degraded | UDR -> degraded | RRG -> ready | GR -> split
      UPGDX -> degraded`,
    ],
    [
      "majority of regions, some of them split",
      quorum("majority", "majority", 2),
      `
      R -> pending | D -> pending | S -> pending | SS -> split | DSS -> split | RSS -> split | DDS -> drift
      RRS -> ready | RS -> split | DXS -> failing | UUS -> underclaim | GUS -> degraded | DRS -> split`,
    ],
    [
      "any opens, all resolve",
      quorum("any", "all"),
      `
      R -> ready | RRR -> ready | RRD -> drift | RRX -> down | RXD -> drift | RRG -> degraded | RRU -> underclaim
      RUP -> underclaim | RRP -> unreported | RS -> split | SS -> split`,
    ],
    [
      "all open, any resolves",
      quorum("all", "any"),
      `
      RD -> ready | DD -> drift | DX -> failing | XX -> down | UP -> unreported | UU -> underclaim | GD -> degraded
      GU -> degraded | GDR -> ready | DS -> split | SR -> ready`,
    ],
    [
      "at least two of each",
      quorum({ atLeast: 2 }, { atLeast: 2 }),
      `
      R -> split | D -> split | RR -> ready | RRDD -> drift | RRDX -> failing | RRRX -> ready | RXGS -> degraded`,
    ],
    [
      "half opens, three quarters resolve",
      quorum({ fraction: 0.5 }, { fraction: 0.75 }),
      `
      RD -> drift | RRD -> split | RRRD -> ready | RRDX -> failing | RRXX -> down | RRDD -> drift | RRUG -> degraded`,
    ],
    [
      "three must report",
      quorum("any", "any", 3),
      "DD -> pending | RR -> pending | DRR -> drift | RRR -> ready",
    ],
  ])("%s", (_name, quorum, table) => {
    const rows = table.split(/[\n|]/).map((row) => row.trim()).filter(Boolean);
    expect(rows.map((row) => {
      const votes = row.split("->")[0]!.trim();
      return `${votes} -> ${tally(ballots(votes), quorum)}`.trim();
    })).toEqual(rows);
  });
});

describe("recovered", () => {
  const usual: Quorum = { open: "majority", resolve: "majority", minReporting: 1 };

  test.each<[name: string, quorum: Quorum, votes: string, silentBad: number, yes: boolean]>([
    ["all good", usual, "RRR", 0, true],
    ["good need not be ready", usual, "GUP", 0, true],
    ["a minority still bad", usual, "RRD", 0, true],
    ["a tie", usual, "RD", 0, false],
    ["most bad", usual, "RDD", 0, false],
    ["nobody votes", usual, "", 0, false],
    ["silence alone", usual, "", 3, false],
    ["one good, the bad one silent: a tie", usual, "R", 1, false],
    ["two good, the bad one silent", usual, "RR", 1, true],
    ["one good, two bad ones silent", usual, "R", 2, false],
    ["two good, one bad, one bad one silent", usual, "RRD", 1, false],
    ["split is not good", usual, "RS", 0, false],
    ["split is not bad either", usual, "RRS", 0, true],
    ["too few report, the silent do not help", { ...usual, minReporting: 3 }, "RR", 1, false],
    ["enough report", { ...usual, minReporting: 3 }, "RRR", 1, true],
    ["any resolves, but half are bad at most", { ...usual, resolve: "any" }, "RD", 0, true],
    ["any resolves, but most are bad", { ...usual, resolve: "any", open: "all" }, "RDD", 0, false],
    ["any resolves, but most are bad, the silent counted", { ...usual, resolve: "any" }, "RD", 1, false],
    ["any opens: one bad vote holds it open", { ...usual, open: "any" }, "RRRD", 0, false],
    ["any opens: one silent bad vote holds it open", { ...usual, open: "any" }, "RRR", 1, false],
    ["all must be good", { ...usual, resolve: "all" }, "RRR", 0, true],
    ["all must be good, the silent too", { ...usual, resolve: "all" }, "RRR", 1, false],
    ["two are enough", { ...usual, resolve: { atLeast: 2 } }, "RRDS", 0, true],
    ["three quarters are not enough of five", { ...usual, resolve: { fraction: 0.75 } }, "RRR", 2, false],
  ])("%s", (_name, quorum, votes, silentBad, yes) => {
    expect(isRecovered(ballots(votes), silentBad, quorum)).toBe(yes);
  });
});

const WORDS: Record<string, Verdict> = { ...LETTERS, i: "inconclusive", a: "announced" } as Record<
  string,
  Verdict
>;
const VOTES: Record<string, string> = { none: "-" };
for (const [letter, word] of Object.entries(LETTERS)) VOTES[word] = letter;

/** The vote after each word; `|` is the point where the evidence is too old. */
function votes(words: string, failureThreshold: number, successThreshold: number): string {
  let standing: VoteState = NO_VOTE;
  let slot = 0;
  return [...words].map((letter) => {
    standing = letter === "|"
      ? expire(standing, true, false)
      : castVote(standing, WORDS[letter]!, slot += 60_000, { failureThreshold, successThreshold });
    return VOTES[standing.vote];
  }).join("");
}

describe("votes, after each word", () => {
  test.each<[name: string, thresholds: [failure: number, success: number], words: string, votes: string]>([
    ["the first pass makes it good", [2, 2], "R", "R"],
    ["a single failure abstains at first", [2, 2], "DD", "-D"],
    ["a failure and a pass", [2, 2], "DR", "-R"],
    ["one failure does not turn it", [2, 2], "RDRDR", "RRRRR"],
    ["two in a row turn it, whatever the words", [2, 2], "RXF", "RRF"],
    ["three in a row turn it", [3, 2], "RXXRXXX", "RRRRRRX"],
    ["one pass does not turn it back", [2, 2], "DDRDRR", "-DDDDR"],
    ["three passes turn it back", [1, 3], "XRRXRRR", "XXXXXXR"],
    ["thresholds of one turn at once", [1, 1], "RDRX", "RDRX"],
    ["a slow pass is a pass", [2, 2], "DDGR", "-DDR"],
    ["inconclusive neither counts nor breaks", [2, 2], "RDiiD", "RRRRD"],
    ["announced leaves streak and vote", [2, 2], "RDaDaRaR", "RRRDDDDR"],
    ["inconclusive alone is no vote", [1, 1], "iai", "---"],
  ])("%s", (_name, [failure, success], words, expected) => {
    expect(votes(words, failure, success)).toBe(expected);
  });
});

describe("the word of a bad vote", () => {
  test.each<[name: string, failureThreshold: number, words: string, votes: string]>([
    ["two drifts of three", 2, "DDX", "-DD"],
    ["one drift of two", 2, "DX", "-X"],
    ["drift first, then something else for good", 2, "DDXX", "-DDX"],
    ["not by a single later drift", 2, "XXDR", "-XXX"],
    ["by two later drifts of three", 2, "XXDD", "-XXD"],
    ["by drifts around another word", 2, "XDXD", "-XXD"],
    ["the latest word other than drift", 2, "XFND", "-FNN"],
    ["three drifts of five", 3, "DXDXD", "--XXD"],
    ["two drifts of five are none", 3, "XDFDNN", "--FFNN"],
    ["a threshold of one takes each word as it comes", 1, "DXDF", "DXDF"],
    ["only failed slots change it", 2, "XXRiDaD", "-XXXXXD"],
    ["the spell goes on over single passes", 2, "DXRDRDR", "-XXDDDD"],
    ["a spell ends where the vote turns good", 2, "DDRRXD", "-DDRRX"],
    ["before it turns, a pass begins it anew", 2, "DRXD", "-RRX"],
    ["a drift before the pass does not count", 3, "DRDXX", "-RRRX"],
  ])("%s", (_name, failureThreshold, words, expected) => {
    expect(votes(words, failureThreshold, 2)).toBe(expected);
  });
});

describe("the word of a good vote", () => {
  test.each<[name: string, thresholds: [failure: number, success: number], words: string, votes: string]>([
    ["one poor slot is not enough", [2, 2], "GR", "RR"],
    ["two in a row are: the latest word", [2, 2], "GUP", "RUP"],
    ["a ready slot ends it", [2, 2], "UURU", "RURR"],
    ["a failed slot ends it too", [2, 2], "UUD", "RUR"],
    ["it needs three", [3, 2], "GGG", "RRG"],
    ["recovering into a poor state", [2, 2], "DDGG", "-DDG"],
    ["recovering faster than poor states are believed", [3, 1], "XXXG", "--XR"],
    ["one is enough", [1, 1], "UGPR", "UGPR"],
    ["inconclusive does not break it", [2, 2], "GiaG", "RRRG"],
  ])("%s", (_name, [failure, success], words, expected) => {
    expect(votes(words, failure, success)).toBe(expected);
  });
});

describe("a vote too old", () => {
  test.each<[name: string, thresholds: [failure: number, success: number], words: string, votes: string]>([
    ["is none", [2, 2], "R|", "R-"],
    ["that was good comes back with one pass", [2, 2], "RR|R", "RR-R"],
    ["that was bad needs its passes again", [2, 2], "DD|RR", "-D--R"],
    ["that was bad does not count passes with a failure between", [2, 2], "DD|RDRR", "-D----R"],
    ["that was bad may turn bad again", [2, 2], "DD|XX", "-D--X"],
    ["takes its streak with it", [2, 2], "RD|D", "RR--"],
    ["takes its spell with it", [2, 2], "DD|DX", "-D--X"],
    ["is remembered as bad over a second silence", [2, 2], "DD|R|RR", "-D----R"],
    ["is forgotten as bad once it has voted good", [2, 2], "DD|RR|R", "-D--R-R"],
    ["of none is no bad one, whatever its streak", [2, 2], "D|R", "--R"],
  ])("%s", (_name, [failure, success], words, expected) => {
    expect(votes(words, failure, success)).toBe(expected);
  });
});

test.each<[word: Verdict, freshAt: number]>([
  ["ready", 120],
  ["drift", 120],
  ["announced", 120],
  ["inconclusive", 60],
])("%s keeps or renews the age", (word, freshAt) => {
  const thresholds = { failureThreshold: 2, successThreshold: 2 };
  expect(castVote(castVote(NO_VOTE, "ready", 60, thresholds), word, 120, thresholds).freshAt).toBe(freshAt);
});

test.each<[words: Verdict[], minute: number | undefined]>([
  [["ready"], 1],
  [["ready", "announced", "announced"], 1],
  [["ready", "announced", "inconclusive"], 1],
  [["ready", "announced", "drift"], 3],
  [["announced"], undefined],
  [[], undefined],
])("%j: the last conclusive evidence is of minute %d", (words, minute) => {
  const thresholds = { failureThreshold: 2, successThreshold: 2 };
  const standing = words.reduce((before, word, i) => castVote(before, word, i + 1, thresholds), NO_VOTE);
  expect(conclusiveAt(standing)).toBe(minute);
});

test("a vote that is young enough is left alone", () => {
  const standing = castVote(NO_VOTE, "ready", 60, { failureThreshold: 2, successThreshold: 2 });
  expect(expire(standing, false, false)).toEqual(standing);
});
