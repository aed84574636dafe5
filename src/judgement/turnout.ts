/** The voters, and the results of the two quorums: the probers of a region and the regions of a check. */
import type { Quorum } from "../config/config.ts";
import { periodMs } from "../config/schedule.ts";
import { MINUTE_MS } from "../base/time.ts";
import type { ScopeResult } from "./incident_rules.ts";
import { type Ballot, isRecovered, type QuorumOutcome, tally, wins } from "./quorum.ts";
import type { CheckState, Holder, ProberState, RegionState } from "./state.ts";
import type { JudgedCheck, VotingRegion } from "./subject.ts";
import { isFailed } from "./words.ts";

/** The result of a quorum: the same for the probers of a region and for the regions of a check. */
export interface Tally {
  /** `global`, or a region's id. */
  scope: string;
  outcome: QuorumOutcome;
  /**
   * The resolve rule holds, and the latest verdicts of the fresh voters, tallied as votes, would not open an
   * incident.
   */
  resolvable: boolean;
  /** The silent voters without whom the resolve rule would hold. */
  holders: Holder[];
  contradicted: ScopeResult["contradicted"];
  blind: ScopeResult["blind"];
}

/** A region's tally, with what the check's tally needs of it. */
export interface RegionTally extends Tally {
  region: RegionState;
  /** The outcome of the fresh voters' latest verdicts, without thresholds. */
  latest: QuorumOutcome;
  /** Its probers that are silent or excluded with a bad vote. */
  silentBad: Holder[];
  /** It has such probers, and the others do not outvote them. */
  unproven: boolean;
  turnout: Turnout;
}

/** How recent a voter's evidence is; a region counts as its best prober. */
type Turnout = "heard" | "waiting" | "lost";

/**
 * Evidence older than this (ms) is lost: five periods; for periods above a minute two periods, but at least
 * five minutes.
 */
const lostAfterMs = (period: number) =>
  period <= MINUTE_MS ? 5 * period : Math.max(5 * MINUTE_MS, 2 * period);

/** `waiting`: the prober is too new to be lost, and has brought no evidence yet. */
function turnoutOf(check: JudgedCheck, { standing: { freshAt }, heardAt }: ProberState, at: number): Turnout {
  const since = heardAt ?? freshAt ?? at;
  if (at - since >= lostAfterMs(periodMs(check, since))) return "lost";
  return freshAt === undefined ? "waiting" : "heard";
}

/** `wanted` when fewer than `minReporting` voters are not lost; `over` when at least that many are heard. */
function blindnessOf(turnouts: readonly Turnout[], { minReporting }: Quorum): ScopeResult["blind"] {
  if (countOf(turnouts, "heard") >= minReporting) return "over";
  return turnouts.length - countOf(turnouts, "lost") < minReporting ? "wanted" : undefined;
}

const isVoting = ({ standing, aside }: ProberState) => standing.vote !== "none" && !aside;

/** Tallies the probers of one region at the instant `at`. */
export function tallyRegion(
  check: JudgedCheck,
  { id, quorum, probers }: VotingRegion,
  { states, before, at }: { states: CheckState["probers"]; before: RegionState | undefined; at: number },
): RegionTally {
  const ballots: Ballot[] = [];
  const verdicts: Ballot[] = [];
  const opinions: ScopeResult["contradicted"][] = [];
  const silentBad: Holder[] = [];
  for (const { id } of probers) {
    const { standing, contradicts } = states[id]!;
    if (isVoting(states[id]!)) {
      ballots.push(standing.vote as Ballot);
      verdicts.push(standing.recent.at(-1)!);
      if (contradicts !== undefined) opinions.push(contradicts ? "won" : "lost");
    } else if (standing.agedBad || isFailed(standing.vote)) {
      silentBad.push({ id, silentSince: standing.freshAt ?? at });
    }
  }
  const turnouts = probers.map(({ id }) => turnoutOf(check, states[id]!, at));
  const outcome = tally(ballots, quorum);
  const latest = tally(verdicts, quorum);
  const recovered = isRecovered(ballots, silentBad.length, quorum);
  const since = before?.outcome === outcome ? before.since : at;
  const isHeld = outcome === "pending" && at - since <= check.releaseAfterMs;
  return {
    scope: id,
    outcome,
    latest,
    resolvable: recovered && !isFailed(latest),
    holders: !recovered && isRecovered(ballots, 0, quorum) ? silentBad : [],
    contradicted: askQuorum(opinions, quorum),
    blind: blindnessOf(turnouts, quorum),
    silentBad,
    unproven: silentBad.length > 0 && !recovered,
    turnout: (["heard", "waiting"] as const).find((one) => turnouts.includes(one)) ?? "lost",
    region: {
      outcome,
      since,
      wasBad: outcome === "pending" ? isHeld && !!before?.wasBad : isFailed(outcome),
    },
  };
}

/**
 * Tallies the regions of a check. A region whose bad probers went silent does not count as recovered,
 * whatever its others say.
 */
export function tallyRegions(
  { quorum }: Pick<JudgedCheck, "quorum">,
  regions: readonly RegionTally[],
): Tally {
  const voting = regions.filter(({ outcome }) => outcome !== "pending");
  const silent = regions.filter(({ outcome, region, unproven }) =>
    outcome === "pending" ? region.wasBad || unproven : unproven && !isFailed(outcome)
  );
  const resolving = voting.filter((one) => !silent.includes(one)).map(({ outcome }) => outcome as Ballot);
  const latest = tally(voting.map((one) => one.latest as Ballot), quorum);
  const recovered = isRecovered(resolving, silent.length, quorum);
  const answers = regions.map(({ contradicted }) => contradicted).filter((answer) => answer !== "pending");
  return {
    scope: "global",
    outcome: tally(voting.map(({ outcome }) => outcome as Ballot), quorum),
    resolvable: recovered && !isFailed(latest),
    holders: !recovered && isRecovered(resolving, 0, quorum)
      ? silent.flatMap(({ scope, region, silentBad }) =>
        silentBad.length > 0 ? silentBad : [{ id: scope, silentSince: region.since }]
      )
      : [],
    contradicted: askQuorum(answers, quorum),
    blind: blindnessOf(regions.map(({ turnout }) => turnout), quorum),
  };
}

/** Puts a yes/no question to a quorum; an undecided voter is fresh but counts neither as yes nor as no. */
function askQuorum(
  answers: readonly ScopeResult["contradicted"][],
  { open, resolve, minReporting }: Quorum,
): ScopeResult["contradicted"] {
  const fresh = answers.length;
  if (fresh < minReporting || fresh === 0) return "pending";
  if (wins(open, countOf(answers, "won"), fresh)) return "won";
  return wins(resolve, countOf(answers, "lost"), fresh) ? "lost" : "split";
}

const countOf = <T>(list: readonly T[], wanted: T): number =>
  list.reduce((count, one) => one === wanted ? count + 1 : count, 0);
