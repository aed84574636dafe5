import { type Zone, zoneOf } from "../base/zone.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../base/time.ts";
import type { Note, Path } from "./problem.ts";
import { zoneFault } from "./zone_fault.ts";

/** Daily hours in which only critical incidents are sent. Times are ms since midnight in the zone. */
export interface QuietHours {
  from: number;
  until: number;
  clock: Zone;
}

/** `quietHours` as written. */
export interface QuietHoursDraft {
  from?: string;
  until?: string;
  zone?: string;
}

/** Reads quiet hours; undefined if they are invalid, which is reported. */
export function readQuietHours(
  { from = "", until = "", zone = "UTC" }: QuietHoursDraft,
  path: Path,
  note: Note,
): QuietHours | undefined {
  const fault = zoneFault(zone);
  if (fault) note({ path: [...path, "zone"], ...fault });
  const clock = zoneOf(zone);
  if (from === until && from !== "") {
    note({
      path: [...path, "until"],
      message: "quiet hours must not begin and end at the same time",
      expected: `not ${from}`,
      found: until,
    });
  }
  return clock && { from: msOf(from), until: msOf(until), clock };
}

function msOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * HOUR_MS + minutes * MINUTE_MS;
}

/** When (epoch ms) the quiet hours at an instant end; undefined outside quiet hours. */
export function quietUntil({ from, until, clock }: QuietHours, atMs: number): number | undefined {
  const wall = clock.wallAt(atMs);
  const time = ((wall % DAY_MS) + DAY_MS) % DAY_MS;
  const midnight = wall - time;
  if (from < until) return time >= from && time < until ? clock.instantOf(midnight + until) : undefined;
  if (time < until) return clock.instantOf(midnight + until);
  return time >= from ? clock.instantOf(midnight + DAY_MS + until) : undefined;
}
