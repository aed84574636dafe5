/** Epoch ms of an RFC 3339 time; anything else is NaN, because `Date.parse("1")` is a day in 2001. */
export function timeOf(time: unknown): number {
  return typeof time === "string" && /^\d{4}-\d\d-\d\d[Tt ]/.test(time) ? Date.parse(time) : NaN;
}

/**
 * The newest of many times: while one check is fresh, the report is alive, however rarely the others run. Times before
 * 1970 are none, because Go writes the year 1 for "never".
 */
export function newestOf(times: readonly unknown[]): number | undefined {
  const known = times.map(timeOf).filter((time) => time >= 0);
  return known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : undefined;
}
