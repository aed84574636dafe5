/** Encodes figures of an hour or a day as text. */
import * as z from "../../base/zod.ts";
import type { Figures, Histogram, RollupRow } from "../../judgement/service_level.ts";
import { HOUR_MS } from "../../base/time.ts";
import { parseRow, validateRow } from "../codec.ts";
import type { Rollup } from "../store.ts";

const counts = z.record(z.string(), z.number());

const figuresShape = z.object({ s: counts, p: z.record(z.string(), z.pair(counts, z.array(z.int()))) });

const rowShape = z.object({ h: z.int(), c: z.record(z.string(), z.unknown()) });

/**
 * Encodes a rollup row: `h` hours, `c` checks, `s` seconds by outcome, `p` verdicts and latency by prober. A
 * prober takes 1.8 KB per day.
 */
export function encodeRollup({ hours, checks }: RollupRow): string {
  const c = mapValues(checks, ({ seconds, probers }) => ({
    s: seconds,
    p: mapValues(probers, ({ words, latency }) => [words, encodeHistogram(latency)]),
  }));
  return JSON.stringify({ h: hours, c });
}

/**
 * Decodes a rollup row, or only the checks `wanted`. Throws an Error that names `row` if the shape is wrong.
 */
export function decodeRollup(text: string, row: string, wanted?: readonly string[]): RollupRow {
  const { h, c } = parseRow(rowShape, text, row);
  const keys = (wanted ?? Object.keys(c)).filter((key) => Object.hasOwn(c, key));
  return {
    hours: h,
    checks: Object.fromEntries(keys.map((key) => [key, decodeFigures(c[key], `${row}, ${key}`)])),
  };
}

const secondsShape = z.object({ h: z.int(), c: z.record(z.string(), z.object({ s: counts })) });

/**
 * Decodes only the hours and per-outcome seconds of a rollup row, because the overview of 1,000 checks does
 * not need the histograms. Throws as {@linkcode decodeRollup}.
 */
export function decodeSeconds(
  text: string,
  row: string,
): { hours: number; seconds: Record<string, Figures["seconds"]> } {
  const { h, c } = parseRow(secondsShape, text, row);
  return { hours: h, seconds: mapValues(c, ({ s }) => s) };
}

/**
 * End (epoch ms) of the last hour in a row; `hours` is the bit set of a day's hours. Later slots are read
 * singly.
 */
export const rollupEnd = ({ unit, start }: Pick<Rollup, "unit" | "start">, hours: number): number =>
  start + (unit === "hour" ? 1 : 32 - Math.clz32(hours)) * HOUR_MS;

function decodeFigures(value: unknown, row: string): Figures {
  const { s, p } = validateRow(figuresShape, value, row);
  return {
    seconds: s,
    probers: mapValues(p, ([words, latency]) => ({ words, latency: decodeHistogram(latency) })),
  };
}

/** Counts from bucket 0 on. A negative number -n skips n empty buckets. */
function encodeHistogram(latency: Histogram): number[] {
  const numbers: number[] = [];
  let at = 0;
  for (const [bucket, count] of Object.entries(latency).map(([bucket, n]) => [Number(bucket), n] as const)) {
    if (count === 0) continue;
    if (bucket > at) numbers.push(at - bucket);
    numbers.push(count);
    at = bucket + 1;
  }
  return numbers;
}

function decodeHistogram(numbers: number[]): Histogram {
  const latency: Histogram = {};
  let at = 0;
  for (const number of numbers) {
    if (number > 0) latency[at++] = number;
    else at -= number;
  }
  return latency;
}

const mapValues = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
