import { Cron } from "croner";
import { DAY_MS } from "../base/time.ts";

// Any fixed instant will do: a pattern of five fields repeats for ever. This one starts a leap year.
const START = Date.UTC(2024, 0, 1);
const YEAR_MS = 366 * DAY_MS;
const RUNS = 100;

/** Five cron fields in UTC; throws with the reason if they are not. */
export function parseCron(fields: string): Cron {
  // An offset of 0 is UTC too, and croner is six times faster with it than with a zone.
  return new Cron(fields, { utcOffset: 0, mode: "5-part" });
}

/** Why these are not five cron fields that ever match, or the smallest gap in ms of the first 100 runs in a year. */
export function readCron(fields: string): { fault: string } | { gapMs: number } {
  if (fields.trim().split(/\s+/).length !== 5) return { fault: "it does not have five fields" };
  try {
    const runs = parseCron(fields).nextRuns(RUNS, new Date(START - 1)).map((run) => run.getTime());
    if (runs.length === 0) return { fault: "it never matches" };
    const inYear = runs.filter((run) => run < START + YEAR_MS);
    return { gapMs: inYear.slice(1).reduce((least, run, i) => Math.min(least, run - inYear[i]!), YEAR_MS) };
  } catch (error) {
    return { fault: error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error) };
  }
}
