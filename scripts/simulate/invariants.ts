/** Invariants of every run. Each function returns a sentence per violation. */
import type { Check, Region } from "../../src/config/config.ts";
import { assess } from "../../src/judgement/assess.ts";
import type { Arrival, Round } from "../../src/judgement/round.ts";
import type { CheckState } from "../../src/judgement/state.ts";
import { isFailed } from "../../src/judgement/words.ts";
import { turnAt } from "../../src/config/schedule.ts";
import type { Record } from "./record.ts";
import { roundOf } from "./rounds.ts";

/**
 * Service incidents open only in a judgement with a failed verdict, and openings and resolutions alternate.
 */
export function checkChanges({ judgements, changes }: Record): string[] {
  const faults: string[] = [];
  for (const { at, walks, incidents } of judgements) {
    const fails = walks.some(({ trace }) => isFailed(trace.word));
    for (const { id, family, timeline } of incidents) {
      if (family !== "service" || timeline.at(-1)!.change !== "opened" || fails) continue;
      faults.push(`${id} opened at ${at} in a judgement without a failed verdict`);
    }
  }
  const open = new Map<string, boolean>();
  for (const { at, incident, change, episode } of changes) {
    const isOpen = open.get(incident) ?? false;
    if (change === "opened" ? isOpen : !isOpen) {
      faults.push(`${incident} #${episode} ${change} at ${at}, and was ${isOpen ? "open" : "not open"}`);
    }
    open.set(incident, change !== "resolved");
  }
  return faults;
}

/**
 * Each webhook got every notice of the outbox, in order, with one body per message id. `repeats`: a notice
 * may arrive twice.
 */
export function checkDeliveries({ notices, receipts }: Record, repeats: boolean): string[] {
  const faults: string[] = [];
  for (const webhook of new Set(notices.values())) {
    const wanted = [...notices].filter(([, to]) => to === webhook).map(([id]) => id);
    const bodies = new Map<string, string>();
    const came = new Set<string>();
    for (const { id, body, notices } of receipts.filter((receipt) => receipt.webhook === webhook)) {
      if ((bodies.get(id) ?? body) !== body) faults.push(`${id} came with two bodies`);
      bodies.set(id, body);
      for (const notice of notices) {
        if (came.has(notice) && !repeats) faults.push(`${notice} came twice to ${webhook}`);
        came.add(notice);
      }
    }
    const lost = wanted.filter((id) => !came.has(id));
    for (const id of lost) faults.push(`${id} never came to ${webhook}`);
    faults.push(...outOfOrder(wanted, [...came]).map((id) => `${id} came to ${webhook} out of order`));
  }
  return faults;
}

/**
 * The notices that came after a later one of their episode. The first two parts of a notice's id name its
 * incident's episode.
 */
function outOfOrder(wanted: readonly string[], came: readonly string[]): string[] {
  const place = new Map(wanted.map((id, i) => [id, i]));
  const last = new Map<string, number>();
  return came.filter((id) => {
    const episode = id.split("_", 2).join("_");
    const at = place.get(id) ?? Infinity;
    const isLate = at < (last.get(episode) ?? -1);
    last.set(episode, Math.max(at, last.get(episode) ?? -1));
    return isLate;
  });
}

/** Incidents that are open at the end resolve once the service is healthy. */
export function checkCanResolve(
  check: Check,
  regions: readonly Region[],
  { judgements }: Record,
): string[] {
  let state = judgements.at(-1)?.state;
  if (!state) return [];
  const everyMs = "everyMs" in check.schedule ? check.schedule.everyMs : 0;
  // An advisory resolves after 90 passes, a flapping incident after half an hour, a silent prober's vote
  // expires after an hour.
  const slots = Math.max(100, Math.ceil(7_200_000 / everyMs));
  for (let i = 1; i <= slots && state.incidents.some(isOpenIncident); i++) state = judgeWell(i, state);
  return state.incidents.filter(isOpenIncident).map(({ id, kind }) =>
    `${id} (${kind}) is open after ${slots} healthy slots`
  );

  function judgeWell(slotNumber: number, before: CheckState): CheckState {
    const slot = (Math.floor(judgements.at(-1)!.state.judgedAt / everyMs) + slotNumber) * everyMs;
    const at = turnAt(check, slot, 0, 1);
    const arrivals = regions.flatMap(({ probers }) =>
      probers.map(({ id }): Arrival => ({
        prober: id,
        walk: { slot, at, kind: "turn" },
        round: showing(roundOf("ready", at), Object.keys(check.converge ?? {})),
      }))
    );
    return assess(check, regions, arrivals, { before, newId: () => "never" }).state;
  }
}

/** Adds captures that agree to a round. */
const showing = ({ observation, ...round }: Round, captures: readonly string[]): Round => ({
  ...round,
  observation: { ...observation, captured: Object.fromEntries(captures.map((name) => [name, "the same"])) },
});

const isOpenIncident = ({ state }: CheckState["incidents"][number]) => state === "open";
