import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** One whole number and one unit. */
export const DURATION = /^(0|[1-9][0-9]{0,8})(ms|s|m|h|d)$/;

/** `30s` -> 30000. The text must match `DURATION`. */
export function parseDuration(text: string): number {
  const [, digits, unit] = DURATION.exec(text) ?? [];
  return Number(digits) * (UNITS[unit ?? ""] ?? NaN);
}

/** 90000 -> `90s`, 120000 -> `2m`: the largest unit that leaves a whole number. */
export function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms > 0 && ms % UNITS[name]! === 0) ?? "ms";
  return `${ms / UNITS[unit]!}${unit}`;
}
