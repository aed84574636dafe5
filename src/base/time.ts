/** One second, ms. */
export const SECOND_MS = 1_000;
/** One minute, ms. */
export const MINUTE_MS = 60 * SECOND_MS;
/** One hour, ms. */
export const HOUR_MS = 60 * MINUTE_MS;
/** One day, ms. */
export const DAY_MS = 24 * HOUR_MS;

/** The earliest epoch ms that RFC 3339 can express: years have four digits. */
const EARLIEST_MS = -62_167_219_200_000;
/** The end of the year 9999, epoch ms: the latest time that RFC 3339 can express. */
export const LATEST_MS = 253_402_300_799_999;

/**
 * Epoch ms as ISO 8601. Never throws: times outside the years 0 to 9999 become the nearest limit, NaN the
 * earliest.
 */
export function iso(at: number): string;
export function iso(at: number | undefined): string | undefined;
export function iso(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  const known = Math.min(LATEST_MS, Math.max(EARLIEST_MS, at));
  return new Date(Number.isNaN(known) ? EARLIEST_MS : known).toISOString();
}

const UNITS: readonly [unitMs: number, unit: string, partMs: number, part: string][] = [
  [DAY_MS, "d", HOUR_MS, "h"],
  [HOUR_MS, "h", MINUTE_MS, "min"],
  [MINUTE_MS, "min", SECOND_MS, "s"],
];

/**
 * A time span for people in at most two units, rounded down: "90 s", "2 min 50 s", "3 h 30 min", "2 d 7 h".
 */
export function formatSpan(spanMs: number): string {
  const ms = Math.round(spanMs / SECOND_MS) * SECOND_MS;
  // A unit is used from two on: "90 s" reads faster than "1 min 30 s".
  const row = UNITS.find(([unitMs]) => ms >= 2 * unitMs);
  if (!row) return `${ms / SECOND_MS} s`;
  const [unitMs, unit, partMs, part] = row;
  const parts = Math.floor(ms % unitMs / partMs);
  return `${Math.floor(ms / unitMs)} ${unit}${parts > 0 ? ` ${parts} ${part}` : ""}`;
}
