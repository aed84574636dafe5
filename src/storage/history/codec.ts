/** Figures of an hour or a day as text, packed. */
import * as z from "zod";
import type { Book, Figures, Histogram } from "../../judgement/service_level.ts";
import { decode, shaped } from "../codec.ts";

const counts = z.record(z.string(), z.number());

const packed = z.object({ s: counts, p: z.record(z.string(), z.tuple([counts, z.array(z.int())])) });

const books = z.object({ h: z.int(), c: z.record(z.string(), z.unknown()) });

/** Packs a book: `h` are its hours, `c` its checks, `s` seconds by outcome, `p` words and latency by prober; 1.8 KB a prober and day. */
export function encodeBook({ hours, checks }: Book): string {
  const c = mapped(checks, ({ seconds, probers }) => ({
    s: seconds,
    p: mapped(probers, ({ words, latency }) => [words, run(latency)]),
  }));
  return JSON.stringify({ h: hours, c });
}

/** Reads a book, or only what it says of the checks `wanted`; throws an Error that names `row` if the text has another shape. */
export function decodeBook(text: string, row: string, wanted?: readonly string[]): Book {
  const { h, c } = decode(books, text, row);
  const keys = (wanted ?? Object.keys(c)).filter((key) => Object.hasOwn(c, key));
  return {
    hours: h,
    checks: Object.fromEntries(keys.map((key) => [key, figures(c[key], `${row}, ${key}`)])),
  };
}

const clocks = z.object({ c: z.record(z.string(), z.object({ s: counts })) });

/** Of a packed book only the seconds by outcome, by check key: whoever draws a thousand checks needs no histograms. Throws as {@linkcode decodeBook}. */
export const secondsIn = (text: string, row: string): Record<string, Figures["seconds"]> =>
  mapped(decode(clocks, text, row).c, ({ s }) => s);

function figures(value: unknown, row: string): Figures {
  const { s, p } = shaped(packed, value, row);
  return { seconds: s, probers: mapped(p, ([words, latency]) => ({ words, latency: unrun(latency) })) };
}

/** Counts from bucket 0 on; a negative number passes over as many empty buckets. */
function run(latency: Histogram): number[] {
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

function unrun(numbers: number[]): Histogram {
  const latency: Histogram = {};
  let at = 0;
  for (const number of numbers) {
    if (number > 0) latency[at++] = number;
    else at -= number;
  }
  return latency;
}

const mapped = <A, B>(record: Record<string, A>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
