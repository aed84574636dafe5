import { Cron } from "croner";
import { type Zone, zoneOf } from "../base/zone.ts";
import { HOUR_MS } from "../base/time.ts";
import type { CompiledCron } from "./kinds.ts";

// Offset 0 instead of zone UTC: croner is six times faster with an offset.
const UTC = { utcOffset: 0, mode: "5-part" } as const;
/** More than any zone's clock is ever set back. */
const SET_BACK_MS = 3 * HOUR_MS;

/**
 * Compiles five cron fields, in UTC or in an IANA time zone. Throws with the reason if fields or zone are
 * invalid. When clocks change, a skipped time runs at the end of the gap, and a repeated time runs only the
 * first time. Fields that match every hour run on through the change.
 */
export function compileCron(fields: string, zone?: string): CompiledCron {
  if (zone === undefined) return { source: fields, ...runsOf(new Cron(fields, UTC)) };
  const known = zoneOf(zone);
  if (!known) throw new Error(`unknown time zone ${zone}`);
  const [, hours] = fields.trim().split(/\s+/);
  const runs = hours === "*"
    ? runsOf(new Cron(fields, { timezone: zone, mode: "5-part" }))
    : wallRunsOf(new Cron(fields, UTC), known);
  return { source: fields, zone, ...runs };
}

type Runs = Omit<CompiledCron, "source" | "zone">;

function runsOf(cron: Cron): Runs {
  const times = (runs: Date[]) => runs.map((run) => run.getTime());
  return {
    matches: (atMs) => cron.match(new Date(atMs)),
    next: (count, afterMs) => times(cron.nextRuns(count, new Date(afterMs))),
    previous: (count, beforeMs) => times(cron.previousRuns(count, new Date(beforeMs))),
  };
}

/** The instants at which a zone's clock shows the runs of a cron in UTC. */
function wallRunsOf(cron: Cron, { wallAt, instantOf }: Zone): Runs {
  const collect = (count: number, from: number, follow: (wall: Date) => Date | null | undefined) =>
  (
    isAsked: (atMs: number) => boolean,
  ) => {
    const found: number[] = [];
    for (let wall = follow(new Date(from)); wall && found.length < count; wall = follow(wall)) {
      const at = instantOf(wall.getTime());
      if (isAsked(at) && at !== found.at(-1)) found.push(at);
    }
    return found;
  };
  const next = (count: number, afterMs: number) =>
    collect(count, wallAt(afterMs), (wall) => cron.nextRun(wall))((at) => at > afterMs);
  const back = (wall: Date) => cron.previousRuns(1, wall)[0];
  return {
    matches: (atMs) => next(1, atMs - 1)[0] === atMs,
    next,
    previous: (count, beforeMs) =>
      collect(count, wallAt(beforeMs) + SET_BACK_MS, back)((at) => at < beforeMs),
  };
}
