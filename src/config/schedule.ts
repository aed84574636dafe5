import { parseCron } from "./cron.ts";
import type { Check } from "./config.ts";
import { MINUTE_MS } from "../base/time.ts";
import { Cache } from "../base/cache.ts";

const PERIODS_FRESH = 2.5;

type Scheduled = Pick<Check, "schedule" | "maxAgeMs">;

/** The checks whose slot `slotMs` (epoch ms) is. */
export function due<T extends Pick<Check, "schedule">>(checks: readonly T[], slotMs: number): T[] {
  const answers = new Map<string, boolean>();
  const matches = (cron: string) => {
    const answer = answers.get(cron) ?? cronOf(cron).match(new Date(slotMs));
    answers.set(cron, answer);
    return answer;
  };
  return checks.filter(({ schedule }) => {
    if ("everyMs" in schedule) return slotMs % schedule.everyMs === 0;
    return slotMs % MINUTE_MS === 0 && matches(schedule.cron);
  });
}

/** The instants in [minuteMs, minuteMs + 60 s) at which any check is due, in order; `minuteMs` is a whole minute. */
export function slots(checks: readonly Pick<Check, "schedule">[], minuteMs: number): number[] {
  const found = new Set(due(checks, minuteMs).length > 0 ? [minuteMs] : []);
  const periods = new Set(checks.map(({ schedule }) => "everyMs" in schedule ? schedule.everyMs : MINUTE_MS));
  for (const everyMs of periods) {
    if (everyMs >= MINUTE_MS) continue;
    const first = Math.ceil(minuteMs / everyMs) * everyMs;
    for (let slotMs = first; slotMs < minuteMs + MINUTE_MS; slotMs += everyMs) found.add(slotMs);
  }
  return [...found].toSorted((a, b) => a - b);
}

/** The instant (epoch ms) after which evidence of this slot is too old: `maxAge`, or 2.5 scheduled gaps. */
export function staleAt({ schedule, maxAgeMs }: Scheduled, slotMs: number): number {
  if (maxAgeMs !== undefined) return slotMs + maxAgeMs;
  if ("everyMs" in schedule) return slotMs + PERIODS_FRESH * schedule.everyMs;
  const [, second, third] = cronOf(schedule.cron).nextRuns(3, new Date(slotMs)).map((run) => run.getTime());
  // A pattern is refused at load if it never matches, and five fields repeat for ever.
  if (second === undefined || third === undefined) {
    throw new Error(`No further runs of cron ${schedule.cron}`);
  }
  return second + (third - second) / 2;
}

const crons = new Cache<string, ReturnType<typeof parseCron>>({ max: 1_000 });

/** Parsing costs more than matching, and few expressions serve many checks. */
const cronOf = (fields: string) => crons.getOrSet(fields, () => parseCron(fields));

/** The gap (ms) between a slot and the next; with `cron` it differs from slot to slot. */
export function periodMs({ schedule }: Pick<Check, "schedule">, slotMs: number): number {
  if ("everyMs" in schedule) return schedule.everyMs;
  const next = cronOf(schedule.cron).nextRun(new Date(slotMs));
  return next ? next.getTime() - slotMs : MINUTE_MS;
}

/** The slots of a check up to `slotMs` (itself, if it is one), newest first; at most `count`. */
export function previousSlots(
  { schedule }: Pick<Check, "schedule">,
  slotMs: number,
  count: number,
): number[] {
  if ("cron" in schedule) {
    return cronOf(schedule.cron).previousRuns(count, new Date(slotMs)).map((run) => run.getTime());
  }
  const newest = Math.floor(slotMs / schedule.everyMs) * schedule.everyMs;
  return Array.from({ length: count }, (_, i) => newest - i * schedule.everyMs);
}
