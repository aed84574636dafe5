/**
 * Rules of other tools, on the same simulated network. Each rule follows its tools' defaults; all of them run
 * only the journey.
 */
import { MINUTE_MS, SECOND_MS } from "../../src/base/time.ts";
import type { NoticeAt } from "./figures.ts";
import { eventsAt, replyOf, SERVICE_HOST } from "./network.ts";
import type { Tape } from "./tape.ts";
import { episodesOf } from "./truth.ts";

/** The result of one prober's run; `passed` is null if the prober is silent. */
interface Seen {
  /** When the result is known, ms after the start. */
  at: number;
  passed: boolean | null;
}

/** Runs the journey at an instant (ms after the start). */
type Walk = (prober: number, at: number) => Seen;

interface Setting {
  tape: Tape;
  walk: Walk;
  /** The slots of the run, ms after the start. */
  slots: readonly number[];
  probers: readonly number[];
}

/** Records a notice when an alarm opens, and one when it resolves. */
class Alarm {
  readonly notices: NoticeAt[] = [];
  #isOpen = false;

  set(isBad: boolean, at: number): void {
    if (isBad === this.#isOpen) return;
    this.#isOpen = isBad;
    this.notices.push({ at, change: isBad ? "opened" : "resolved", kind: "outage" });
  }
}

/** A rule; `does` describes it in a sentence. */
export interface OtherRule {
  name: string;
  does: string;
  judge(setting: Setting): NoticeAt[];
}

const TIMEOUT_MS = 10 * SECOND_MS;
const STEPS = ["/order", "/read"];

/** Runs journeys on the network of a tape, without controls. Calls `onRequest` for each request. */
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

/** The runs of one slot, and when the last result is known. */
function slotOf({ walk, probers }: Setting, slot: number) {
  const seen = probers.map((prober) => ({ prober, ...walk(prober, slot) }));
  return { seen, at: Math.max(...seen.map(({ at }) => at)) };
}

function singleVantage(setting: Setting): NoticeAt[] {
  const alarm = new Alarm();
  let failures = 0;
  for (const slot of setting.slots) {
    const { at, passed } = setting.walk(0, slot);
    if (passed === null) continue;
    failures = passed ? 0 : failures + 1;
    if (passed || failures >= 3) alarm.set(!passed, at);
  }
  return alarm.notices;
}

function halfOfLastKnown(setting: Setting): NoticeAt[] {
  const { slots, probers, tape: { everyMs } } = setting;
  const alarm = new Alarm();
  const last = new Map<number, boolean>();
  for (const slot of slots) {
    for (const [i, prober] of probers.entries()) {
      // Regions are not synchronized: each has its own phase.
      const { at, passed } = setting.walk(prober, slot + Math.floor(i * everyMs / probers.length));
      if (passed !== null) last.set(prober, passed);
      const failing = [...last.values()].filter((ok) => !ok).length;
      alarm.set(failing > 0 && failing * 2 >= probers.length, at);
    }
  }
  return alarm.notices;
}

function percentageWithRetry(setting: Setting): NoticeAt[] {
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
  return alarm.notices;
}

function anyRegion(setting: Setting): NoticeAt[] {
  const alarm = new Alarm();
  for (const slot of setting.slots) {
    const { seen, at } = slotOf(setting, slot);
    alarm.set(seen.some(({ passed }) => passed === false), at);
  }
  return alarm.notices;
}

/** Knows the truth, three times a period, which is as often as Assay's probers run. */
function knowsTheTruth({ tape, slots }: Setting): NoticeAt[] {
  const alarm = new Alarm();
  const notices: NoticeAt[] = [];
  const episodes = episodesOf(tape);
  for (const slot of slots) {
    for (const turn of [0, 1, 2]) {
      const at = slot + Math.floor(turn * tape.everyMs / 3);
      const found = episodes.find(({ from, until }) => from <= at && at < until);
      alarm.set(found !== undefined, at);
      for (const one of alarm.notices.splice(0)) {
        notices.push({ ...one, kind: found?.kind ?? notices.at(-1)!.kind });
      }
    }
  }
  return notices;
}

/** The rules that Assay is compared with. */
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

/** Runs a rule over a tape; returns its notices and its number of requests. */
export function applyRule(rule: OtherRule, tape: Tape): { notices: NoticeAt[]; requests: number } {
  let requests = 0;
  const count = Math.floor(tape.minutes * MINUTE_MS / tape.everyMs);
  const notices = rule.judge({
    tape,
    walk: walker(tape, () => void requests++),
    slots: Array.from({ length: count }, (_, i) => i * tape.everyMs),
    probers: Array.from({ length: tape.topology.regions * tape.topology.probers }, (_, i) => i),
  });
  return { notices, requests };
}
