/**
 * Stored verdicts -> pass, fail or inconclusive: may a rollout go on? Pure; it never probes.
 *
 *     the verdict of each prober in a slot -> tally, twice -> one outcome per slot -> the last slots since the anchor -> decision
 */
import type { Trace } from "./assess.ts";
import type { Quorum, Rule } from "../config/config.ts";
import { type Ballot, type QuorumOutcome, tally, wins } from "./quorum.ts";
import type { VotingRegion } from "./subject.ts";
import { type DECISIONS, isFailed } from "./words.ts";

/** The decision of a gate. */
export type Decision = (typeof DECISIONS)[number];

/**
 * One slot (epoch ms) of one check with all its turns, or one confirmation: each prober's verdict before
 * thresholds.
 */
export interface GateRun {
  slot: number;
  verdicts: Readonly<Record<string, Trace["word"]>>;
}

/** Whether each of these probers has a verdict, `missing` included: no turn is still to come. */
export function isWhole({ verdicts }: GateRun, probers: readonly string[]): boolean {
  return probers.every((id) => Object.hasOwn(verdicts, id));
}

/**
 * The outcome of a slot. `announced`: pending, and some prober read that the service is starting or draining.
 */
export type RunOutcome = QuorumOutcome | "announced";

/** The tally of one slot. */
export interface RunTally {
  slot: number;
  outcome: RunOutcome;
  /** By region. */
  regions: Readonly<Record<string, RunOutcome>>;
}

/**
 * The two tallies of `assess.ts` over one slot's verdicts, without thresholds: probers -> region, regions ->
 * check. Silent and faulty probers abstain.
 */
export function tallyRun(
  { slot, verdicts }: GateRun,
  regions: readonly VotingRegion[],
  quorum: Quorum,
): RunTally {
  const votes = regions.map(({ id, probers, quorum }) =>
    [id, tallyVotes(probers.map((prober) => verdicts[prober.id] ?? "missing"), quorum)] as const
  );
  return {
    slot,
    outcome: tallyVotes(votes.map(([, word]) => word), quorum),
    regions: Object.fromEntries(votes),
  };
}

const ABSTAIN: ReadonlySet<string> = new Set(["missing", "inconclusive", "announced", "pending"]);

function tallyVotes(words: readonly (Trace["word"] | RunOutcome)[], quorum: Quorum): RunOutcome {
  const outcome = tally(words.filter((word) => !ABSTAIN.has(word)) as Ballot[], quorum);
  return outcome === "pending" && words.includes("announced") ? "announced" : outcome;
}

/** A check's quorum over only `voters` of its regions, so that no rule needs more votes than there are. */
export function narrowQuorum({ open, resolve, minReporting }: Quorum, voters: number): Quorum {
  const within = (rule: Rule): Rule =>
    typeof rule === "object" && "atLeast" in rule ? { atLeast: Math.min(rule.atLeast, voters) } : rule;
  const least = Math.min(minReporting, Math.floor(voters / 2) + 1);
  return { open: within(open), resolve: within(resolve), minReporting: least };
}

/** How many of `fresh` votes a rule needs. */
export function votesNeeded(rule: Rule, fresh: number): number {
  for (let yes = 1; yes < fresh; yes++) if (wins(rule, yes, fresh)) return yes;
  return fresh;
}

/** The terms of a decision. Times in ms. */
export interface DecideOptions {
  nowMs: number;
  /** The anchor: slots before it do not count. Epoch ms. */
  sinceMs: number;
  /** The maximum age of the newest slot; above it the decision is inconclusive. */
  maxAgeMs: number;
  /** Consecutive good slots that pass. */
  minRuns: number;
  /** Consecutive bad slots that fail. */
  failureThreshold: number;
  /** What a `degraded` slot counts as. */
  degraded: Decision;
  /** Whether a silence covers the check. */
  silenced: boolean;
  /** Whether the requested version is the reported one; true if none was requested. */
  versionProven: boolean;
  /** The burn rate against the requested maximum; absent: none was requested. */
  burn?: GateBurn;
}

/**
 * Whether a check's error budget burns too fast. `rate` is the last hour's; null: nothing was judged in it.
 */
export interface GateBurn {
  most: number;
  rate: number | null;
  isOver: boolean;
}

/** The reason: `good`, `bad` and `burn` decide, all others are inconclusive. */
export type DecisionCause =
  | "good"
  | "bad"
  | "burn"
  | "silenced"
  | "no_runs"
  | "stale"
  | "few"
  | "mixed"
  | "version"
  | "no_burn_rate";

/** A decision and the slots since the anchor behind it, newest first. */
export interface Judgement {
  decision: Decision;
  cause: DecisionCause;
  runs: readonly RunTally[];
}

/**
 * Decides over the tallies of one check, newest first. Only good slots pass; only bad slots or a burn rate
 * above the maximum fail; all else is inconclusive.
 */
export function decide(tallies: readonly RunTally[], terms: DecideOptions): Judgement {
  const { nowMs, sinceMs, maxAgeMs, minRuns, failureThreshold } = terms;
  const runs = tallies.filter(({ slot }) => slot >= sinceMs && slot <= nowMs);
  const is = (wanted: Decision) => ({ outcome }: RunTally) => countsFor(outcome, terms.degraded) === wanted;
  const last = (count: number, wanted: Decision) =>
    runs.length >= count && runs.slice(0, count).every(is(wanted));
  const open = (cause: DecisionCause): Judgement => ({ decision: "inconclusive", cause, runs });
  const [newest] = runs;
  if (terms.silenced) return open("silenced");
  if (terms.burn?.isOver) return { decision: "fail", cause: "burn", runs };
  if (!newest) return open("no_runs");
  if (nowMs - newest.slot > maxAgeMs) return open("stale");
  if (last(failureThreshold, "fail")) return { decision: "fail", cause: "bad", runs };
  if (!last(minRuns, "pass")) return open(runs.every(is("pass")) ? "few" : "mixed");
  if (terms.burn?.rate === null) return open("no_burn_rate");
  return terms.versionProven ? { decision: "pass", cause: "good", runs } : open("version");
}

/** What a slot's outcome counts as. */
function countsFor(word: RunOutcome, degraded: Decision): Decision {
  if (word === "ready") return "pass";
  if (word === "degraded") return degraded;
  return isFailed(word) ? "fail" : "inconclusive";
}

const WORST: readonly Decision[] = ["fail", "inconclusive", "pass"];

/** The worst of several checks' judgements, the first among equals. */
export function worstDecision<T extends { decision: Decision }>(judged: readonly [T, ...T[]]): T {
  const decision = WORST.find((one) => judged.some((it) => it.decision === one));
  return judged.find((it) => it.decision === decision) ?? judged[0];
}
