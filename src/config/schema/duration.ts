import { Cache } from "../../base/cache.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../base/time.ts";

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

const COUNT = "[1-9][0-9]{0,8}";
const NAMES = ["d", "h", "m", "s", "ms"];

/**
 * Whole numbers with units, largest first: `30s`, `1m30s`. No lookahead, which sample generators do not
 * support.
 */
export const DURATION = new RegExp(
  `^(0(ms|s|m|h|d)|${
    NAMES.map((name, i) =>
      COUNT + name + NAMES.slice(i + 1).map((smaller) => `(${COUNT}${smaller})?`).join("")
    ).join("|")
  })$`,
);

/** A config names few durations, and reads the same ones for each of its checks. */
const known = new Cache<string, number>({ max: 100 });

/** `30s` -> 30000, `1m30s` -> 90000. The text must match `DURATION`. */
export const parseDuration = (text: string): number => known.getOrSet(text, () => parse(text));

function parse(text: string): number {
  if (!DURATION.test(text)) return NaN;
  return text.match(/\d+[a-z]+/g)!.reduce((sum, part) => {
    const [, digits, unit] = /^(\d+)([a-z]+)$/.exec(part)!;
    return sum + Number(digits) * UNITS[unit!]!;
  }, 0);
}

/** 90000 -> `90s`, 120000 -> `2m`: the largest unit that leaves a whole number. */
export function formatDuration(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((name) => ms > 0 && ms % UNITS[name]! === 0) ?? "ms";
  return `${ms / UNITS[unit]!}${unit}`;
}
