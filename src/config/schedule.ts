import type { Check, Region } from "./config.ts";
import type { CompiledCron } from "./kinds.ts";
import { MINUTE_MS } from "../base/time.ts";

const PERIODS_FRESH = 2.5;

/** A walk is abandoned this long after it began; checks that did not run by then are missing. */
export const WALK_MS = 50_000;

type Scheduled = Pick<Check, "schedule" | "maxAgeMs">;

/** The checks that are due in the slot `slotMs` (epoch ms). */
export function due<T extends Pick<Check, "schedule">>(checks: readonly T[], slotMs: number): T[] {
  const answers = new Map<CompiledCron, boolean>();
  const matches = (cron: CompiledCron) => {
    const answer = answers.get(cron) ?? cron.matches(slotMs);
    answers.set(cron, answer);
    return answer;
  };
  return checks.filter(({ schedule }) => {
    if ("everyMs" in schedule) return (slotMs - (schedule.phaseMs ?? 0)) % schedule.everyMs === 0;
    return slotMs % MINUTE_MS === 0 && matches(schedule.cron);
  });
}

/**
 * The instants in [minuteMs, minuteMs + 60 s) at which any check is due, sorted. `minuteMs` is a whole
 * minute.
 */
export function slots(checks: readonly Pick<Check, "schedule">[], minuteMs: number): number[] {
  const crons = checks.filter(({ schedule }) => "cron" in schedule);
  const found = new Set(due(crons, minuteMs).length > 0 ? [minuteMs] : []);
  const known = new Set<string>();
  for (const { schedule } of checks) {
    if ("cron" in schedule) continue;
    const { everyMs, phaseMs = 0 } = schedule;
    const id = `${everyMs}+${phaseMs}`;
    if (known.has(id)) continue;
    known.add(id);
    const first = Math.ceil((minuteMs - phaseMs) / everyMs) * everyMs + phaseMs;
    for (let slotMs = first; slotMs < minuteMs + MINUTE_MS; slotMs += everyMs) found.add(slotMs);
  }
  return [...found].toSorted((a, b) => a - b);
}

/** The instant (epoch ms) after which evidence of this slot is too old: `maxAge`, or 2.5 scheduled gaps. */
export function staleAt({ schedule, maxAgeMs }: Scheduled, slotMs: number): number {
  if (maxAgeMs !== undefined) return slotMs + maxAgeMs;
  if ("everyMs" in schedule) return slotMs + PERIODS_FRESH * schedule.everyMs;
  const [, second, third] = schedule.cron.next(3, slotMs);
  // Cannot happen: a pattern that never matches is refused at load, and five fields repeat for ever.
  if (second === undefined || third === undefined) {
    throw new Error(`No further runs of cron ${schedule.cron.source}`);
  }
  return second + (third - second) / 2;
}

/** The gap (ms) between a slot and the next; with `cron` it differs from slot to slot. */
export function periodMs({ schedule }: Pick<Check, "schedule">, slotMs: number): number {
  if ("everyMs" in schedule) return schedule.everyMs;
  const [next = slotMs + MINUTE_MS] = schedule.cron.next(1, slotMs);
  return next - slotMs;
}

/** The last `count` slots of a check up to and including `slotMs`, newest first. */
export function previousSlots(
  { schedule }: Pick<Check, "schedule">,
  slotMs: number,
  count: number,
): number[] {
  if ("cron" in schedule) {
    return schedule.cron.previous(count, slotMs);
  }
  const { everyMs, phaseMs = 0 } = schedule;
  const newest = Math.floor((slotMs - phaseMs) / everyMs) * everyMs + phaseMs;
  return Array.from({ length: count }, (_, i) => newest - i * everyMs);
}

/** The number of turns of a slot: at most the number of probers. */
export const turnsOf = ({ turns }: Pick<Check, "turns">, regions: readonly Region[]): number =>
  Math.max(1, Math.min(turns, regions.flatMap(({ probers }) => probers).length));

/**
 * The turn of each prober, from 0. Turns are dealt to the first prober of each region, then to the second of
 * each, and so on. With three regions of one prober, each prober has its own turn; with three regions of
 * three, each region has.
 */
export function dealTurns(regions: readonly Region[], turns: number): Map<string, number> {
  const most = Math.max(0, ...regions.map(({ probers }) => probers.length));
  const dealt = Array.from(
    { length: most },
    (_, i) => regions.flatMap(({ probers }) => probers[i]?.id ?? []),
  );
  return new Map(dealt.flat().map((id, i) => [id, i % turns]));
}

/** When a turn (from 0) of the slot `slotMs` begins, epoch ms. */
export const turnAt = (check: Pick<Check, "schedule">, slotMs: number, turn: number, turns: number): number =>
  slotMs + Math.floor(turn * periodMs(check, slotMs) / turns);
