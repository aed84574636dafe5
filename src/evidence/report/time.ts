/**
 * Epoch ms of an RFC 3339 time. NaN for anything else, because `Date.parse` also accepts texts such as "1".
 */
export function timeOf(time: unknown): number {
  return typeof time === "string" && /^\d{4}-\d\d-\d\d[Tt ]/.test(time) ? Date.parse(time) : NaN;
}

/**
 * The newest of several times: one fresh check shows that the report is alive, even if the others run rarely.
 * Ignores times before 1970, because Go writes the year 1 for "never".
 */
export function newestOf(times: readonly unknown[]): number | undefined {
  const known = times.map(timeOf).filter((time) => time >= 0);
  return known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : undefined;
}
