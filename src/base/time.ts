/** The first and the last epoch ms that RFC 3339 can say: years have four digits. */
const EARLIEST_MS = -62_167_219_200_000;
/** The end of the year 9999, epoch ms: nothing later is a time. */
export const LATEST_MS = 253_402_300_799_999;

/** Epoch ms as ISO 8601. Never throws: what is no time of these ten thousand years is said as the nearest one, NaN as the first. */
export function iso(at: number): string;
export function iso(at: number | undefined): string | undefined;
export function iso(at: number | undefined): string | undefined {
  if (at === undefined) return undefined;
  const known = Math.min(LATEST_MS, Math.max(EARLIEST_MS, at));
  return new Date(Number.isNaN(known) ? EARLIEST_MS : known).toISOString();
}
