import { DAY_MS, MINUTE_MS } from "./time.ts";

/** A time zone. Wall times are epoch ms as if the local clock showed UTC. */
export interface Zone {
  /** The wall time at an instant (epoch ms). */
  wallAt(atMs: number): number;
  /**
   * The instant (epoch ms, whole minutes) of a wall time: the first if there are two. If there is none, as
   * when summer time begins, the instant at which the clock passes it.
   */
  instantOf(wallMs: number): number;
}

/** A zone by its IANA name, such as `Europe/Berlin`; undefined: the name is unknown. */
export function zoneOf(name: string): Zone | undefined {
  const format = formatOf(name);
  if (!format) return undefined;
  const wallAt = (atMs: number): number => {
    const parts = format.formatToParts(atMs);
    const part = (type: string) => Number(parts.find((one) => one.type === type)!.value);
    const [year, month, day] = [part("year"), part("month"), part("day")];
    const rest = ((atMs % MINUTE_MS) + MINUTE_MS) % MINUTE_MS;
    return Date.UTC(year, month - 1, day, part("hour"), part("minute")) + rest;
  };
  return { wallAt, instantOf: (wallMs) => instantOf(wallAt, wallMs) };
}

function instantOf(wallAt: Zone["wallAt"], wallMs: number): number {
  // Assumes at most one clock change within two days.
  const guesses = [wallMs - DAY_MS, wallMs + DAY_MS].map((near) => wallMs - (wallAt(near) - near));
  const found = guesses.filter((at) => wallAt(at) === wallMs);
  if (found.length > 0) return Math.min(...found);
  let [before, after] = [Math.min(...guesses), Math.max(...guesses)];
  while (after - before > MINUTE_MS) {
    const middle = before + Math.floor((after - before) / 2 / MINUTE_MS) * MINUTE_MS;
    if (wallAt(middle) < wallMs) before = middle;
    else after = middle;
  }
  return after;
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const number = "numeric" as const;
  const fields = { year: number, month: number, day: number, hour: number, minute: number };
  try {
    return new Intl.DateTimeFormat("en", { ...fields, timeZone, hourCycle: "h23" });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The names of all known zones. */
export const zoneNames = (): string[] => ["UTC", ...Intl.supportedValuesOf("timeZone")];
