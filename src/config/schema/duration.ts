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

const WORDS: [word: RegExp, unit: string][] = [
  [/milli[a-z]*/g, "ms"],
  [/sec[a-z]*/g, "s"],
  [/min[a-z]*/g, "m"],
  [/h(ou)?rs?/g, "h"],
  [/days?/g, "d"],
];

/**
 * The duration from `least` to `most` that somebody meant by `value`: 60 -> `60s`, 1.5 -> `1500ms`, "5 minutes"
 * -> `5m`. A bare number is in seconds; from 1000 on it is in milliseconds.
 */
export function meantDuration(value: unknown, least = "1ms", most = "4000d"): string | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const text = WORDS.reduce(
    (text, [word, unit]) => text.replace(word, unit),
    String(value).slice(0, 100).toLowerCase().replace(/\s+/g, ""),
  );
  const units = /^\d+(\.\d+)?$/.test(text) ? Number(text) < 1_000 ? ["s", "ms"] : ["ms", "s"] : [""];
  return units.map((unit) => whole(text + unit)).find((text) =>
    parseDuration(text) >= parseDuration(least) && parseDuration(text) <= parseDuration(most)
  );
}

/** `1.5s` -> `1500ms`; anything else unchanged. */
function whole(text: string): string {
  const [, number, unit] = /^(\d+\.\d+)(ms|s|m|h|d)$/.exec(text) ?? [];
  return number ? formatDuration(Math.round(Number(number) * UNITS[unit!]!)) : text;
}
