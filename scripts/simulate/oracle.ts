/**
 * Compares a run with a naive second implementation of the judgement: outcomes, votes, changes, confirmations
 * and holders must agree.
 */
import type { Check, Region } from "../../src/config/config.ts";
import type { Line, SeenWord } from "../../test/judgement/naive.ts";
import { isBad, scopeAt } from "../../test/judgement/naive.ts";
import { type NaiveResult, replay } from "../../test/judgement/naive_incidents.ts";
import { holdsNaively } from "../../test/judgement/naive_prerequisite.ts";
import type { KeptJudgement, KeptWalk, Record } from "./record.ts";

/** The differences found, and the number of judgements compared. */
export interface Agreement {
  faults: string[];
  compared: number;
}

/**
 * The judgements that the oracle can follow. It stops at the first one with walks of two instants, which it
 * cannot represent.
 */
function followed({ judgements }: Record): KeptJudgement[] {
  const withWalks = judgements.filter(({ walks }) => walks.length > 0);
  const mixed = withWalks.findIndex(({ walks }) => new Set(walks.map(walkOf)).size > 1);
  return mixed < 0 ? withWalks : withWalks.slice(0, mixed);
}

/** Judges a run again. Stops at the first difference, which may cause all later ones. */
export function consultOracle(check: Check, regions: readonly Region[], record: Record): Agreement {
  const known = followed(record);
  const lines = known.map(lineOf);
  const story = { check, regions, lines };
  const naive = replay(story);
  for (const [i, judgement] of known.entries()) {
    const [ours, theirs] = [resultOf(judgement, check), naive[i]!];
    if (text(ours) !== text(theirs)) {
      const where = `judgement ${i} at ${judgement.state.judgedAt}`;
      return { faults: [`${where}: ${text(ours)}, but the oracle says: ${text(theirs)}`], compared: i };
    }
    for (const { scope, family, timeline: [...entries] } of judgement.incidents) {
      const { change, reason } = entries.at(-1)!;
      if (family !== "service" || change !== "resolved" || reason === "removed") continue;
      const it = scopeAt(story, scope, i);
      if (!it.resolves || it.outcome === "pending" || isBad(it.outcome)) {
        return { faults: [`judgement ${i}: ${scope} resolved though it would open`], compared: i };
      }
    }
  }
  return { faults: [], compared: known.length };
}

/**
 * Checks for each walk of the second check whether it should have waited for the first. Both records are of
 * the same commits.
 */
export function consultPrerequisite(
  check: Check,
  regions: readonly Region[],
  { first, second }: { first: Record; second: Record },
): Agreement {
  const known = followed(first);
  const story = { check, regions, lines: known.map(lineOf) };
  const faults: string[] = [];
  let [last, compared] = [-1, 0];
  for (const { commit, walks } of second.judgements) {
    // The second check may have been judged in a commit without the first.
    while (last + 1 < known.length && known[last + 1]!.commit <= commit) last++;
    if (last === known.length - 1) break;
    for (const { slot, trace } of walks) {
      const { prober, word, reason, at = slot } = trace;
      if (word === "missing") continue;
      compared++;
      const [waits, holds] = [reason === "prerequisite", holdsNaively(story, last, prober, at)];
      if (waits === holds) faults.push(`${prober} at ${at} waits: ${waits}, but holds: ${holds}`);
    }
  }
  return { faults, compared };
}

const walkOf = ({ slot, trace: { at = slot, kind } }: KeptWalk) => `${slot} ${at} ${kind ?? "turn"}`;

function lineOf({ at: now, walks, state: { probers } }: KeptJudgement): Line {
  const [{ slot, trace: { at = slot, kind } }] = walks as [KeptWalk, ...KeptWalk[]];
  return {
    slot,
    at,
    now,
    ...(kind && { confirmation: true as const }),
    seen: Object.fromEntries(walks.map(({ trace }) => [trace.prober, seenWord(trace)])),
    captured: Object.fromEntries(walks.flatMap(({ trace: { prober } }) => {
      const seen = probers[prober]?.captured?.revision;
      return seen?.at === at ? [[prober, seen.value]] : [];
    })),
    unanswered: walks.filter(({ trace }) => trace.unanswered).map(({ trace }) => trace.prober),
  };
}

function seenWord({ word, reason }: KeptWalk["trace"]): SeenWord {
  if (word !== "inconclusive") return word;
  if (reason === "prerequisite") return "waiting";
  return reason === "suspect" || reason === "misplaced" ? reason : word;
}

function resultOf({ state, incidents }: KeptJudgement, check: Check): NaiveResult {
  return {
    outcome: state.outcome,
    regions: Object.fromEntries(Object.entries(state.regions).map(([id, { outcome }]) => [id, outcome])),
    votes: Object.fromEntries(Object.entries(state.probers).map(([id, { standing }]) => [id, standing.vote])),
    told: incidents.filter(({ target }) => target === check.target.id)
      .map(({ scope, family, kind, episode, timeline }) =>
        `${scope}/${family} ${kind} ${timeline.at(-1)!.change} #${episode}`
      ).toSorted(),
    confirmations: Object.entries(state.scopes).flatMap(([scope, { confirmation: pending }]) =>
      pending ? [`${scope} ${pending.direction} @${pending.at}`] : []
    ).toSorted(),
    held: Object.entries(state.scopes).flatMap(([scope, { heldBy = [] }]) =>
      heldBy.map(({ id }) => `${scope} ${id}`)
    ).toSorted(),
  };
}

const text = ({ outcome, regions, votes, told, confirmations, held }: NaiveResult) =>
  [outcome, ...Object.entries({ ...regions, ...votes }).flat(), ...told, ...confirmations, ...held].join(" ");
