/** How others judge, over the same network: each rule is what its tools do by default, not a straw man; all of them walk the journey alone. */
import { MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import type { ToldAt } from "./figures.ts";
import { eventsAt, replyOf, SERVICE_HOST } from "./network.ts";
import type { Tape } from "./tape.ts";
import { episodesOf } from "./truth.ts";

/** What a walk of a prober brings: null, it is not heard. */
interface Seen {
  /** When it is known, ms after the beginning. */
  at: number;
  passed: boolean | null;
}

/** Walks the journey at an instant (ms after the beginning). */
type Walk = (prober: number, at: number) => Seen;

interface Setting {
  tape: Tape;
  walk: Walk;
  /** The slots of the run. */
  slots: readonly number[];
  probers: readonly number[];
}

/** The opening and the end of an alarm, one notice each. */
class Alarm {
  readonly told: ToldAt[] = [];
  #isOpen = false;

  set(isBad: boolean, at: number): void {
    if (isBad === this.#isOpen) return;
    this.#isOpen = isBad;
    this.told.push({ at, change: isBad ? "opened" : "resolved", kind: "outage" });
  }
}

/** A rule, and in a sentence what it does. */
export interface OtherRule {
  name: string;
  does: string;
  judge(setting: Setting): ToldAt[];
}

const TIMEOUT_MS = 10 * SECOND_MS;
const STEPS = ["/order", "/read"];

/** The network of a tape, walked by rules that know no controls. `onRequest` counts. */
export function walker(tape: Tape, onRequest: () => void): Walk {
  const on = eventsAt(tape);
  const counts = new Map<number, number>();
  return (prober, at) => {
    const isSilent = (["hung", "partition"] as const).some((kind) =>
      on(kind, at).some((event) => event.prober === prober)
    );
    if (isSilent) return { at, passed: null };
    const region = Math.floor(prober / tape.topology.probers);
    for (const path of STEPS) {
      const count = counts.get(prober) ?? 0;
      counts.set(prober, count + 1);
      onRequest();
      const reply = replyOf({ seed: tape.seed, on }, at, { prober, region, host: SERVICE_HOST, path, count });
      if (reply === "hang") return { at: at + TIMEOUT_MS, passed: false };
      if (reply === "reset" || reply.status !== 200) return { at, passed: false };
    }
    return { at, passed: true };
  };
}

/** The walks of one slot, and when the last of them is known. */
function slotOf({ walk, probers }: Setting, slot: number) {
  const seen = probers.map((prober) => ({ prober, ...walk(prober, slot) }));
  return { seen, at: Math.max(...seen.map(({ at }) => at)) };
}

function singleVantage(setting: Setting): ToldAt[] {
  const alarm = new Alarm();
  let failures = 0;
  for (const slot of setting.slots) {
    const { at, passed } = setting.walk(0, slot);
    if (passed === null) continue;
    failures = passed ? 0 : failures + 1;
    if (passed || failures >= 3) alarm.set(!passed, at);
  }
  return alarm.told;
}

function halfOfLastKnown(setting: Setting): ToldAt[] {
  const { slots, probers, tape: { everyMs } } = setting;
  const alarm = new Alarm();
  const last = new Map<number, boolean>();
  for (const slot of slots) {
    for (const [i, prober] of probers.entries()) {
      // Regions walk apart from each other, each on its own beat.
      const { at, passed } = setting.walk(prober, slot + Math.floor(i * everyMs / probers.length));
      if (passed !== null) last.set(prober, passed);
      const failing = [...last.values()].filter((ok) => !ok).length;
      alarm.set(failing > 0 && failing * 2 >= probers.length, at);
    }
  }
  return alarm.told;
}

function percentageWithRetry(setting: Setting): ToldAt[] {
  const alarm = new Alarm();
  for (const slot of setting.slots) {
    const { seen, at } = slotOf(setting, slot);
    const again = seen.filter(({ passed }) => passed === false).map(({ prober }) =>
      setting.walk(prober, at + 5 * SECOND_MS)
    );
    const heard = seen.filter(({ passed }) => passed !== null).length;
    const failing = again.filter(({ passed }) => passed === false).length;
    alarm.set(failing * 2 > heard && heard > 0, Math.max(at, ...again.map((one) => one.at)));
  }
  return alarm.told;
}

function anyRegion(setting: Setting): ToldAt[] {
  const alarm = new Alarm();
  for (const slot of setting.slots) {
    const { seen, at } = slotOf(setting, slot);
    alarm.set(seen.some(({ passed }) => passed === false), at);
  }
  return alarm.told;
}

/** It knows the truth, whenever a prober would look: three times a period. */
function knowsTheTruth({ tape, slots }: Setting): ToldAt[] {
  const alarm = new Alarm();
  const told: ToldAt[] = [];
  const episodes = episodesOf(tape);
  for (const slot of slots) {
    for (const turn of [0, 1, 2]) {
      const at = slot + Math.floor(turn * tape.everyMs / 3);
      const found = episodes.find(({ from, until }) => from <= at && at < until);
      alarm.set(found !== undefined, at);
      for (const one of alarm.told.splice(0)) told.push({ ...one, kind: found?.kind ?? told.at(-1)!.kind });
    }
  }
  return told;
}

/** The rules that stand beside Assay's. */
export const OTHER_RULES: readonly OtherRule[] = [
  {
    name: "single vantage x 3",
    does: "one prober; opens after three failures in a row, ends with one pass",
    judge: singleVantage,
  },
  {
    name: "half of the last known",
    does: "each region on its own schedule; open while at least half of the last results fail",
    judge: halfOfLastKnown,
  },
  {
    name: "percentage with retry",
    does: "all regions at once; repeats a failure 5 s later; open while more than half failed twice",
    judge: percentageWithRetry,
  },
  { name: "any region", does: "all regions at once; open while any fails", judge: anyRegion },
  { name: "oracle", does: "knows the truth, three times a period", judge: knowsTheTruth },
];

/** The notices of one of these rules over a tape, and how many requests it sends. */
export function judgeBeside(rule: OtherRule, tape: Tape): { told: ToldAt[]; requests: number } {
  let requests = 0;
  const count = Math.floor(tape.minutes * MINUTE_MS / tape.everyMs);
  const told = rule.judge({
    tape,
    walk: walker(tape, () => void requests++),
    slots: Array.from({ length: count }, (_, i) => i * tape.everyMs),
    probers: Array.from({ length: tape.topology.regions * tape.topology.probers }, (_, i) => i),
  });
  return { told, requests };
}
